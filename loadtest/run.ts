import { resolve } from "@std/path";
import type { Arm } from "./arms/arm.ts";
import { startArm } from "./arms/start.ts";
import { type Child, hasTaskset, pin, startModule } from "./collect/child.ts";
import {
  emptyHistograms,
  type Histograms,
  type Results,
  writeHistograms,
  writeJson,
} from "./collect/folder.ts";
import { schedstatCpuUs, stealNow } from "./collect/schedstat.ts";
import { autocannonDriver } from "./drive/autocannon.ts";
import type { Driver } from "./drive/driver.ts";
import { k6Driver } from "./drive/k6.ts";
import { k6Program } from "./k6/binary.ts";
import {
  driversOf,
  type LoadedArm,
  loadOf,
  measureDuet,
  measureSlot,
  type Rig,
} from "./measure.ts";
import type { Environment, Plan, Run, Sample } from "./model/model.ts";
import { blocksOf } from "./plan/plan.ts";
import { compare, TooFewBlocks } from "./report/compare.ts";
import { seededRandom, shuffled } from "./statistics/random.ts";
import { isSteady } from "./statistics/steady.ts";
import { type Progress, type Watch, watchOf } from "./watch.ts";

/** What is collected as it comes. */
interface Collected {
  readonly samples: Sample[];
  readonly histograms: Histograms;
  readonly write: (sample: Sample) => void;
}

/** What a run needs besides its plan. */
export interface RunParts {
  readonly arms: readonly Arm[];
  readonly folder: string;
  readonly commandLine: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** What an earlier part of the run has left. */
  readonly before?: Results;
}

/**
 * Runs a plan: each arm in a process of its own, all of them started anew every so many blocks, and
 * driven block by block. Each sample is written as it comes, the histograms after each restart. An
 * abort ends it after the block that runs.
 */
export async function runPlan(plan: Plan, parts: RunParts): Promise<Results> {
  const { folder, before } = parts;
  // Whoever has no k6 is told before anything is started.
  if (driversOf(plan).includes("k6")) await k6Program();
  const isPinned = await hasTaskset();
  const environment = before?.run.environment ?? environmentOf(isPinned, parts.commandLine);
  const descriptions = Object.fromEntries(
    parts.arms.map(({ name, description }) => [name, description]),
  );
  const kept = before?.samples.filter(({ restart }) => restart < before.restarts) ?? [];
  const unfinished: Run = { environment, endedBy: "not ended", stolen: null, descriptions };
  await writeJson(folder, "plan.json", plan);
  await writeJson(folder, "run.json", unfinished);
  const histograms = before?.histograms ?? emptyHistograms(plan);
  await writeHistograms(folder, before?.restarts ?? 0, histograms);
  const path = resolve(folder, "samples.ndjson");
  await Deno.writeTextFile(path, kept.map((one) => JSON.stringify(one) + "\n").join(""));
  using file = await Deno.open(path, { append: true });
  const encoder = new TextEncoder();
  const collected: Collected = {
    samples: [...kept],
    histograms,
    write: (sample) => void file.writeSync(encoder.encode(JSON.stringify(sample) + "\n")),
  };
  const done = {
    requests: kept.reduce((sum, { requests }) => sum + requests, 0),
    blocks: (kept.at(-1)?.block ?? -1) + 1,
    restarts: before?.restarts ?? 0,
  };
  const watch = watchOf(plan, done, parts.signal, parts.onProgress);
  const stealBefore = stealNow();
  const restarts = await runRestarts(plan, parts, collected, watch, done, isPinned);
  const stealAfter = stealNow();
  const stolen = stealBefore === undefined || stealAfter === undefined
    ? null
    : (stealAfter.stolen - stealBefore.stolen) / Math.max(1, stealAfter.all - stealBefore.all);
  const run: Run = { ...unfinished, endedBy: watch.endedBy() ?? "interrupted", stolen };
  await writeJson(folder, "run.json", run);
  return { plan, run, samples: collected.samples, histograms, restarts };
}

/** Restart after restart, until it is enough; returns how many there were. */
async function runRestarts(
  plan: Plan,
  { arms, folder }: RunParts,
  collected: Collected,
  watch: Watch,
  done: { readonly blocks: number; readonly restarts: number },
  isPinned: boolean,
): Promise<number> {
  const sink = await startModule<{ port: number }>("./sink.ts", [], isPinned ? 1 : undefined);
  const orders = blocksOf(plan);
  // A run that is resumed goes on in the order that was planned.
  for (let block = 0; block < done.blocks; block++) orders.next();
  const random = seededRandom(plan.seed + 1000 + done.restarts);
  let restart = done.restarts;
  try {
    if (isPinned) await pin(Deno.pid, 1);
    for (; watch.endedBy() === undefined; restart++) {
      const loaded = await startArms(plan, arms, sink, isPinned);
      try {
        const sinkUrl = `http://127.0.0.1:${sink.ready.port}`;
        const rig: Rig = { plan, arms: loaded, sinkUrl, random };
        await runRestart(rig, restart, orders, collected, watch);
      } finally {
        await stopArms(loaded);
      }
      await writeHistograms(folder, restart + 1, collected.histograms);
    }
    return restart;
  } finally {
    await sink.stop();
  }
}

