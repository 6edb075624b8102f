import type { Interval } from "../statistics/bootstrap.ts";

/** What was kept of a trace, for estimates. */
export interface Kept {
  /** How many traces it stands for: 1 over the probability that it was kept with. */
  readonly weight: number;
  /** Its duration. */
  readonly value: number;
  readonly isError: boolean;
}

/** 95 % of a normal distribution lie within so many standard deviations. */
const Z = 1.959964;

function interval(estimate: number, variance: number): Interval {
  const half = Z * Math.sqrt(Math.max(0, variance));
  return { estimate, low: estimate - half, high: estimate + half };
}

/**
 * How many there were, by what was kept (Horvitz and Thompson 1952): N = Σ w, with the variance
 * Σ (1 - p) / p² = Σ (w² - w) of independent draws.
 */
export function estimateCount(kept: readonly Kept[]): Interval {
  let count = 0;
  let variance = 0;
  for (const { weight } of kept) {
    count += weight;
    variance += weight * weight - weight;
  }
  return interval(count, variance);
}

/** The part of them that failed: a ratio of two estimates, its variance by linearisation. */
export function estimateErrorRate(kept: readonly Kept[]): Interval {
  const count = estimateCount(kept).estimate;
  const failed = kept.reduce((sum, one) => sum + (one.isError ? one.weight : 0), 0);
  const rate = count === 0 ? Number.NaN : failed / count;
  let variance = 0;
  for (const { weight, isError } of kept) {
    variance += (weight * weight - weight) * ((isError ? 1 : 0) - rate) ** 2;
  }
  return interval(rate, variance / count ** 2);
}

/**
 * A quantile of the durations, weighted: the value where F(t) = Σ w [y ≤ t] / Σ w passes `part`. Its
 * interval is that of F there, carried back to values (Woodruff 1952).
 */
export function estimateQuantile(kept: readonly Kept[], part: number): Interval {
  if (kept.length === 0) return { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
  const sorted = kept.toSorted((a, b) => a.value - b.value);
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
    // What was kept for sure says nothing uncertain; with weights of 1 alone the draw is the truth.
    variance += (weight * weight - weight) * ((value <= estimate ? 1 : 0) - part) ** 2;
  }
  const half = Z * Math.sqrt(variance) / total;
  return { estimate, low: at(part - half), high: at(Math.min(1, part + half)) };
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
