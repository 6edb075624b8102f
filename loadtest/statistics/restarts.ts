import tCdf from "@stdlib/stats-base-dists-t-cdf";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { bcaInterval } from "./bca.ts";
import { type Interval, mean } from "./bootstrap.ts";

/** A mean with what can be said of it. */
export interface Effect extends Interval {
  readonly standardError: number;
  /** The 90 % interval, which a test for equivalence asks for. */
  readonly low90: number;
  readonly high90: number;
  /** How likely so large a mean is when there is none (two-sided). */
  readonly p: number;
}

/** Fewer restarts say too little of how restarts differ: their blocks are taken as one. */
const RESTARTS_MIN = 3;

/**
 * The mean of values that were measured in several restarts, a list each. A process differs from
 * the next by more than its blocks differ (layout of memory and code, order of compilation), so the
 * restart is what is counted: Student's t over the means of restarts (Kalibera and Jones 2013,
 * "Rigorous benchmarking in reasonable time"). With fewer than three restarts it is t over all
 * blocks, which says nothing about restarts.
 *
 * @throws {RangeError} With fewer than two values there is no interval.
 */
export function restartEffect(restarts: readonly (readonly number[])[]): Effect {
  const means = restarts.filter((values) => values.length > 0).map(mean);
  const units = means.length >= RESTARTS_MIN ? means : restarts.flat();
  if (units.length < 2) {
    throw new RangeError(`restartEffect(): ${units.length} values, allowed are 2 or more`);
  }
  const estimate = mean(units);
  const degrees = units.length - 1;
  const squares = units.reduce((sum, value) => sum + (value - estimate) ** 2, 0);
  const standardError = Math.sqrt(squares / degrees / units.length);
  return effectOf(estimate, standardError, degrees);
}

/** What can be said of an estimate with a standard error, by Student's t. */
export function effectOf(estimate: number, standardError: number, degrees: number): Effect {
  const half = tQuantile(0.975, degrees) * standardError;
  const half90 = tQuantile(0.95, degrees) * standardError;
  // Without any spread every difference is certain.
  const t = standardError === 0 ? (estimate === 0 ? 0 : Infinity) : estimate / standardError;
  return {
    estimate,
    low: estimate - half,
    high: estimate + half,
    low90: estimate - half90,
    high90: estimate + half90,
    standardError,
    p: Math.abs(t) === Infinity ? 0 : 2 * tCdf(-Math.abs(t), degrees),
  };
}

/**
 * Corrects the p of several comparisons for there being several (Holm 1979): each is as if it were
 * the only one, and the chance that any is wrong stays what it was.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p);
  const corrected: number[] = Array(ps.length).fill(1);
  let least = 0;
  order.forEach(({ p, index }, rank) => {
    least = Math.max(least, Math.min(1, p * (ps.length - rank)));
    corrected[index] = least;
  });
  return corrected;
}

/** 1.96 + 0.84: a test at 5 % finds an effect of so many standard errors four times of five. */
const DETECTABLE = 2.8;

/** The smallest effect that a measurement of this standard error is likely to find (power 80 %). */
export function detectable(standardError: number): number {
  return DETECTABLE * standardError;
}

/**
 * The mean by the hierarchical bootstrap: restarts are drawn, then blocks within each, never
 * requests (Ren et al. 2010, "Nonparametric bootstrapping for hierarchical data"), with the
 * interval corrected for bias and skew. It stands beside {@linkcode restartEffect} as a check that
 * doesn't suppose normality; with few restarts it is a little narrow, as every bootstrap is.
 */
export function hierarchicalBootstrap(
  restarts: readonly (readonly number[])[],
  random: () => number,
  resamples = 10_000,
): Interval {
  const filled = restarts.filter((values) => values.length > 0);
  const draw = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const means: number[] = [];
  for (let round = 0; round < resamples; round++) {
    let sum = 0;
    for (let index = 0; index < filled.length; index++) {
      const blocks = draw(filled);
      let own = 0;
      for (let block = 0; block < blocks.length; block++) own += draw(blocks);
      sum += own / blocks.length;
    }
    means.push(sum / filled.length);
  }
  const own = filled.map(mean);
  const total = own.reduce((sum, one) => sum + one, 0);
  const withoutOne = own.length < 2 ? own : own.map((one) => (total - one) / (own.length - 1));
  return bcaInterval(mean(own), means, withoutOne);
}
