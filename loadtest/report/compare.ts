import type { LatencyLine } from "../collect/latency.ts";
import {
  type Comparison,
  driversOf,
  latencyLoadOf,
  type Plan,
  type Run,
  type Sample,
} from "../model/model.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { driftOf } from "../statistics/drift.ts";
import { seededRandom } from "../statistics/random.ts";
import {
  detectable,
  type Effect,
  hierarchicalBootstrap,
  holm,
  restartEffect,
} from "../statistics/restarts.ts";
import { curveOf, saturationOf } from "./curve.ts";
import { doubtsOf } from "./gate.ts";
import { binsByArm, latencyEffect } from "./latency_effect.ts";
import { isOutlier, latencyOf, loopDelayOf, ownMemoryOf, sumsOf } from "./measured.ts";
import {
  type Block,
  blocksOf,
  cpuPerRequest,
  duetEffects,
  each,
  type Effects,
  effectsOf,
} from "./pairs.ts";

type Arm = Comparison["arms"][number];

/** There is nothing to compare yet. */
export class TooFewBlocks extends RangeError {}

function intervalOf({ estimate, low, high }: Interval): Interval {
  return { estimate, low, high };
}

/** What each design has measured. */
interface Measured {
  /** The slots' blocks by restart; with duets alone there are none. */
  readonly restarts: readonly Block[][];
  /** Those of the second generator, where there is one. */
  readonly byOther: readonly Block[][];
  readonly duets: ReadonlyMap<string, Effects>;
  readonly isDuetOnly: boolean;
  /** Blocks by restart, of whichever design gives the effects. */
  readonly blocks: readonly number[];
}

function measuredOf(plan: Plan, samples: readonly Sample[]): Measured {
  const isDuetOnly = plan.design === "duet";
  const [reported, other] = driversOf(plan);
  const slotsBy = (driver: string | undefined) =>
    blocksOf(
      samples.filter((one) => one.design === "slots" && one.driver === driver),
      plan.arms,
    );
  const restarts = isDuetOnly ? [] : slotsBy(reported);
  const duets = duetEffects(samples, plan.arms);
  const isWhole = plan.arms.slice(1).every((arm) => duets.has(arm));
  const byRestart = [...Map.groupBy(samples, ({ restart }) => restart).values()];
  const blocks = isDuetOnly
    ? isWhole ? byRestart.map((own) => new Set(own.map(({ block }) => block)).size) : []
    : restarts.map((own) => own.length);
  const count = blocks.reduce((sum, one) => sum + one, 0);
  if (count < 2) throw new TooFewBlocks(`${count} complete blocks were measured, needed are 2`);
  return { restarts, byOther: slotsBy(other), duets, isDuetOnly, blocks };
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
  latencies: readonly LatencyLine[],
): Comparison {
  const measured = measuredOf(plan, samples);
  const arms = armsOf(plan, run, samples, latencies, measured);
  const reasons = doubtsOf({ plan, run, arms, samples });
  return {
    version: 3,
    requests: samples.reduce((sum, one) => sum + one.requests, 0),
    blocks: measured.blocks.reduce((sum, one) => sum + one, 0),
    restarts: measured.blocks.length,
    // Two arms share the time of a duet.
    seconds: samples.reduce((sum, one) => sum + one.seconds / (one.pair === null ? 1 : 2), 0),
    load: loadOf(plan),
    run: run ?? NO_RUN,
    isTrustworthy: reasons.length === 0,
    reasons,
    arms,
    curve: curveOf(plan, samples, latencies),
    ownRssMiB: ownMemoryOf(samples),
  };
}

/** How it was loaded, in words. */
function loadOf(plan: Plan): string {
  const by = (plan.driver === "autocannon" ? "" : `; by ${driversOf(plan).join(" and ")}`) +
    (plan.v8Flags.length === 0 ? "" : `; V8 with ${plan.v8Flags.join(" ")}`);
  return plan.load === "open"
    ? `open loop, ${plan.ratePerS} requests a second by chance${by}`
    : `closed loop, ${plan.connections} connections${waitedOf(plan)}${by}`;
}

/** Which load latencies are of, where it is not the plan's own. */
function waitedOf(plan: Plan): string {
  const load = latencyLoadOf(plan);
  return load === "slots" ? "" : ` (latency: open loop, ${load} requests a second by chance)`;
}

