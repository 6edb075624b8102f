import gammaQuantile from "@stdlib/stats-base-dists-gamma-quantile";
import type { Interval } from "../statistics/bootstrap.ts";

/** What was kept of a trace, for estimates. */
export interface Kept {
  /** How many traces it stands for: 1 over the probability that it was kept with. */
  readonly weight: number;
  /** Its duration. */
  readonly value: number;
  readonly isError: boolean;
}

/** What is known of how the kept were kept. */
export interface Design {
  /** The largest weight that is known of, for when none of that weight was kept; default 1. */
  readonly weightMax?: number;
  /** True when a rule keeps every failed trace: those that were not seen did not fail. */
  readonly isEveryErrorKept?: boolean;
}

/** 95 % of a normal distribution lie within so many standard deviations. */
const Z = 1.959964;

/**
 * How many there were, by what was kept (Horvitz and Thompson 1952): N = Σ w, with the variance
 * Σ (1 - p) / p² = Σ (w² - w) of independent draws. What was kept for sure, by a rule, is a stratum
 * of weight 1 and adds none.
 *
 * The interval is that of Fay and Feuer (1997) for weighted counts, which holds where few were kept
 * and a normal one does not; with half of the largest weight, its mid-P form (Fay and Kim 2017).
 */
export function estimateCount(kept: readonly Kept[], { weightMax = 1 }: Design = {}): Interval {
  let certain = 0;
  let drawn = 0;
  let variance = 0;
  let largest = weightMax;
  for (const { weight } of kept) {
    if (weight > 1) drawn += weight;
    else certain += weight;
    variance += weight * weight - weight;
    if (weight > largest) largest = weight;
  }
  const estimate = certain + drawn;
  if (largest <= 1) return { estimate, low: estimate, high: estimate };
  const more = drawn + largest / 2;
  const moreVariance = variance + (largest * largest - largest) / 2;
  return {
    estimate,
    low: certain + (drawn === 0 ? 0 : gammaAt(0.025, drawn, variance)),
    high: certain + gammaAt(0.975, more, moreVariance),
  };
}

/** A quantile of the gamma distribution with this mean and variance. */
function gammaAt(part: number, mean: number, variance: number): number {
  return variance === 0 ? mean : gammaQuantile(part, mean * mean / variance, mean / variance);
}

/**
 * The part of them that failed: a ratio of two estimates, its variance by linearisation, its interval
 * as that of {@linkcode estimateCount}, because failures are few and a normal interval around few is
 * too narrow. Where a rule keeps every failure the failures are certain, and only how many others
 * there were is not.
 */
export function estimateErrorRate(kept: readonly Kept[], design: Design = {}): Interval {
  let count = 0;
  let failed = 0;
  let largest = design.weightMax ?? 1;
  for (const { weight, isError } of kept) {
    count += weight;
    if (isError) failed += weight;
    if (weight > largest) largest = weight;
  }
  if (count === 0) return { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
  const rate = failed / count;
  let variance = 0;
  for (const { weight, isError } of kept) {
    variance += (weight * weight - weight) * ((isError ? 1 : 0) - rate) ** 2;
  }
  variance /= count * count;
  const isCertain = design.isEveryErrorKept === true || largest <= 1;
  const more = isCertain ? 0 : largest / 2 / count;
  const moreVariance = isCertain ? 0 : (largest * largest - largest) / 2 / (count * count);
  return {
    estimate: rate,
    low: rate === 0 ? 0 : gammaAt(0.025, rate, variance),
    high: Math.min(1, rate + more === 0 ? 0 : gammaAt(0.975, rate + more, variance + moreVariance)),
  };
}

/**
 * A quantile of the durations, weighted: the value where F(t) = Σ w [y ≤ t] / Σ w passes `part`. Its
 * interval is that of F there, carried back to values (Woodruff 1952). Where too few were kept to
 * bound it, an end is infinite.
 */
export function estimateQuantile(kept: readonly Kept[], part: number): Interval {
  return quantileOf(byValue(kept), part);
}

/** The kept in the order of their durations: for several quantiles of the same. */
export function byValue(kept: readonly Kept[]): readonly Kept[] {
  return kept.toSorted((a, b) => a.value - b.value);
}

/** {@linkcode estimateQuantile} of what is {@linkcode byValue} already. */
export function quantileOf(sorted: readonly Kept[], part: number): Interval {
  if (sorted.length === 0) return { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const at = (wanted: number): number => {
    let sum = 0;
    for (const { weight, value } of sorted) {
      sum += weight;
      if (sum >= wanted * total) return value;
    }
    return sorted.at(-1)!.value;
  };
  const estimate = at(part);
  let variance = 0;
  for (const { weight, value } of sorted) {
    // What was kept for sure adds nothing. The value itself counts as above: where it is the largest,
    // none above it would else look as if there were none.
    variance += (weight * weight - weight) * ((value < estimate ? 1 : 0) - part) ** 2;
  }
  const half = Z * Math.sqrt(variance) / total;
  return {
    estimate,
    low: part - half <= 0 ? 0 : at(part - half),
    high: part + half >= 1 && half > 0 ? Number.POSITIVE_INFINITY : at(part + half),
  };
}

/** How far estimates are from the truth, over many of them. */
export interface Accuracy {
  /** The mean relative error: what is wrong in one direction. */
  readonly bias: number;
  /** The root of the mean squared relative error. */
  readonly rmse: number;
  /** The part of the 95 % intervals that hold the truth. */
  readonly coverage: number;
  /** How many estimates there were. */
  readonly count: number;
}

/** Collects estimates beside their truths. */
export class AccuracySum {
  #count = 0;
  #errors = 0;
  #squares = 0;
  #covered = 0;

  /** Adds an estimate. One of nothing, or of a truth of 0, says nothing relative and is left out. */
  add({ estimate, low, high }: Interval, truth: number): void {
    if (!Number.isFinite(estimate) || truth === 0) return;
    const error = (estimate - truth) / truth;
    this.#count++;
    this.#errors += error;
    this.#squares += error * error;
    // A float's width beyond the interval is within it.
    if (low <= truth * (1 + 1e-9) && high >= truth * (1 - 1e-9)) this.#covered++;
  }

  /** What they come to. */
  get accuracy(): Accuracy {
    const count = Math.max(1, this.#count);
    return {
      bias: this.#errors / count,
      rmse: Math.sqrt(this.#squares / count),
      coverage: this.#covered / count,
      count: this.#count,
    };
  }
}
