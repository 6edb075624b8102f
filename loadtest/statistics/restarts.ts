import { bootstrapMean, type Interval, mean } from "./bootstrap.ts";

/** Student's t for a 95 % interval, by degrees of freedom from 1 (two-sided, 0.975 quantile). */
const T = [
  12.706,
  4.303,
  3.182,
  2.776,
  2.571,
  2.447,
  2.365,
  2.306,
  2.262,
  2.228,
  2.201,
  2.179,
  2.16,
  2.145,
  2.131,
  2.12,
  2.11,
  2.101,
  2.093,
  2.086,
  2.08,
  2.074,
  2.069,
  2.064,
  2.06,
  2.056,
  2.052,
  2.048,
  2.045,
  2.042,
];
const T_MANY = 1.96;
/** Fewer restarts say too little of how restarts differ: their blocks are taken as one. */
const RESTARTS_MIN = 3;

/**
 * The mean of values that were measured in several restarts, a list each, with a 95 % interval. A
 * process differs from the next by more than its blocks differ (layout of memory and code, order of
 * compilation), so the restart is what is counted: Student's t over the means of restarts (Kalibera
 * and Jones 2013, "Rigorous benchmarking in reasonable time"). With fewer than three restarts it is
 * the bootstrap over all blocks, which says nothing about restarts.
 */
export function restartMean(restarts: readonly (readonly number[])[], seed: number): Interval {
  const means = restarts.filter((values) => values.length > 0).map(mean);
  if (means.length < RESTARTS_MIN) return bootstrapMean(restarts.flat(), seed);
  const estimate = mean(means);
  const variance = means.reduce((sum, one) => sum + (one - estimate) ** 2, 0) / (means.length - 1);
  const half = (T[means.length - 2] ?? T_MANY) * Math.sqrt(variance / means.length);
  return { estimate, low: estimate - half, high: estimate + half };
}
