import { measureSlot, NO_RECORDER, type Place, type Rig } from "./measure.ts";
import { driversOf } from "./model/model.ts";
import { WARM_UP_SLOT_MS } from "./plan/plan.ts";
import { isSteady } from "./statistics/steady.ts";
import type { Watch } from "./watch.ts";

/** The part of the rounds that are as fast as can be: most code is compiled there. */
const CLOSED_PART = 1 / 2;

/**
 * Loads every arm in rounds until each was steady or the rounds are used up; says after how many
 * rounds, or null. First in a closed loop, then as it will be measured: what is compiled for the one
 * is compiled again for the other, which doubled the cost of the first blocks of arms that export.
 */
export async function warmUp(rig: Rig, watch: Watch): Promise<number | null> {
  const { plan } = rig;
  const slotMs = Math.min(plan.slotMs, WARM_UP_SLOT_MS);
  const short: Rig = { ...rig, plan: { ...plan, slotMs } };
  const rounds = new Map(plan.arms.map((arm) => [arm, [] as number[]]));
  const steady = new Set<string>();
  const [driver] = driversOf(plan);
  const closedRounds = Math.floor(plan.warmUpRounds * CLOSED_PART);
  for (let round = 1; round <= plan.warmUpRounds; round++) {
    if (watch.endedBy() !== undefined) return null;
    const isAsMeasured = round > closedRounds;
    const ratePerS = isAsMeasured && plan.load === "open" ? plan.ratePerS : null;
    const place: Place = { block: 0, restart: 0, design: "slots", driver, pair: null, ratePerS };
    for (const [arm, own] of rounds) {
      const { cpuUs, requests } = await measureSlot(short, place, arm, NO_RECORDER);
      if (!isAsMeasured) continue;
      own.push(cpuUs / Math.max(1, requests));
      if (isSteady(own)) steady.add(arm);
    }
    if (steady.size === plan.arms.length) return round;
  }
  return null;
}
