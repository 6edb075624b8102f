import { resolve } from "@std/path";
import type { FlushReply, ServerReady } from "./arms/server.ts";
import { ARMS } from "./arms/arms.ts";
import { type Child, hasTaskset, pin, startChild } from "./collect/child.ts";
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
  /** The process of each arm. */
  readonly servers: ReadonlyMap<string, Child<ServerReady>>;
  readonly sinkPort: number;
}

/** What is collected as it comes. */
interface Collected {
  readonly samples: Sample[];
  readonly histograms: ReadonlyMap<string, ReturnType<typeof latencyHistogram>>;
  readonly write: (sample: Sample) => void;
}

async function json<T>(url: string): Promise<T> {
  return await (await fetch(url)).json();
}

/** Sends what an arm holds back, and reads what the server has used. */
async function settle(rig: Rig, arm: string): Promise<FlushReply & { counts: Counts }> {
  const server = rig.servers.get(arm)!;
  const reply = await json<FlushReply>(`http://127.0.0.1:${server.ready.control}/`);
  const counts = await json<Counts>(`http://127.0.0.1:${rig.sinkPort}/counts`);
  return { ...reply, cpuUs: schedstatCpuUs(server.pid) ?? reply.cpuUs, counts };
}

/** One slot of one arm. The export that it caused is within it: the arm is flushed on both sides. */
async function measure(
  rig: Rig,
  block: number,
  restart: number,
  arm: string,
  onLatencyUs: (latencyUs: number) => void,
): Promise<Sample> {
  const { plan, servers } = rig;
  const key = String(ARMS.findIndex(({ name }) => name === arm));
  const before = await settle(rig, arm);
  const slot = await driveSlot(
    `http://127.0.0.1:${servers.get(arm)!.ready.gateway}${plan.path}`,
    plan.slotMs,
    plan.connections,
    onLatencyUs,
  );
  const after = await settle(rig, arm);
  return {
    block,
    restart,
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
 * Runs a plan: each arm in a process of its own, all of them started anew every so many blocks, and
 * driven block by block. Each sample is written as it comes. An abort ends it after the block that
 * runs; what was measured is compared.
 */
export async function runPlan(
  plan: Plan,
  folder: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Comparison> {
  const canPin = await hasTaskset();
  const sink = await startChild<{ port: number }>("./sink.ts", [], canPin ? 1 : undefined);
  using file = await Deno.open(resolve(folder, "samples.ndjson"), { create: true, append: true });
  const encoder = new TextEncoder();
  const collected: Collected = {
    samples: [],
    histograms: new Map(plan.arms.map((arm) => [arm, latencyHistogram()])),
    write: (sample) => void file.writeSync(encoder.encode(JSON.stringify(sample) + "\n")),
  };
  const watch = watchOf(plan, signal, onProgress);
  try {
    if (canPin) await pin(Deno.pid, 1);
    const orders = blocksOf(plan);
    for (let restart = 0; watch.endedBy() === undefined; restart++) {
      const servers = await startServers(plan, sink.ready.port, canPin);
      try {
        const rig: Rig = { plan, servers, sinkPort: sink.ready.port };
        await runRestart(rig, restart, orders, collected, watch);
      } finally {
        await Promise.all(Array.from(servers.values(), (server) => server.stop()));
      }
    }
  } finally {
    await sink.stop();
  }
  const latencies = new Map(
    Array.from(collected.histograms, ([arm, histogram]) => [arm, {
      p50Us: histogram.getValueAtPercentile(50),
      p99Us: histogram.getValueAtPercentile(99),
    }]),
  );
  const hasSchedstat = schedstatCpuUs(Deno.pid) !== undefined;
  const source = hasSchedstat ? "/proc/PID/task/*/schedstat" : "the server's cpuUsage()";
  return compare(plan, collected.samples, latencies, source, watch.endedBy() ?? "interrupted");
}

async function startServers(
  plan: Plan,
  sinkPort: number,
  canPin: boolean,
): Promise<Map<string, Child<ServerReady>>> {
  const servers = new Map<string, Child<ServerReady>>();
  const results = await Promise.allSettled(plan.arms.map(async (arm) => {
    const args = [`http://127.0.0.1:${sinkPort}`, arm];
    servers.set(arm, await startChild("../arms/server.ts", args, canPin ? 0 : undefined));
  }));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await Promise.all(Array.from(servers.values(), (server) => server.stop()));
    throw failed.reason;
  }
  return servers;
}

/** Warms up processes that were just started, and measures their blocks. */
async function runRestart(
  rig: Rig,
  restart: number,
  orders: Iterator<string[]>,
  { samples, histograms, write }: Collected,
  watch: Watch,
): Promise<void> {
  const { plan } = rig;
  for (let slot = 0; slot < plan.warmUpSlots && watch.endedBy() === undefined; slot++) {
    for (const arm of plan.arms) await measure(rig, 0, restart, arm, () => {});
  }
  for (let own = 0; own < plan.blocksPerRestart && watch.endedBy() === undefined; own++) {
    const block = samples.length / plan.arms.length;
    let requests = 0;
    for (const arm of orders.next().value!) {
      const histogram = histograms.get(arm)!;
      const sample = await measure(rig, block, restart, arm, (us) => histogram.recordValue(us));
      samples.push(sample);
      write(sample);
      requests += sample.requests;
    }
    watch.block(requests);
  }
}

/** Knows when it is enough. */
interface Watch {
  /** A block was measured. */
  block(requests: number): void;
  endedBy(): Comparison["endedBy"] | undefined;
}

function watchOf(
  plan: Plan,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Watch {
  const startMs = performance.now();
  let requests = 0;
  let blocks = 0;
  const secondsNow = () => (performance.now() - startMs) / 1000;
  return {
    block(more) {
      requests += more;
      blocks++;
      const seconds = secondsNow();
      const byRequests = seconds * (plan.minRequests / requests - 1);
      const byBlocks = seconds * (plan.minBlocks / blocks - 1);
      const needed = plan.minRequests === 0 ? Infinity : Math.max(byRequests, byBlocks);
      const secondsLeft = Math.max(0, Math.min(plan.maxSeconds - seconds, needed));
      onProgress({ requests, blocks, seconds, secondsLeft });
    },
    endedBy() {
      if (signal.aborted) return "interrupted";
      const isEnough = blocks >= plan.minBlocks && plan.minRequests > 0 &&
        requests >= plan.minRequests;
      if (isEnough) return "all requests done";
      return secondsNow() >= plan.maxSeconds ? "time is up" : undefined;
    },
  };
}
