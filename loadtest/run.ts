import { resolve } from "@std/path";
import type { FlushReply, ServerReady } from "./arms/server.ts";
import { ARMS } from "./arms/arms.ts";
import { hasTaskset, pin, startChild } from "./collect/child.ts";
import { latencyHistogram } from "./collect/latency.ts";
import { schedstatCpuUs } from "./collect/schedstat.ts";
import { driveSlot } from "./drive/autocannon.ts";
import type { Comparison, Plan, Sample } from "./model/model.ts";
import { blocksOf } from "./plan/plan.ts";
import { compare } from "./report/compare.ts";

/** What is told while it runs. */
export interface Progress {
  readonly requests: number;
  readonly blocks: number;
  readonly seconds: number;
  readonly secondsLeft: number;
}

type Counts = Record<string, { requests: number; bytes: number }>;

/** Everything that a slot needs. */
interface Rig {
  readonly plan: Plan;
  readonly server: ServerReady;
  readonly serverPid: number;
  readonly sinkPort: number;
  readonly hasSchedstat: boolean;
}

async function json<T>(url: string): Promise<T> {
  return await (await fetch(url)).json();
}

/** Sends what an arm holds back, and reads what the server has used. */
async function settle(rig: Rig, arm: string): Promise<FlushReply & { counts: Counts }> {
  const query = new URLSearchParams({ arm });
  const reply = await json<FlushReply>(`http://127.0.0.1:${rig.server.control}/?${query}`);
  const counts = await json<Counts>(`http://127.0.0.1:${rig.sinkPort}/counts`);
  return { ...reply, cpuUs: schedstatCpuUs(rig.serverPid) ?? reply.cpuUs, counts };
}

/** One slot of one arm. The export that it caused is within it: the arm is flushed on both sides. */
async function measure(
  rig: Rig,
  block: number,
  arm: string,
  onLatencyUs: (latencyUs: number) => void,
): Promise<Sample> {
  const { plan, server } = rig;
  const key = String(ARMS.findIndex(({ name }) => name === arm));
  const before = await settle(rig, arm);
  const slot = await driveSlot(
    `http://127.0.0.1:${server.arms[arm]}${plan.path}`,
    plan.slotMs,
    plan.connections,
    onLatencyUs,
  );
  const after = await settle(rig, arm);
  return {
    block,
    arm,
    ...slot,
    cpuUs: after.cpuUs - before.cpuUs,
    rssBytes: after.rssBytes,
    dropped: after.dropped,
    exportedBytes: (after.counts[key]?.bytes ?? 0) - (before.counts[key]?.bytes ?? 0),
    exportRequests: (after.counts[key]?.requests ?? 0) - (before.counts[key]?.requests ?? 0),
  };
}

/**
 * Runs a plan: starts the server and the sink, drives the arms block by block, and writes each
 * sample as it comes. An abort ends it after the slot that runs; what was measured is compared.
 */
export async function runPlan(
  plan: Plan,
  folder: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Comparison> {
  const canPin = await hasTaskset();
  const sink = await startChild<{ port: number }>("./sink.ts", [], canPin ? 1 : undefined);
  try {
    const url = `http://127.0.0.1:${sink.ready.port}`;
    const server = await startChild<ServerReady>(
      "../arms/server.ts",
      [url],
      canPin ? 0 : undefined,
    );
    try {
      if (canPin) await pin(Deno.pid, 1);
      const rig: Rig = {
        plan,
        server: server.ready,
        serverPid: server.pid,
        sinkPort: sink.ready.port,
        hasSchedstat: schedstatCpuUs(server.pid) !== undefined,
      };
      return await runBlocks(rig, folder, signal, onProgress);
    } finally {
      await server.stop();
    }
  } finally {
    await sink.stop();
  }
}

async function runBlocks(
  rig: Rig,
  folder: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Comparison> {
  const { plan } = rig;
  for (let slot = 0; slot < plan.warmUpSlots && !signal.aborted; slot++) {
    for (const arm of plan.arms) await measure(rig, 0, arm, () => {});
  }
  using file = await Deno.open(resolve(folder, "samples.ndjson"), { create: true, append: true });
  const encoder = new TextEncoder();
  const histograms = new Map(plan.arms.map((arm) => [arm, latencyHistogram()]));
  const samples: Sample[] = [];
  const startMs = performance.now();
  let requests = 0;
  let endedBy: Comparison["endedBy"] | undefined;
  for (const order of blocksOf(plan)) {
    const block = samples.length / plan.arms.length;
    for (const arm of order) {
      const histogram = histograms.get(arm)!;
      const sample = await measure(rig, block, arm, (us) => histogram.recordValue(us));
      samples.push(sample);
      requests += sample.requests;
      file.writeSync(encoder.encode(JSON.stringify(sample) + "\n"));
    }
    const seconds = (performance.now() - startMs) / 1000;
    const byRequests = plan.minRequests === 0
      ? plan.maxSeconds - seconds
      : seconds * (plan.minRequests / requests - 1);
    const secondsLeft = Math.max(0, Math.min(plan.maxSeconds - seconds, byRequests));
    onProgress({ requests, blocks: block + 1, seconds, secondsLeft });
    const isEnough = block + 1 >= plan.minBlocks && plan.minRequests > 0 &&
      requests >= plan.minRequests;
    endedBy = signal.aborted
      ? "interrupted"
      : isEnough
      ? "all requests done"
      : seconds >= plan.maxSeconds
      ? "time is up"
      : undefined;
    if (endedBy !== undefined) break;
  }
  const latencies = new Map(
    Array.from(histograms, ([arm, histogram]) => [arm, {
      p50Us: histogram.getValueAtPercentile(50),
      p99Us: histogram.getValueAtPercentile(99),
    }]),
  );
  const source = rig.hasSchedstat ? "/proc/PID/task/*/schedstat" : "the server's cpuUsage()";
  return compare(plan, samples, latencies, source, endedBy ?? "interrupted");
}
