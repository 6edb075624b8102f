/** The finalizer of MurmurHash3 (Appleby 2011). */
function mix32(value: number): number {
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return value ^ (value >>> 16);
}

/**
 * The number from 0 to 1 that decides about an iteration: xk6-sextant/choose.go computes the same,
 * so that what a test chooses can be told from its seed.
 */
export function dice(seed: number, iteration: number): number {
  const high = Math.floor(iteration / 2 ** 32);
  const hash = mix32((mix32(mix32(seed + 0x9e3779b9) ^ iteration) + high) | 0);
  return (hash >>> 0) / 2 ** 32;
}

/** The index of the weight that a number from 0 to 1 falls on. */
export function choose(weights: readonly number[], dice: number): number {
  let rest = dice * weights.reduce((a, b) => a + b, 0);
  for (const [index, weight] of weights.entries()) {
    if (rest < weight) return index;
    rest -= weight;
  }
  return weights.length - 1;
}
