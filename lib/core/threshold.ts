/**
 * A sampling threshold of 56 bits (OTEP 235): a trace is kept if and only if its random bits are at
 * least as large. Kept as two integers, because a double holds 53 bits.
 */
export interface Threshold {
  /** The upper 24 bits, 0 to 2^24 - 1. */
  readonly hi: number;
  /** The lower 32 bits, 0 to 2^32 - 1. */
  readonly lo: number;
}

const TWO_TO_32 = 4294967296;
const TWO_TO_56 = 2 ** 56;
const HEX_DIGITS = 14;

/**
 * The threshold of a probability, rounded to `precision` hex digits behind its leading f's (OTEP
 * 235 recommends 4): 0.1 gives `e666`, 0.01 `fd70a`.
 *
 * @throws {RangeError} When `probability` is not from 2^-56 to 1.
 */
export function thresholdFromProbability(probability: number, precision = 4): Threshold {
  if (!(probability >= 2 ** -56 && probability <= 1)) {
    throw new RangeError(
      `thresholdFromProbability(): probability is ${probability}, allowed is 2^-56 to 1`,
    );
  }
  // Every leading f takes a digit without adding precision, so one more is kept for each.
  const leading = Math.floor(-Math.log2(probability) / 4);
  const digits = Math.min(HEX_DIGITS, precision + leading);
  const unit = 1n << BigInt(4 * (HEX_DIGITS - digits));
  const rejected = (1n << 56n) - BigInt(Math.round(probability * TWO_TO_56));
  const rounded = ((rejected + unit / 2n) / unit) * unit;
  const top = (1n << 56n) - 1n;
  const value = rounded > top ? (rejected > top ? top : rejected) : rounded;
  return { hi: Number(value >> 32n), lo: Number(value & 0xffffffffn) };
}

/** A threshold as 1 to 14 hex digits without trailing zeros: the value of `th`. */
export function thresholdToText({ hi, lo }: Threshold): string {
  const digits = hi.toString(16).padStart(6, "0") + lo.toString(16).padStart(8, "0");
  return digits.replace(/0+$/, "") || "0";
}

/** Reads the value of `th`, or gives undefined when it is malformed. */
export function thresholdFromText(text: string): Threshold | undefined {
  if (!/^[0-9a-f]{1,14}$/.test(text)) return undefined;
  const digits = text.padEnd(HEX_DIGITS, "0");
  return { hi: parseInt(digits.slice(0, 6), 16), lo: parseInt(digits.slice(6), 16) };
}

/** Says whether a trace with these 56 random bits is kept: R >= T. */
export function isKept(randomHi: number, randomLo: number, threshold: Threshold): boolean {
  return randomHi > threshold.hi || (randomHi === threshold.hi && randomLo >= threshold.lo);
}

/** The probability that a trace is kept: (2^56 - T) / 2^56. */
export function probabilityOf({ hi, lo }: Threshold): number {
  return (TWO_TO_56 - (hi * TWO_TO_32 + lo)) / TWO_TO_56;
}

/** How many traces a kept one stands for: 1 / probability. */
export function adjustedCount(threshold: Threshold): number {
  return 1 / probabilityOf(threshold);
}
