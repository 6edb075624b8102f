import { seededRandom } from "./random.ts";

/** An estimate and its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value below which a part of the values lies, interpolated (Hyndman and Fan 1996, type 7). */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * part;
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

/**
 * The mean of one value a block, with a 95 % percentile-bootstrap interval over blocks (Efron
 * 1979): blocks are resampled, never the requests within one.
 *
 * @throws {RangeError} With fewer than two blocks there is no interval.
 */
export function bootstrapMean(values: readonly number[], seed: number, resamples = 4000): Interval {
  if (values.length < 2) {
    throw new RangeError(`bootstrapMean(): ${values.length} blocks, allowed are 2 or more`);
  }
  const random = seededRandom(seed);
  const means: number[] = [];
  for (let round = 0; round < resamples; round++) {
    let sum = 0;
    for (let index = 0; index < values.length; index++) {
      sum += values[Math.floor(random() * values.length)];
    }
    means.push(sum / values.length);
  }
  return { estimate: mean(values), low: quantile(means, 0.025), high: quantile(means, 0.975) };
}
