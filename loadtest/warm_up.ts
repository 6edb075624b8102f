import { measureSlot, NO_RECORDER, type Place, type Rig } from "./measure.ts";
import { driversOf } from "./model/model.ts";
import { WARM_UP_SLOT_MS } from "./plan/plan.ts";
import { isSteady } from "./statistics/steady.ts";
import type { Watch } from "./watch.ts";

/**
 * Loads every arm in rounds, in a closed loop, until each was steady or the rounds are used up;
 * says after how many rounds, or null.
 */
export async function warmUp(rig: Rig, watch: Watch): Promise<number | null> {
  const { plan } = rig;
  const slotMs = Math.min(plan.slotMs, WARM_UP_SLOT_MS);
  const short: Rig = { ...rig, plan: { ...plan, slotMs } };
  const rounds = new Map(plan.arms.map((arm) => [arm, [] as number[]]));
  const steady = new Set<string>();
  const [driver] = driversOf(plan);
  const place: Place = {
    block: 0,
    restart: 0,
    design: "slots",
    driver,
    pair: null,
    ratePerS: null,
  };
  for (let round = 1; round <= plan.warmUpRounds; round++) {
    if (watch.endedBy() !== undefined) return null;
    for (const [arm, own] of rounds) {
      const { cpuUs, requests } = await measureSlot(short, place, arm, NO_RECORDER);
      own.push(cpuUs / Math.max(1, requests));
      if (isSteady(own)) steady.add(arm);
    }
    if (steady.size === plan.arms.length) return round;
  }
  return null;
}
