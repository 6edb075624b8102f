import { measureSlot, NO_RECORDER, type Place, type Rig } from "./measure.ts";
import { driversOf } from "./model/model.ts";
import { WARM_UP_CLOSED_MS, WARM_UP_SLOT_MS } from "./plan/plan.ts";
import { isSteady } from "./statistics/steady.ts";
import type { Watch } from "./watch.ts";

/**
 * Warms every arm up: in a closed loop until each has answered the plan's number of requests, or for
 * as long as the plan gives it, then in rounds as it will be measured until each was steady or the
 * rounds are used up. Says after how many rounds, or null.
 *
 * A number, because V8 compiles by how often a function was called, all that is called once a
 * request at the same request: twenty calm rounds before it say nothing of it.
 */
export async function warmUp(rig: Rig, watch: Watch): Promise<number | null> {
  const { plan } = rig;
  const [driver] = driversOf(plan);
  const slotOf = async (arm: string, slotMs: number, ratePerS: number | null) => {
    const place: Place = { block: 0, restart: 0, design: "slots", driver, pair: null, ratePerS };
    const own: Rig = { ...rig, plan: { ...plan, slotMs } };
    return await measureSlot(own, place, arm, NO_RECORDER);
  };
  const answered = new Map(plan.arms.map((arm) => [arm, 0]));
  for (let spentMs = 0; spentMs < plan.warmUpSeconds * 1000; spentMs += WARM_UP_CLOSED_MS) {
    for (const [arm, before] of answered) {
      if (before >= plan.warmUpRequests) continue;
      if (watch.endedBy() !== undefined) return null;
      const { requests } = await slotOf(arm, WARM_UP_CLOSED_MS, null);
      answered.set(arm, before + requests);
    }
  }
  const rounds = new Map(plan.arms.map((arm) => [arm, [] as number[]]));
  const steady = new Set<string>();
  const ratePerS = plan.load === "open" ? plan.ratePerS : null;
  for (let round = 1; round <= plan.warmUpRounds; round++) {
    if (watch.endedBy() !== undefined) return null;
    for (const [arm, own] of rounds) {
      const slotMs = Math.min(plan.slotMs, WARM_UP_SLOT_MS);
      const { cpuUs, requests } = await slotOf(arm, slotMs, ratePerS);
      own.push(cpuUs / Math.max(1, requests));
      if (isSteady(own)) steady.add(arm);
    }
    if (steady.size === plan.arms.length) return round;
  }
  return null;
}
