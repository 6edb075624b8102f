import type { Histograms } from "../collect/folder.ts";
import { driversOf } from "../measure.ts";
import type { Comparison, Plan, Run, Sample } from "../model/model.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { quantile } from "../statistics/bootstrap.ts";
import { detectable, type Effect, holm, restartEffect } from "../statistics/restarts.ts";
import { doubtsOf } from "./gate.ts";

/** There is nothing to compare yet. */
export class TooFewBlocks extends RangeError {}

/** One arm's slot by the name of the arm. */
type Block = ReadonlyMap<string, Sample>;

/** Microseconds of CPU a request took in a slot. */
function cpuPerRequest(sample: Sample): number {
  return sample.cpuUs / sample.requests;
}

/** The blocks in which every arm was measured, by restart: an interrupted one compares nothing. */
function blocksOf(samples: readonly Sample[], arms: readonly string[]): Block[][] {
  const byBlock = Map.groupBy(samples.filter(({ requests }) => requests > 0), ({ block }) => block);
  const complete = [...byBlock.values()]
    .map((block): Block => new Map(block.map((sample) => [sample.arm, sample])))
    .filter((block) => arms.every((arm) => block.has(arm)));
  return [...Map.groupBy(complete, (block) => block.get(arms[0])!.restart).values()];
}

/** Applies a function to every block of every restart. */
function each<T>(restarts: readonly Block[][], take: (block: Block) => T): T[][] {
  return restarts.map((blocks) => blocks.map(take));
}

function intervalOf({ estimate, low, high }: Interval): Interval {
  return { estimate, low, high };
}

interface Effects {
  readonly difference: Effect;
  readonly ratio: Effect;
}

/** What an arm costs more than the first, in pairs. */
function effectsOf(restarts: readonly Block[][], first: string, arm: string): Effects {
  const pair = (block: Block) => [block.get(arm)!, block.get(first)!].map(cpuPerRequest);
  return {
    difference: restartEffect(each(restarts, (block) => {
      const [own, base] = pair(block);
      return own - base;
    })),
    ratio: restartEffect(each(restarts, (block) => {
      const [own, base] = pair(block);
      return Math.log(own / base);
    })),
  };
}

/**
 * Compares every arm with the first, block by block, so that what drifts between blocks is in both.
 * A pure function of what is on the disk: the same files give the same bytes.
 *
 * @throws {TooFewBlocks} When there are fewer than two complete blocks.
 */
export function compare(
  plan: Plan,
  run: Run | undefined,
  samples: readonly Sample[],
  histograms: Histograms,
): Comparison {
  const [first] = plan.arms;
  const [reported, other] = driversOf(plan);
  const slots = samples.filter(({ design, driver }) => design === "slots" && driver === reported);
  const byOther = blocksOf(samples.filter(({ driver }) => driver === other), plan.arms);
  const duets = samples.filter(({ design }) => design === "duet");
  const restarts = blocksOf(slots, plan.arms);
  const duetsOf = (arm: string) => blocksOf(duets.filter(({ pair }) => pair === arm), [first, arm]);
  const isDuetOnly = plan.design === "duet";
  const blocks = isDuetOnly ? duetsOf(plan.arms[1]).flat().length : restarts.flat().length;
  if (blocks < 2) {
    throw new TooFewBlocks(`${blocks} complete blocks were measured, needed are 2`);
  }
  const effects = plan.arms.map((arm) => {
    if (arm === first) return undefined;
    const bySlots = isDuetOnly ? undefined : effectsOf(restarts, first, arm);
    const byDuet = plan.design === "slots" ? undefined : effectsOf(duetsOf(arm), first, arm);
    return { main: (bySlots ?? byDuet)!, duet: bySlots && byDuet };
  });
  const ps = holm(effects.slice(1).map((effect) => effect!.main.difference.p));
  const arms = plan.arms.map((arm, index): Comparison["arms"][number] => {
    const effect = effects[index];
    const own = samples.filter((one) => one.arm === arm && one.requests > 0);
    const costs = isDuetOnly ? duetsOf(arm === first ? plan.arms[1] : arm) : restarts;
    const { difference, ratio } = effect?.main ?? {};
    return {
      arm,
      description: run?.descriptions[arm] ?? "",
      cpuUsPerRequest: intervalOf(
        restartEffect(each(costs, (block) => cpuPerRequest(block.get(arm)!))),
      ),
      againstFirstUs: difference === undefined ? null : intervalOf(difference),
      duetUs: effect?.duet === undefined ? null : intervalOf(effect.duet.difference),
      byK6: byOtherOf(byOther, first, arm),
      ratio: ratio === undefined ? null : {
        estimate: Math.exp(ratio.estimate),
        low: Math.exp(ratio.low),
        high: Math.exp(ratio.high),
      },
      p: index === 0 ? null : ps[index - 1],
      isEquivalent: difference === undefined
        ? null
        : difference.low90 > -plan.deltaUs && difference.high90 < plan.deltaUs,
      detectableUs: difference === undefined ? null : detectable(difference.standardError),
      ...sumsOf(own),
      heapGrowthMiB: heapGrowthOf(own),
      latencyUs: latencyOf(histograms, arm),
    };
  });
  const reasons = doubtsOf({ plan, run, arms, samples });
  return {
    version: 2,
    requests: samples.reduce((sum, one) => sum + one.requests, 0),
    blocks,
    restarts: (isDuetOnly ? duetsOf(plan.arms[1]) : restarts).length,
    seconds: samples.reduce((sum, one) => sum + one.seconds, 0),
    load: loadOf(plan),
    run: run ?? NO_RUN,
    isTrustworthy: reasons.length === 0,
    reasons,
    arms,
  };
}

