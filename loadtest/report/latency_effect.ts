import { binQuantile, binsOf, keyOf, type LatencyLine } from "../collect/latency.ts";
import type { Comparison } from "../model/model.ts";
import { restartBootstrap } from "../statistics/bca.ts";
import { seededRandom } from "../statistics/random.ts";

/** Resamples of percentiles: each merges the counts of all restarts. */
const RESAMPLES = 2000;
const RESTARTS_MIN = 3;

/** The counts of an arm, a restart each. */
type Bins = readonly Float64Array[];

/** Reads the counts of every arm once. */
export function binsByArm(
  lines: readonly LatencyLine[],
  arms: readonly string[],
  load: "slots" | number,
): ReadonlyMap<string, Bins> {
  const key = (arm: string) => keyOf(arm, load);
  const whole = lines.filter(({ histograms }) => arms.every((arm) => key(arm) in histograms));
  return new Map(
    arms.map((arm) => [arm, whole.map(({ histograms }) => binsOf(histograms[key(arm)]))]),
  );
}

/** The filled part of bins: most are empty in all of them. */
function windowOf(all: Bins): [from: number, to: number] {
  let from = Infinity;
  let to = 0;
  for (const bins of all) {
    from = Math.min(from, bins.findIndex((count) => count > 0));
    to = Math.max(to, bins.findLastIndex((count) => count > 0) + 1);
  }
  return [from, to];
}

function quantileOf(all: Bins, [from, to]: [number, number], part: number) {
  const merged = new Float64Array(all[0].length);
  return (weights: Float64Array): number => {
    merged.fill(0);
    for (let restart = 0; restart < all.length; restart++) {
      const weight = weights[restart];
      if (weight === 0) continue;
      for (let bin = from; bin < to; bin++) merged[bin] += weight * all[restart][bin];
    }
    return binQuantile(merged, part);
  };
}

/**
 * How much slower an arm is than the first one at p50 and p99: the percentiles of counts merged over
 * restarts, by the corrected bootstrap over restarts, since percentiles are skewed and those of
 * single blocks can't be averaged. Null with fewer than three restarts.
 */
export function latencyEffect(
  bins: ReadonlyMap<string, Bins>,
  first: string,
  arm: string,
  seed: number,
): Comparison["arms"][number]["latencyAgainstFirstUs"] {
  const [base, own] = [bins.get(first), bins.get(arm)];
  if (base === undefined || own === undefined || own.length < RESTARTS_MIN) return null;
  const window = windowOf([...base, ...own]);
  const effectAt = (part: number) => {
    const [baseAt, ownAt] = [quantileOf(base, window, part), quantileOf(own, window, part)];
    return restartBootstrap(
      own.length,
      (weights) => ownAt(weights) - baseAt(weights),
      seededRandom(seed),
      RESAMPLES,
    );
  };
  return { p50: effectAt(0.5), p99: effectAt(0.99) };
}
