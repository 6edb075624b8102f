import { keyOf, type LatencyLine, mergedOf } from "../collect/latency.ts";
import type { Comparison, Plan, Sample } from "../model/model.ts";
import { restartEffect } from "../statistics/restarts.ts";
import { blocksOf, cpuPerRequest, each } from "./pairs.ts";

type Level = Comparison["curve"][number];

/** A level whose blocks are too few has no interval. */
const BLOCKS_MIN = 2;

/** What each arm costs under the other loads, ascending; as much as is answered comes last. */
export function curveOf(
  plan: Plan,
  samples: readonly Sample[],
  lines: readonly LatencyLine[],
): Level[] {
  const curve = samples.filter(({ design }) => design === "curve");
  const rates = [...new Set(curve.map(({ ratePerS }) => ratePerS))]
    .toSorted((a, b) => (a ?? Infinity) - (b ?? Infinity));
  return rates.map((ratePerS) => levelOf(plan, ratePerS, curve, lines));
}

function levelOf(
  plan: Plan,
  ratePerS: number | null,
  curve: readonly Sample[],
  lines: readonly LatencyLine[],
): Level {
  const [first] = plan.arms;
  const own = curve.filter((one) => one.ratePerS === ratePerS);
  const restarts = blocksOf(own, plan.arms);
  const isEnough = restarts.flat().length >= BLOCKS_MIN;
  return {
    ratePerS,
    arms: plan.arms.map((arm) => {
      const slots = own.filter((one) => one.arm === arm && one.requests > 0);
      const sum = (take: (sample: Sample) => number) => slots.reduce((a, one) => a + take(one), 0);
      const histogram = mergedOf(lines, keyOf(arm, ratePerS));
      const difference = arm === first || !isEnough ? undefined : restartEffect(
        each(
          restarts,
          (block) => cpuPerRequest(block.get(arm)!) - cpuPerRequest(block.get(first)!),
        ),
      );
      return {
        arm,
        cpuUsPerRequest: sum((one) => one.cpuUs) / sum((one) => one.requests),
        againstFirstUs: difference === undefined
          ? null
          : { estimate: difference.estimate, low: difference.low, high: difference.high },
        answeredPerS: sum((one) => one.requests) / sum((one) => one.seconds),
        p50Us: histogram?.getValueAtPercentile(50) ?? 0,
        p99Us: histogram?.getValueAtPercentile(99) ?? 0,
      };
    }),
  };
}

/** Requests a second that an arm answers when it is asked again at once; null where not measured. */
export function saturationOf(
  samples: readonly Sample[],
  arm: string,
): { estimate: number; low: number; high: number } | null {
  const own = samples.filter((one) =>
    one.design !== "duet" && one.ratePerS === null && one.arm === arm && one.seconds > 0
  );
  if (own.length < BLOCKS_MIN) return null;
  const byRestart = [...Map.groupBy(own, ({ restart }) => restart).values()];
  // By its logarithm: no throughput is negative.
  const { estimate, low, high } = restartEffect(
    byRestart.map((slots) => slots.map(({ requests, seconds }) => Math.log(requests / seconds))),
  );
  return { estimate: Math.exp(estimate), low: Math.exp(low), high: Math.exp(high) };
}
