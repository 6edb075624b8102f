import type { Comparison, Plan, Sample } from "../model/model.ts";
import { bootstrapMean, type Interval } from "../statistics/bootstrap.ts";

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
  const arms = plan.arms.map((arm, index) => {
    const own = blocks.map((block) => block.get(arm)!);
    const requests = own.reduce((sum, one) => sum + one.requests, 0);
    const differences = blocks.map((block) =>
      cpuPerRequest(block.get(arm)!) - cpuPerRequest(block.get(first)!)
    );
    return {
      arm,
      cpuUsPerRequest: bootstrapMean(own.map(cpuPerRequest), plan.seed + index),
      againstOffUs: arm === first ? null : bootstrapMean(differences, plan.seed + 100 + index),
      bytesPerRequest: own.reduce((sum, one) => sum + one.exportedBytes, 0) / requests,
      p50Us: latencies.get(arm)?.p50Us ?? 0,
      p99Us: latencies.get(arm)?.p99Us ?? 0,
      dropped: own.at(-1)?.dropped ?? 0,
      errors: own.reduce((sum, one) => sum + one.errors, 0),
    };
  });
  const reasons = doubts(arms);
  return {
    version: 1,
    requests: samples.reduce((sum, one) => sum + one.requests, 0),
    blocks: blocks.length,
    seconds: samples.reduce((sum, one) => sum + one.seconds, 0),
    cpuSource,
    endedBy,
    rssMiB: Math.max(0, ...samples.map(({ rssBytes }) => rssBytes)) / 2 ** 20,
    isTrustworthy: reasons.length === 0,
    reasons,
    arms,
  };
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
  for (const { arm, dropped, errors } of arms) {
    if (dropped > 0) {
      reasons.push(`${arm} dropped ${dropped} records: its cost is not the whole cost`);
    }
    if (errors > 0) reasons.push(`${arm} answered ${errors} requests with an error`);
  }
  return reasons;
}
