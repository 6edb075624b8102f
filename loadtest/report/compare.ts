import { type Comparison, type Plan, type Sample, SPIN_US } from "../model/model.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { restartMean } from "../statistics/restarts.ts";

/** Percentiles of an arm's latency, from its merged histogram. */
export interface Latency {
  readonly p50Us: number;
  readonly p99Us: number;
}

/** There is nothing to compare yet. */
export class TooFewBlocks extends RangeError {}

/** Microseconds of CPU a request took in a slot. */
function cpuPerRequest(sample: Sample): number {
  return sample.cpuUs / sample.requests;
}

/** The blocks in which every arm was measured: an interrupted one compares nothing. */
function completeBlocks(plan: Plan, samples: readonly Sample[]): Map<string, Sample>[] {
  const byBlock = Map.groupBy(samples.filter(({ requests }) => requests > 0), ({ block }) => block);
  return [...byBlock.values()]
    .map((block) => new Map(block.map((sample) => [sample.arm, sample])))
    .filter((block) => plan.arms.every((arm) => block.has(arm)));
}

/**
 * Compares every arm with the first, block by block, so that what drifts between blocks is in both.
 *
 * @throws {RangeError} When there are fewer than two complete blocks.
 */
export function compare(
  plan: Plan,
  samples: readonly Sample[],
  latencies: ReadonlyMap<string, Latency>,
  cpuSource: string,
  endedBy: Comparison["endedBy"] = "all requests done",
): Comparison {
  const blocks = completeBlocks(plan, samples);
  if (blocks.length < 2) {
    throw new TooFewBlocks(`${blocks.length} complete blocks were measured, needed are 2`);
  }
  const [first] = plan.arms;
  const restarts = [...Map.groupBy(blocks, (block) => block.get(first)!.restart).values()];
  const arms = plan.arms.map((arm, index) => {
    const own = blocks.map((block) => block.get(arm)!);
    const requests = own.reduce((sum, one) => sum + one.requests, 0);
    const difference = (block: ReadonlyMap<string, Sample>) =>
      cpuPerRequest(block.get(arm)!) - cpuPerRequest(block.get(first)!);
    return {
      arm,
      cpuUsPerRequest: restartMean(
        restarts.map((blocks) => blocks.map((block) => cpuPerRequest(block.get(arm)!))),
        plan.seed + index,
      ),
      againstOffUs: arm === first ? null : restartMean(
        restarts.map((blocks) => blocks.map(difference)),
        plan.seed + 100 + index,
      ),
      rssMiB: Math.max(...own.map(({ rssBytes }) => rssBytes)) / 2 ** 20,
      bytesPerRequest: own.reduce((sum, one) => sum + one.exportedBytes, 0) / requests,
      p50Us: latencies.get(arm)?.p50Us ?? 0,
      p99Us: latencies.get(arm)?.p99Us ?? 0,
      dropped: Math.max(...own.map(({ dropped }) => dropped)),
      errors: own.reduce((sum, one) => sum + one.errors, 0),
    };
  });
  const reasons = doubts(arms);
  return {
    version: 1,
    requests: samples.reduce((sum, one) => sum + one.requests, 0),
    blocks: blocks.length,
    restarts: restarts.length,
    seconds: samples.reduce((sum, one) => sum + one.seconds, 0),
    cpuSource,
    endedBy,
    isTrustworthy: reasons.length === 0,
    reasons,
    arms,
  };
}

type Effects = readonly { arm: string; againstOffUs: Interval | null }[];

/** An effect that the A/A interval is wider than could be chance. */
function precisionDoubts(arms: Effects): string[] {
  const again = arms.find(({ arm }) => arm === "off again")?.againstOffUs;
  if (again === undefined || again === null) return [];
  const claimed = arms.filter(({ arm, againstOffUs }) =>
    arm !== "off again" && againstOffUs !== null && (againstOffUs.low > 0 || againstOffUs.high < 0)
  ).map(({ againstOffUs }) => Math.abs(againstOffUs!.estimate));
  const widest = Math.max(Math.abs(again.low), Math.abs(again.high));
  const least = Math.min(...claimed);
  return widest > least
    ? [
      `equal arms differ by up to ${widest.toFixed(2)} µs, and an effect of ${
        least.toFixed(2)
      } µs is claimed: measure more blocks`,
    ]
    : [];
}

/** The part by which a known cost may be missed. */
const SPIN_TOLERANCE = 0.1;

/** A known cost must be found. */
function spinDoubts(arms: Effects): string[] {
  const found = arms.find(({ arm }) => arm === "spin")?.againstOffUs;
  if (found === undefined || found === null) return [];
  const least = SPIN_US * (1 - SPIN_TOLERANCE);
  const most = SPIN_US * (1 + SPIN_TOLERANCE);
  return found.high < least || found.low > most
    ? [
      `a known cost of ${SPIN_US} µs was measured as ${found.estimate.toFixed(2)} (${
        found.low.toFixed(2)
      } to ${found.high.toFixed(2)}): CPU is not what is measured`,
    ]
    : [];
}

/** Why the numbers should not be believed; nothing when they may. */
function doubts(
  arms: readonly {
    arm: string;
    againstOffUs: Interval | null;
    dropped: number;
    errors: number;
  }[],
): string[] {
  const reasons: string[] = [];
  const again = arms.find(({ arm }) => arm === "off again")?.againstOffUs;
  if (again === undefined || again === null) reasons.push("there is no A/A arm");
  else if (again.low > 0 || again.high < 0) {
    reasons.push("the A/A interval does not cover 0: the machine, not the arms, made a difference");
  }
  reasons.push(...precisionDoubts(arms), ...spinDoubts(arms));
  for (const { arm, dropped, errors } of arms) {
    if (dropped > 0) {
      reasons.push(`${arm} dropped ${dropped} records: its cost is not the whole cost`);
    }
    if (errors > 0) reasons.push(`${arm} answered ${errors} requests with an error`);
  }
  return reasons;
}
