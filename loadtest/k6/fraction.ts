/** A part of a test, exact: k6 writes segments as `1/3:2/3`. */
export interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

/**
 * Reads a fraction as k6 does: `1/3`, `0.25`, `25%`, `1`.
 *
 * @throws {RangeError} When it is none, or not from 0 to 1.
 */
export function fractionOf(text: string): Fraction {
  const ratio = /^(\d+)\/([1-9]\d*)$/.exec(text);
  const decimal = /^(\d+)(?:\.(\d+))?(%?)$/.exec(text);
  let found: Fraction | undefined;
  if (ratio !== null) found = { over: BigInt(ratio[1]), under: BigInt(ratio[2]) };
  else if (decimal !== null) {
    const [, whole, digits = "", percent] = decimal;
    const scale = 10n ** BigInt(digits.length) * (percent === "" ? 1n : 100n);
    found = { over: BigInt(whole + digits), under: scale };
  }
  if (found === undefined || found.over > found.under) {
    throw new RangeError(
      `${JSON.stringify(text)} is no part of a test, allowed are 0 to 1, as 1/3`,
    );
  }
  return found;
}

/** Below 0 when a is less, above 0 when it is more. */
export function compareFractions(a: Fraction, b: Fraction): number {
  return Number(a.over * b.under - b.over * a.under);
}

/** A part of a test from one fraction to another. */
export interface Span {
  readonly from: Fraction;
  readonly to: Fraction;
  /** As it was written. */
  readonly text: string;
}

/**
 * Reads an execution segment: `0:1/3`.
 *
 * @throws {RangeError} When it is none.
 */
export function spanOf(text: string): Span {
  const [from, to, ...more] = text.split(":");
  if (to === undefined || more.length > 0) {
    throw new RangeError(`the segment ${JSON.stringify(text)} is not FROM:TO, as 0:1/3`);
  }
  const span = { from: fractionOf(from), to: fractionOf(to), text };
  if (compareFractions(span.from, span.to) >= 0) {
    throw new RangeError(`the segment ${JSON.stringify(text)} is empty`);
  }
  return span;
}

/** What keeps segments from being one whole test. */
export interface Cover {
  /** Pairs that have a part in common. */
  readonly overlaps: readonly string[];
  /** Parts that none has. */
  readonly gaps: readonly string[];
}

const ZERO: Fraction = { over: 0n, under: 1n };
const ONE: Fraction = { over: 1n, under: 1n };

/** Looks whether segments cover a test, each part once. */
export function coverOf(spans: readonly Span[]): Cover {
  const overlaps: string[] = [];
  const gaps: string[] = [];
  let reached = ZERO;
  let last = "";
  for (const span of spans.toSorted((a, b) => compareFractions(a.from, b.from))) {
    const step = compareFractions(span.from, reached);
    if (step > 0) gaps.push(`${show(reached)} to ${show(span.from)}`);
    if (step < 0) overlaps.push(`${last} and ${span.text}`);
    if (compareFractions(span.to, reached) > 0) {
      reached = span.to;
      last = span.text;
    }
  }
  if (compareFractions(reached, ONE) < 0) gaps.push(`${show(reached)} to 1`);
  return { overlaps, gaps };
}

function show({ over, under }: Fraction): string {
  return over === 0n || under === 1n ? String(over) : `${over}/${under}`;
}
