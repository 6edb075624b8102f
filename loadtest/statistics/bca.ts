import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { type Interval, mean } from "./bootstrap.ts";

/**
 * The bias-corrected and accelerated interval of a bootstrap (Efron 1987, "Better bootstrap
 * confidence intervals"): the quantiles that are taken are moved by the bias of the resamples and
 * by their skew, which the estimates without one unit each tell.
 *
 * @param resampled Estimates of the resamples.
 * @param withoutOne Estimates without each of the units that are drawn.
 */
export function bcaInterval(
  estimate: number,
  resampled: readonly number[],
  withoutOne: readonly number[],
): Interval {
  const sorted = resampled.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.round((sorted.length - 1) * part)];
  const below = sorted.filter((one) => one < estimate).length +
    sorted.filter((one) => one === estimate).length / 2;
  const part = below / sorted.length;
  // All on one side: there is nothing to correct by, and the ends are all that is known.
  if (part <= 0 || part >= 1) return { estimate, low: at(0.025), high: at(0.975) };
  const bias = normalQuantile(part, 0, 1);
  const level = mean(withoutOne);
  const cubes = withoutOne.reduce((sum, one) => sum + (level - one) ** 3, 0);
  const squares = withoutOne.reduce((sum, one) => sum + (level - one) ** 2, 0);
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const moved = (wanted: number) => {
    const z = bias + normalQuantile(wanted, 0, 1);
    return normalCdf(bias + z / (1 - acceleration * z), 0, 1);
  };
  return { estimate, low: at(moved(0.025)), high: at(moved(0.975)) };
}

/**
 * A figure of whole restarts, such as a percentile of their merged counts, by the bootstrap over
 * them: `estimateOf` is given how often each restart counts.
 *
 * @throws {RangeError} With fewer than three restarts there is no interval.
 */
export function restartBootstrap(
  restarts: number,
  estimateOf: (weights: Float64Array) => number,
  random: () => number,
  resamples: number,
): Interval {
  if (restarts < 3) {
    throw new RangeError(`restartBootstrap(): ${restarts} restarts, allowed are 3 or more`);
  }
  const once = new Float64Array(restarts).fill(1);
  const resampled = Array.from({ length: resamples }, () => {
    const weights = new Float64Array(restarts);
    for (let draw = 0; draw < restarts; draw++) weights[Math.floor(random() * restarts)]++;
    return estimateOf(weights);
  });
  const withoutOne = Array.from({ length: restarts }, (_, index) => {
    const weights = once.slice();
    weights[index] = 0;
    return estimateOf(weights);
  });
  return bcaInterval(estimateOf(once), resampled, withoutOne);
}