async function startArms(
  plan: Plan,
  arms: readonly Arm[],
  sink: Child<{ port: number }>,
  isPinned: boolean,
): Promise<Map<string, LoadedArm>> {
  const k6 = driversOf(plan).includes("k6") ? await k6Program() : "";
  const start = (driver: Sample["driver"], url: string): Promise<Driver> =>
    driver === "autocannon"
      ? autocannonDriver(url, plan.connections)
      : k6Driver(k6, url, plan.connections, isPinned ? 1 : undefined);
  const loaded = new Map<string, LoadedArm>();
  const results = await Promise.allSettled(plan.arms.map(async (name, index) => {
    const arm = arms.find((one) => one.name === name)!;
    const url = `http://127.0.0.1:${sink.ready.port}/${index}`;
    const process = await startArm(arm, url, isPinned ? 0 : undefined);
    const drivers: Partial<Record<Sample["driver"], Driver>> = {};
    try {
      for (const driver of driversOf(plan)) {
        drivers[driver] = await start(driver, `${process.origin}${plan.path}`);
      }
      loaded.set(name, { process, drivers });
    } catch (error) {
      await Promise.all(Object.values(drivers).map((driver) => driver.close()));
      await process.stop();
      throw error;
    }
  }));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await stopArms(loaded);
    throw failed.reason;
  }
  return loaded;
}

async function stopArms(loaded: ReadonlyMap<string, LoadedArm>): Promise<void> {
  await Promise.all(Array.from(loaded.values(), async ({ process, drivers }) => {
    await Promise.all(Object.values(drivers).map((driver) => driver.close()));
    await process.stop();
  }));
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
  await warmUp(rig, watch);
  const keep = (sample: Sample) => {
    samples.push(sample);
    write(sample);
  };
  for (let own = 0; own < plan.blocksPerRestart && watch.endedBy() === undefined; own++) {
    const block = (samples.at(-1)?.block ?? -1) + 1;
    const before = samples.length;
    const order: string[] = orders.next().value!;
    if (plan.design !== "duet") {
      for (const arm of order) {
        const histogram = histograms.get(arm)!;
        const onLatency = (us: number) => histogram.recordValue(Math.min(us, 60_000_000));
        const drivers = driversOf(plan);
        for (const driver of drivers.length > 1 ? shuffled(drivers, rig.random) : drivers) {
          const place = { block, restart, design: "slots", driver, pair: null } as const;
          const isReported = driver === drivers[0];
          keep(await measureSlot(rig, place, arm, loadOf(rig), isReported ? onLatency : () => {}));
        }
      }
    }
    if (plan.design !== "slots") {
      for (const arm of order.filter((one) => one !== plan.arms[0])) {
        for (const sample of await measureDuet(rig, { block, restart }, arm)) keep(sample);
      }
    }
    watch.block(samples.slice(before).reduce((sum, { requests }) => sum + requests, 0));
  }
  watch.restart(plan.halfWidthUs === null ? undefined : widest(plan, samples, histograms));
}

/** The widest half of an interval among the arms. */
function widest(
  plan: Plan,
  samples: readonly Sample[],
  histograms: Histograms,
): number | undefined {
  try {
    const { arms } = compare(plan, undefined, samples, histograms);
    return Math.max(
      ...arms.map(({ againstFirstUs }) =>
        againstFirstUs === null ? 0 : (againstFirstUs.high - againstFirstUs.low) / 2
      ),
    );
  } catch (error) {
    if (error instanceof TooFewBlocks) return undefined;
    throw error;
  }
}

/** Loads every arm in rounds, in a closed loop, until each is steady or the rounds are used up. */
async function warmUp(rig: Rig, watch: Watch): Promise<void> {
  const { plan } = rig;
  const rounds = new Map(plan.arms.map((arm) => [arm, [] as number[]]));
  const [driver] = driversOf(plan);
  const place = { block: 0, restart: 0, design: "slots", driver, pair: null } as const;
  const load = { mode: "closed", durationMs: plan.slotMs } as const;
  for (let round = 0; round < plan.warmUpRounds && watch.endedBy() === undefined; round++) {
    if (Array.from(rounds.values()).every((own) => isSteady(own))) return;
    for (const arm of plan.arms) {
      const { cpuUs, requests } = await measureSlot(rig, place, arm, load, () => {});
      rounds.get(arm)!.push(cpuUs / Math.max(1, requests));
    }
  }
}

function environmentOf(isPinned: boolean, commandLine: readonly string[]): Environment {
  const hasSchedstat = schedstatCpuUs(Deno.pid) !== undefined;
  return {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: Deno.build.os,
    arch: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    isPinned,
    cpuSource: hasSchedstat ? "/proc/PID/task/*/schedstat" : "the server's cpuUsage()",
    startedAt: new Date().toISOString(),
    commandLine: [...commandLine],
  };
}
