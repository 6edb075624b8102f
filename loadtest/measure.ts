import type { ArmProcess } from "./arms/start.ts";
import type { FlushReply } from "./arms/serve.ts";
import { schedstatCpuUs, stealNow } from "./collect/schedstat.ts";
import type { SinkCounts } from "./collect/sink.ts";
import { poissonArrivals } from "./drive/arrivals.ts";
import type { Driver, Load } from "./drive/driver.ts";
import { type DriverName, driversOf, DUET_SLOTS, type Plan, type Sample } from "./model/model.ts";

/** An arm's process and the connections to it. */
export interface LoadedArm {
  readonly process: ArmProcess;
  readonly drivers: Readonly<Partial<Record<DriverName, Driver>>>;
}

/** Everything that a slot needs. */
export interface Rig {
  readonly plan: Plan;
  readonly arms: ReadonlyMap<string, LoadedArm>;
  readonly sink: { readonly url: string; readonly pid: number };
  readonly random: () => number;
}

/** Where in the plan a slot is. */
export type Place = Pick<Sample, "block" | "restart" | "design" | "driver" | "pair" | "ratePerS">;

/** Takes what is measured of single requests. */
export interface Recorder {
  onLatencyUs(latencyUs: number): void;
  onLoopDelayUs?(delayUs: number): void;
}

/** Keeps nothing: for slots whose latency is nobody's. */
export const NO_RECORDER: Recorder = { onLatencyUs() {} };

interface Settled extends FlushReply {
  readonly sink: SinkCounts;
  readonly sinkCpuUs: number | undefined;
  readonly steal: ReturnType<typeof stealNow>;
  readonly atMs: number;
}

const NOTHING: SinkCounts = {
  requests: 0,
  bytes: 0,
  sampledBytes: 0,
  sampledGzipBytes: 0,
  records: 0,
  spans: 0,
};

/** Sends what an arm holds back, and reads what its process has used. */
async function settle(rig: Rig, arm: string, isBefore: boolean): Promise<Settled> {
  const reply = await rig.arms.get(arm)!.process.settle(isBefore);
  // The sink compresses what it kept when it is asked: not within a slot.
  const sinkCpuUs = isBefore ? undefined : schedstatCpuUs(rig.sink.pid);
  const index = rig.plan.arms.indexOf(arm);
  const answer = await fetch(`${rig.sink.url}/counts?arm=${index}`);
  const sink: SinkCounts = await answer.json() ?? NOTHING;
  return {
    ...reply,
    sink,
    sinkCpuUs: sinkCpuUs ?? schedstatCpuUs(rig.sink.pid),
    steal: stealNow(),
    atMs: performance.now(),
  };
}

/** A load at a rate, or as much as is answered where that is null. */
export function loadOf(rig: Rig, ratePerS: number | null): Load {
  const { slotMs } = rig.plan;
  return ratePerS === null
    ? { mode: "closed", durationMs: slotMs }
    : { mode: "open", arrivalsMs: poissonArrivals(ratePerS, slotMs, rig.random) };
}

/** One slot of one arm. The export that it caused is within it: the arm is flushed on both sides. */
export async function measureSlot(
  rig: Rig,
  place: Place,
  arm: string,
  recorder: Recorder,
): Promise<Sample> {
  const load = loadOf(rig, place.ratePerS);
  const { drivers } = rig.arms.get(arm)!;
  const before = await settle(rig, arm, true);
  const { busy, ...slot } = await drivers[place.driver]!.slot(load, recorder.onLatencyUs);
  const after = await settle(rig, arm, false);
  for (const delayUs of after.loopDelaysUs) recorder.onLoopDelayUs?.(delayUs);
  return {
    ...place,
    arm,
    ...slot,
    unsent: slot.unsent ?? 0,
    ...usedBetween(before, after),
    ...exportedBetween(before, after),
    generatorBusy: busy ?? null,
    ownRssBytes: Deno.memoryUsage().rss,
  };
}

function usedBetween(before: Settled, after: Settled) {
  const seconds = (after.atMs - before.atMs) / 1000;
  const between = (a: number | null | undefined, b: number | null | undefined) =>
    a === null || a === undefined || b === null || b === undefined ? null : a - b;
  const sinkCpuUs = between(after.sinkCpuUs, before.sinkCpuUs);
  const ticks = between(after.steal?.all, before.steal?.all);
  return {
    cpuUs: after.cpuUs - before.cpuUs,
    userUs: between(after.userUs, before.userUs),
    systemUs: between(after.systemUs, before.systemUs),
    rssBytes: after.rssBytes,
    heapBytes: after.heapBytes,
    sinkBusy: sinkCpuUs === null ? null : sinkCpuUs / 1e6 / seconds,
    stolen: ticks === null
      ? null
      : (after.steal!.stolen - before.steal!.stolen) / Math.max(1, ticks),
  };
}

function exportedBetween(before: Settled, after: Settled) {
  const exportedBytes = after.sink.bytes - before.sink.bytes;
  const { sampledBytes, sampledGzipBytes } = after.sink;
  const dropped = Object.entries(after.dropped)
    .map(([reason, count]) => [reason, count - (before.dropped[reason] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return {
    exportedBytes,
    gzipBytes: sampledBytes === 0 ? 0 : exportedBytes * sampledGzipBytes / sampledBytes,
    exportRequests: after.sink.requests - before.sink.requests,
    received: after.sink.records - before.sink.records,
    exportedSpans: after.sink.spans - before.sink.spans,
    delivered: after.delivered === null || before.delivered === null
      ? null
      : after.delivered - before.delivered,
    dropped: Object.fromEntries(dropped),
  };
}

/**
 * Two arms side by side, each at half the rate, so that both together are the same, and for twice
 * as long, so that each is asked as often as in a slot: what a slot costs beside its requests, such
 * as its last export, is then as large a part of it.
 */
export async function measureDuet(
  rig: Rig,
  place: Pick<Place, "block" | "restart">,
  pair: readonly [string, string],
): Promise<Sample[]> {
  const { load, ratePerS, slotMs } = rig.plan;
  const long: Rig = { ...rig, plan: { ...rig.plan, slotMs: slotMs * DUET_SLOTS } };
  // Which is asked first is left to chance.
  const both = rig.random() < 0.5 ? pair : [pair[1], pair[0]];
  return await Promise.all(both.map((arm) => {
    const where: Place = {
      ...place,
      design: "duet",
      driver: driversOf(rig.plan)[0],
      pair: both.find((one) => one !== arm)!,
      ratePerS: load === "closed" ? null : ratePerS / DUET_SLOTS,
    };
    return measureSlot(long, where, arm, NO_RECORDER);
  }));
}