/** What the second generator has found, where there was one. */
function byOtherOf(restarts: readonly Block[][], first: string, arm: string): Arm["byK6"] {
  if (restarts.flat().length < 2) return null;
  const costs = each(restarts, (block) => cpuPerRequest(block.get(arm)!));
  return {
    cpuUsPerRequest: intervalOf(restartEffect(costs)),
    againstFirstUs: arm === first ? null : intervalOf(effectsOf(restarts, first, arm).difference),
  };
}

/** A change within a restart is no chance when it is as unlikely as this, corrected by Holm. */
const DRIFT_P = 0.01;

function armsOf(
  plan: Plan,
  run: Run | undefined,
  samples: readonly Sample[],
  latencies: readonly LatencyLine[],
  { restarts, byOther, duets, isDuetOnly }: Measured,
): Arm[] {
  const [first] = plan.arms;
  const effects = plan.arms.map((arm) => {
    if (arm === first) return undefined;
    const duet = duets.get(arm);
    return isDuetOnly ? { main: duet! } : { main: effectsOf(restarts, first, arm), duet };
  });
  const ps = holm(effects.slice(1).map((effect) => effect!.main.difference.p));
  const costsOf = (arm: string) =>
    isDuetOnly
      ? duetCosts(samples, arm)
      : each(restarts, (block) => cpuPerRequest(block.get(arm)!));
  const drifts = effects.map((effect) => effect?.main.drift ?? driftOf(costsOf(first)));
  const driftPs = holm(drifts.map((drift) => drift?.p ?? 1));
  const latencyLoad = latencyLoadOf(plan);
  const bins = binsByArm(latencies, plan.arms, latencyLoad);
  return plan.arms.map((arm, index): Arm => {
    const effect = effects[index];
    const own = samples.filter((one) =>
      one.arm === arm && one.requests > 0 && one.design !== "curve"
    );
    const { difference, ratio } = effect?.main ?? {};
    const costs = costsOf(arm);
    const isFar = isOutlier(costs.flat());
    return {
      arm,
      description: run?.descriptions[arm] ?? "",
      cpuUsPerRequest: intervalOf(restartEffect(costs)),
      ...differenceOf(plan, difference),
      bootstrapUs: effect === undefined || latencies.length === 0 ? null : intervalOf(
        hierarchicalBootstrap(effect.main.differences, seededRandom(plan.seed + index)),
      ),
      duetUs: effect?.duet === undefined ? null : intervalOf(effect.duet.difference),
      byK6: byOtherOf(byOther, first, arm),
      ratio: ratio === undefined ? null : {
        estimate: Math.exp(ratio.estimate),
        low: Math.exp(ratio.low),
        high: Math.exp(ratio.high),
      },
      p: index === 0 ? null : ps[index - 1],
      driftUs: drifts[index] === undefined ? null : intervalOf(drifts[index]),
      isDrifting: driftPs[index] < DRIFT_P,
      outliers: costs.flat().filter(isFar).length,
      ...sumsOf(own),
      latencyUs: latencyOf(latencies, arm, latencyLoad),
      latencyAgainstFirstUs: index === 0 ? null : latencyEffect(bins, first, arm, plan.seed),
      loopDelayUs: loopDelayOf(latencies, arm),
      saturatedPerS: saturationOf(samples, arm),
    };
  });
}

/** An arm's own cost in its duets, by restart. */
function duetCosts(samples: readonly Sample[], arm: string): number[][] {
  const own = samples.filter((one) => one.design === "duet" && one.arm === arm && one.requests > 0);
  return [...Map.groupBy(own, ({ restart }) => restart).values()]
    .map((slots) => slots.map(cpuPerRequest));
}

function differenceOf(plan: Plan, difference: Effect | undefined) {
  if (difference === undefined) {
    return { againstFirstUs: null, isEquivalent: null, detectableUs: null };
  }
  const { low90, high90, standardError } = difference;
  return {
    againstFirstUs: intervalOf(difference),
    isEquivalent: low90 > -plan.deltaUs && high90 < plan.deltaUs,
    detectableUs: detectable(standardError),
  };
}

/** While it runs nothing is known of its end. */
const NO_RUN: Run = {
  environment: {
    commit: null,
    deno: "",
    v8: "",
    os: "",
    arch: "",
    cores: 0,
    isPinned: false,
    isPreferred: false,
    cpuSource: "",
    startedAt: "",
    commandLine: [],
  },
  endedBy: "not ended",
  stolen: null,
  warmUps: [],
  descriptions: {},
};
