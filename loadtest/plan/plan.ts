import { driversOf } from "../measure.ts";
import type { Plan } from "../model/model.ts";
import { seededRandom, shuffled } from "../statistics/random.ts";

/** What a preset decides. */
type PresetPlan = Pick<
  Plan,
  "slotMs" | "warmUpRounds" | "minBlocks" | "minRequests" | "maxSeconds" | "blocksPerRestart"
>;

/** How long and how exact: by name. */
export const PRESETS = {
  smoke: {
    slotMs: 100,
    warmUpRounds: 8,
    minBlocks: 20,
    minRequests: 0,
    maxSeconds: 20,
    blocksPerRestart: 1000,
  },
  standard: {
    slotMs: 150,
    warmUpRounds: 12,
    minBlocks: 90,
    minRequests: 1_000_000,
    maxSeconds: 420,
    blocksPerRestart: 15,
  },
  full: {
    slotMs: 250,
    warmUpRounds: 20,
    minBlocks: 400,
    minRequests: 10_000_000,
    maxSeconds: 7200,
    blocksPerRestart: 20,
  },
} as const satisfies Record<string, PresetPlan>;

/** One of {@linkcode PRESETS}. */
export type Preset = keyof typeof PRESETS;

/** The order of the arms, block after block: every arm once in each, shuffled by the seed. */
export function* blocksOf(plan: Pick<Plan, "arms" | "seed">): Generator<string[], never> {
  const random = seededRandom(plan.seed);
  while (true) yield shuffled(plan.arms, random);
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
/** Starting the processes of all arms, and reading each slot's counters. */
const START_SECONDS = 3;
const SETTLE_SECONDS = 0.015;

/** Says how long a plan takes and what it can find. A closed loop's requests can't be foretold. */
export function estimateOf(plan: Plan): Estimate {
  const slotsABlock = (plan.design === "duet" ? 0 : plan.arms.length * driversOf(plan).length) +
    (plan.design === "slots" ? 0 : plan.arms.length - 1);
  const requestsABlock = slotsABlock * plan.ratePerS * plan.slotMs / 1000;
  const blocks = Math.max(plan.minBlocks, Math.ceil(plan.minRequests / requestsABlock));
  const restarts = Math.ceil(blocks / plan.blocksPerRestart);
  const slotSeconds = plan.slotMs / 1000 + SETTLE_SECONDS;
  const seconds = restarts *
      (START_SECONDS + plan.warmUpRounds * plan.arms.length * slotSeconds) +
    blocks * slotsABlock * slotSeconds;
  return {
    seconds: Math.min(plan.maxSeconds, seconds),
    requests: blocks * requestsABlock,
    restarts,
    detectableUs: 2.8 * RESTART_SPREAD_US / Math.sqrt(Math.max(1, restarts)),
  };
}