/** How it was loaded, in words. */
function loadOf(plan: Plan): string {
  const by = plan.driver === "autocannon" ? "" : `; by ${driversOf(plan).join(" and ")}`;
  return plan.load === "open"
    ? `open loop, ${plan.ratePerS} requests a second by chance${by}`
    : `closed loop, ${plan.connections} connections${by}`;
}

/** What the second generator has found, where there was one. */
function byOtherOf(
  restarts: readonly Block[][],
  first: string,
  arm: string,
): Comparison["arms"][number]["byK6"] {
  if (restarts.flat().length < 2) return null;
  const costs = each(restarts, (block) => cpuPerRequest(block.get(arm)!));
  return {
    cpuUsPerRequest: intervalOf(restartEffect(costs)),
    againstFirstUs: arm === first ? null : intervalOf(effectsOf(restarts, first, arm).difference),
  };
}

/** While it runs nothing is known of its end. */
const NO_RUN: Run = {
  environment: {
    deno: "",
    v8: "",
    os: "",
    arch: "",
    cores: 0,
    isPinned: false,
    cpuSource: "",
    startedAt: "",
    commandLine: [],
  },
  endedBy: "not ended",
  stolen: null,
  descriptions: {},
};

function sumsOf(own: readonly Sample[]) {
  const sum = (take: (sample: Sample) => number) => own.reduce((all, one) => all + take(one), 0);
  const requests = sum((one) => one.requests);
  return {
    rssMiB: Math.max(0, ...own.map(({ rssBytes }) => rssBytes)) / 2 ** 20,
    bytesPerRequest: sum((one) => one.exportedBytes) / requests,
    exportsPer1000: sum((one) => one.exportRequests) / requests * 1000,
    // A count that goes on within a restart and begins anew in the next.
    dropped: [...Map.groupBy(own, ({ restart }) => restart).values()]
      .reduce((all, one) => all + Math.max(...one.map(({ dropped }) => dropped)), 0),
    errors: sum((one) => one.errors),
    answeredPerS: requests / sum((one) => one.seconds),
  };
}

function heapGrowthOf(own: readonly Sample[]): number {
  const growths = [...Map.groupBy(own, ({ restart }) => restart).values()]
    .map((one) => (one.at(-1)!.heapBytes - one[0].heapBytes) / 2 ** 20);
  return growths.length === 0 ? 0 : quantile(growths, 0.5);
}

function latencyOf(histograms: Histograms, arm: string): Comparison["arms"][number]["latencyUs"] {
  const histogram = histograms.get(arm);
  const at = (percentile: number) => histogram?.getValueAtPercentile(percentile) ?? 0;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9) };
}
