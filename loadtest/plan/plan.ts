import type { Plan } from "../model/model.ts";
import { seededRandom, shuffled } from "../statistics/random.ts";

/** How long and how exact: by name. */
export const PRESETS = {
  smoke: {
    slotMs: 100,
    warmUpSlots: 5,
    minBlocks: 20,
    minRequests: 0,
    maxSeconds: 20,
    blocksPerRestart: 1000,
  },
  standard: {
    slotMs: 150,
    warmUpSlots: 8,
    minBlocks: 120,
    minRequests: 1_000_000,
    maxSeconds: 600,
    blocksPerRestart: 15,
  },
  full: {
    slotMs: 150,
    warmUpSlots: 20,
    minBlocks: 40,
    minRequests: 10_000_000,
    maxSeconds: 5400,
    blocksPerRestart: 40,
  },
} as const satisfies Record<string, Partial<Plan>>;

/** One of {@linkcode PRESETS}. */
export type Preset = keyof typeof PRESETS;

/** The order of the arms, block after block: every arm once in each, shuffled by the seed. */
export function* blocksOf(plan: Pick<Plan, "arms" | "seed">): Generator<string[], never> {
  const random = seededRandom(plan.seed);
  while (true) yield shuffled(plan.arms, random);
}
