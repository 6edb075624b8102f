import type { Arm } from "../arms/arm.ts";
import { FIXED } from "./families_lines.ts";
import type { Known, StrategySpec } from "./strategy.ts";

/** Where the process of an arm finds what it is. */
export const LIVE_ENV = "SEXTANT_SAMPLING_ARM";

/** What an arm is, as it is told to its process. */
export interface LiveArm {
  /** Undefined: nothing is recorded. */
  readonly spec?: StrategySpec;
  readonly known: Known;
}

/** What the others are held against, and the same again. */
export const [OFF, OFF_AGAIN] = ["off", "off again"];
export const ALWAYS_ON: StrategySpec = { name: FIXED[0].name, kind: "fixed" };

function armOf(name: string, description: string, live: LiveArm): Arm {
  const url = new URL("./live_shop.ts", import.meta.url).href;
  const env = { [LIVE_ENV]: JSON.stringify(live) };
  return { name, description, target: { kind: "module", url, env } };
}

/** An arm of the harness for each strategy, behind the two that record nothing. */
export function liveArms(specs: readonly StrategySpec[], known: Known): Arm[] {
  return [
    armOf(OFF, "no sink: nothing is recorded", { known }),
    armOf(OFF_AGAIN, "the same, as a check", { known }),
    ...specs.map((spec) => armOf(spec.name, "a sampling strategy", { spec, known })),
  ];
}
