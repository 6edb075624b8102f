import type { ArmProcess } from "./arms/start.ts";
import type { FlushReply } from "./arms/serve.ts";
import { poissonArrivals } from "./drive/arrivals.ts";
import type { SinkCounts } from "./collect/sink.ts";
import type { Driver, Load } from "./drive/driver.ts";
import type { Plan, Sample } from "./model/model.ts";

/** An arm's process and the connections to it. */
export interface LoadedArm {
  readonly process: ArmProcess;
  readonly drivers: Readonly<Partial<Record<Sample["driver"], Driver>>>;
}

/** Everything that a slot needs. */
export interface Rig {
  readonly plan: Plan;
  readonly arms: ReadonlyMap<string, LoadedArm>;
  readonly sinkUrl: string;
  readonly random: () => number;
}

/** Where in the plan a slot is. */
export type Place = Pick<Sample, "block" | "restart" | "design" | "driver" | "pair">;

type Counts = Record<string, SinkCounts>;

/** Sends what an arm holds back, and reads what its process has used. */
async function settle(rig: Rig, arm: string): Promise<FlushReply & { counts: Counts }> {
  const reply = await rig.arms.get(arm)!.process.settle();
  const counts: Counts = await (await fetch(`${rig.sinkUrl}/counts`)).json();
  return { ...reply, counts };
}

/** What sends the requests of a plan; the first is what is reported. */
export function driversOf({ driver }: Pick<Plan, "driver">): readonly Sample["driver"][] {
  return driver === "both" ? ["autocannon", "k6"] : [driver];
}

/** The load of one slot; in a duet each side gets half, so that both together are the same. */
export function loadOf(rig: Rig, share = 1): Load {
  const { load, slotMs, ratePerS } = rig.plan;
  return load === "closed" ? { mode: "closed", durationMs: slotMs } : {
    mode: "open",
    arrivalsMs: poissonArrivals(ratePerS * share, slotMs, rig.random),
  };
}

/** One slot of one arm. The export that it caused is within it: the arm is flushed on both sides. */
export async function measureSlot(
  rig: Rig,
  place: Place,
  arm: string,
  load: Load,
  onLatencyUs: (latencyUs: number) => void,
): Promise<Sample> {
  const key = String(rig.plan.arms.indexOf(arm));
  const before = await settle(rig, arm);
  const slot = await rig.arms.get(arm)!.drivers[place.driver]!.slot(load, onLatencyUs);
  const after = await settle(rig, arm);
  return {
    ...place,
    arm,
    ...slot,
    cpuUs: after.cpuUs - before.cpuUs,
    rssBytes: after.rssBytes,
    heapBytes: after.heapBytes,
    dropped: after.dropped,
    exportedBytes: (after.counts[key]?.bytes ?? 0) - (before.counts[key]?.bytes ?? 0),
    exportedSpans: (after.counts[key]?.spans ?? 0) - (before.counts[key]?.spans ?? 0),
    exportRequests: (after.counts[key]?.requests ?? 0) - (before.counts[key]?.requests ?? 0),
  };
}

/** An arm and the first one side by side; which is asked first is left to chance. */
export async function measureDuet(
  rig: Rig,
  place: Omit<Place, "design" | "pair" | "driver">,
  arm: string,
): Promise<Sample[]> {
  const [first] = rig.plan.arms;
  const [driver] = driversOf(rig.plan);
  const where = { ...place, design: "duet", driver, pair: arm } as const;
  const both = rig.random() < 0.5 ? [first, arm] : [arm, first];
  return await Promise.all(
    both.map((one) => measureSlot(rig, where, one, loadOf(rig, 0.5), () => {})),
  );
}
