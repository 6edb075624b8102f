import { HEX_VALID, HEX_VALUES } from "./hex.ts";

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

/** The 56 random bits of a trace, as two integers. */
export interface RandomBits {
  /** The upper 24 bits. */
  readonly hi: number;
  /** The lower 32 bits, unsigned. */
  readonly lo: number;
}

const TWO_TO_24 = 16_777_216;
const TWO_TO_32 = 4_294_967_296;
const TWO_TO_56 = 72_057_594_037_927_936;
const HEX_DIGITS = 14;
const HI_DIGITS = 6;

/**
 * The threshold of a probability, rounded to `precision` hex digits behind its leading f's (OTEP
 * 235 recommends 4): 0.1 gives `e666`, 0.01 `fd70a`.
 *
 * @throws {RangeError} When `probability` is not from 2^-56 to 1, or `precision` no integer from 1
 * to 14. Probability 0 has no threshold: to keep nothing is not probability sampling.
 */
export function thresholdFromProbability(probability: number, precision = 4): Threshold {
  if (!(probability >= 2 ** -56 && probability <= 1)) {
    throw new RangeError(
      `thresholdFromProbability(): probability is ${probability}, allowed is 2^-56 to 1`,
    );
  }
  if (!(Number.isInteger(precision) && precision >= 1 && precision <= HEX_DIGITS)) {
    throw new RangeError(
      `thresholdFromProbability(): precision is ${precision}, allowed is an integer from 1 to 14`,
    );
  }
  // Every leading f takes a digit without adding precision, so one more is kept for each.
  const leading = Math.floor(-Math.log2(probability) / 4);
  const digits = Math.min(HEX_DIGITS, precision + leading);
  const unit = 1n << BigInt(4 * (HEX_DIGITS - digits));
  const rejected = (1n << 56n) - BigInt(Math.round(probability * TWO_TO_56));
  const value = ((rejected + unit / 2n) / unit) * unit;
  return { hi: Number(value >> 32n), lo: Number(value & 0xffffffffn) };
}

/** A threshold as 1 to 14 hex digits without trailing zeros: the value of `th`. */
export function thresholdToText({ hi, lo }: Threshold): string {
  const digits = hi.toString(16).padStart(HI_DIGITS, "0") + lo.toString(16).padStart(8, "0");
  let end = HEX_DIGITS;
  while (end > 1 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

/** Reads the value of `th`, 1 to 14 lower-case hex digits, or undefined when it is malformed. */
export function thresholdFromText(text: string): Threshold | undefined {
  const { length } = text;
  if (length === 0 || length > HEX_DIGITS) return undefined;
  let hi = 0;
  let lo = 0;
  for (let index = 0; index < HEX_DIGITS; index++) {
    const digit = index < length ? HEX_VALUES[text.charCodeAt(index)] : HEX_VALID;
    if ((digit & HEX_VALID) === 0) return undefined;
    if (index < HI_DIGITS) hi = (hi << 4) | (digit & 15);
    else lo = (lo << 4) | (digit & 15);
  }
  return { hi, lo: lo >>> 0 };
}

/** Says whether a trace with these 56 random bits is kept: R >= T. */
export function isKept(randomHi: number, randomLo: number, threshold: Threshold): boolean {
  return randomHi > threshold.hi || (randomHi === threshold.hi && randomLo >= threshold.lo);
}

/** Below 0 when `a` keeps more than `b`, above 0 when it keeps less, 0 when they are the same. */
export function compareThresholds(a: Threshold, b: Threshold): number {
  return a.hi - b.hi || a.lo - b.lo;
}

/** The probability that a trace is kept: (2^56 - T) / 2^56. */
export function probabilityOf({ hi, lo }: Threshold): number {
  // The difference first, part by part: T itself does not fit a double, and near 2^56 its rounding
  // would be all of the probability.
  return ((TWO_TO_24 - hi) * TWO_TO_32 - lo) / TWO_TO_56;
}

/** How many traces a kept one stands for: 1 / probability. */
export function adjustedCount(threshold: Threshold): number {
  return 1 / probabilityOf(threshold);
}

/** The two words of a trace id that hold its random bits; a `SpanContext` has them. */
export interface RandomWords {
  /** Bytes 8-11 of the trace id. */
  readonly t2: number;
  /** Bytes 12-15 of the trace id. */
  readonly t3: number;
}

/**
 * The random bits that decide about a trace: `explicit`, what came with it as `rv`, else the last
 * seven bytes of its id (W3C Trace Context Level 2, 5).
 */
export function randomOf(context: RandomWords, explicit?: RandomBits): RandomBits {
  return explicit ?? { hi: context.t2 & 0xffffff, lo: context.t3 >>> 0 };
}
