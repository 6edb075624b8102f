import { driversOf, DUET_SLOTS, type Plan } from "../model/model.ts";
import { seededRandom, shuffled } from "../statistics/random.ts";

/** What a preset decides. */
type PresetPlan = Pick<
  Plan,
  | "design"
  | "load"
  | "ratePerS"
  | "curve"
  | "curveRounds"
  | "slotMs"
  | "v8Flags"
  | "warmUpRequests"
  | "warmUpSeconds"
  | "warmUpRounds"
  | "minBlocks"
  | "minRequests"
  | "maxSeconds"
  | "blocksPerRestart"
>;

/**
 * V8 optimizes a function after 3000 calls of its middle tier's, and the whole of a request at
 * once: after some 17,000 requests, which double in cost until 25,000. Sooner, where a run is too
 * short to send each process of each restart as many before it measures.
 */
const SOONER_OPTIMIZED = [
  "--invocation-count-for-turbofan=500",
  "--minimum-invocations-after-ic-update=100",
];

/** How long and how exact: by name. */
export const PRESETS = {
  smoke: {
    design: "slots",
    load: "open",
    ratePerS: 3000,
    curve: [],
    curveRounds: 1,
    slotMs: 100,
    v8Flags: SOONER_OPTIMIZED,
    warmUpRequests: 1000,
    warmUpSeconds: 0.4,
    warmUpRounds: 0,
    minBlocks: 20,
    minRequests: 0,
    maxSeconds: 20,
    blocksPerRestart: 1000,
  },
  standard: {
    design: "both",
    load: "closed",
    ratePerS: 3000,
    curve: [1500, 4500],
    curveRounds: 1,
    slotMs: 200,
    v8Flags: SOONER_OPTIMIZED,
    warmUpRequests: 40_000,
    warmUpSeconds: 1.2,
    warmUpRounds: 10,
    minBlocks: 40,
    minRequests: 1_000_000,
    maxSeconds: 358,
    blocksPerRestart: 7,
  },
  full: {
    design: "both",
    load: "closed",
    ratePerS: 3000,
    curve: [1500, 3000, 4500],
    curveRounds: 2,
    slotMs: 250,
    v8Flags: SOONER_OPTIMIZED,
    warmUpRequests: 40_000,
    warmUpSeconds: 2,
    warmUpRounds: 16,
    minBlocks: 240,
    minRequests: 10_000_000,
    maxSeconds: 3600,
    blocksPerRestart: 33,
  },
} as const satisfies Record<string, PresetPlan>;

/** No slot that a warm-up is judged by needs to be longer: what is judged is noisy in any case. */
export const WARM_UP_SLOT_MS = 100;
/** A slot of the closed loop before: long, since all that it has to do is to get through. */
export const WARM_UP_CLOSED_MS = 400;

/** One of {@linkcode PRESETS}. */
export type Preset = keyof typeof PRESETS;

/**
 * The order of the arms, block after block: every arm once in each, shuffled by the seed, then the
 * same the other way round. So what drifts steadily is cancelled within two blocks; with two arms
 * it is ABBA.
 */
export function* blocksOf(plan: Pick<Plan, "arms" | "seed" | "order">): Generator<string[], never> {
  const random = seededRandom(plan.seed);
  while (true) {
    const order = plan.order === "fixed" ? [...plan.arms] : shuffled(plan.arms, random);
    yield order;
    yield plan.order === "fixed" ? order : order.toReversed();
  }
}

/**
 * The pairs of a block's duets: neighbours in its order. Two blocks in a row connect all arms with
 * each other, and every arm is in as many duets as the others: one that is loaded more often than
 * the others is warmer, and looks cheaper for that alone.
 */
export function pairsOf(order: readonly string[], block: number): [string, string][] {
  // The order the other way round has the same pairs, when there are as many: they move by one.
  const isMoved = order.length % 2 === 0 && block % 2 === 1;
  const moved = isMoved ? [...order.slice(1), order[0]] : order;
  return Array.from(
    { length: Math.floor(moved.length / 2) },
    (_, pair) => [moved[2 * pair], moved[2 * pair + 1]],
  );
}

/** What a plan comes to, before it is run. */
export interface Estimate {
  readonly seconds: number;
  readonly requests: number;
  readonly restarts: number;
  /** The smallest effect that is likely to be found, in µs, where the spread is as measured here. */
  readonly detectableUs: number;
}

/** The standard deviation of a restart's mean difference, as runs of the shop have shown: 2.5 µs. */
const RESTART_SPREAD_US = 2.5;
/** Starting the processes of all arms, one after another on a core. */
const START_SECONDS = 0.35;
/** Flushing an arm on both sides of a slot and reading its counters. */
const SETTLE_SECONDS = 0.015;
/** What a closed loop comes to on a slow core, requests a second: for an estimate only. */
const SATURATED_PER_S = 6000;

/** Says how long a plan takes and what it can find; a closed loop's requests are a guess. */
export function estimateOf(plan: Plan): Estimate {
  const arms = plan.arms.length;
  const alone = plan.design === "duet" ? 0 : arms * driversOf(plan).length;
  const duets = plan.design === "slots" ? 0 : Math.floor(arms / 2);
  // In a duet as many requests go to each arm as in a slot.
  const slotsABlock = alone + duets * DUET_SLOTS;
  const slotSeconds = plan.slotMs / 1000 + SETTLE_SECONDS;
  const warmUpSeconds = Math.min(plan.slotMs, WARM_UP_SLOT_MS) / 1000 + SETTLE_SECONDS;
  const rateOf = (rate: number | "saturated") => rate === "saturated" ? SATURATED_PER_S : rate;
  const perSlot = (ratePerS: number) => ratePerS * plan.slotMs / 1000;
  const own = plan.load === "closed" ? SATURATED_PER_S : plan.ratePerS;
  const requestsABlock = slotsABlock * perSlot(own);
  const curveSlots = arms * plan.curveRounds;
  const requestsARestart = plan.blocksPerRestart * requestsABlock +
    plan.curve.reduce<number>((sum, rate) => sum + curveSlots * perSlot(rateOf(rate)), 0);
  const secondsARestart = arms * START_SECONDS +
    arms * Math.min(plan.warmUpSeconds, plan.warmUpRequests / SATURATED_PER_S) +
    plan.warmUpRounds * arms * warmUpSeconds +
    plan.blocksPerRestart * slotsABlock * slotSeconds +
    curveSlots * plan.curve.length * slotSeconds;
  const blocksARestart = plan.blocksPerRestart + plan.curve.length * plan.curveRounds;
  // A restart is measured to its end.
  const wanted = Math.ceil(
    Math.max(plan.minBlocks / blocksARestart, plan.minRequests / requestsARestart),
  );
  // Without a number of requests to reach, time ends it; and the first restart may be cut short.
  const most = plan.maxSeconds / secondsARestart;
  const restarts = plan.minRequests === 0 ? most : Math.min(wanted, most);
  return {
    seconds: Math.min(plan.maxSeconds, restarts * secondsARestart),
    requests: restarts * requestsARestart,
    restarts: Math.ceil(restarts),
    detectableUs: 2.8 * RESTART_SPREAD_US / Math.sqrt(Math.max(1, restarts)),
  };
}
