import { resolve } from "@std/path";
import type { Arm } from "./arms/arm.ts";
import { startArm } from "./arms/start.ts";
import {
  type Child,
  fillCore,
  hasTaskset,
  pin,
  preferOurselves,
  startModule,
} from "./collect/child.ts";
import { type Results, writeJson } from "./collect/folder.ts";
import { keyOf, Latencies, type LatencyLine } from "./collect/latency.ts";
import { stealNow } from "./collect/schedstat.ts";
import type { Driver } from "./drive/driver.ts";
import { openDriver } from "./drive/drivers.ts";
import { environmentOf } from "./environment.ts";
import { k6Program } from "./k6/binary.ts";
import {
  type LoadedArm,
  measureDuet,
  measureSlot,
  NO_RECORDER,
  type Place,
  type Recorder,
  type Rig,
} from "./measure.ts";
import { type DriverName, driversOf, type Plan, type Run, type Sample } from "./model/model.ts";
import { blocksOf, pairsOf } from "./plan/plan.ts";
import { compare, TooFewBlocks } from "./report/compare.ts";
import { seededRandom, shuffled } from "./statistics/random.ts";
import { warmUp } from "./warm_up.ts";
import { type Progress, type Watch, watchOf } from "./watch.ts";

/** What is collected as it comes. */
interface Collected {
  readonly samples: Sample[];
  readonly latencies: Latencies;
  /** Rounds until every arm was steady, a restart each. */
  readonly warmUps: (number | null)[];
  readonly keep: (samples: Sample | readonly Sample[]) => void;
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
 * driven block by block. Each sample is written as it comes, latencies after each restart. An
 * abort ends it after the block that runs.
 */
export async function runPlan(plan: Plan, parts: RunParts): Promise<Results> {
  const { folder, before } = parts;
  // Whoever has no k6 is told before anything is started.
  if (driversOf(plan).includes("k6")) await k6Program();
  const isPinned = await hasTaskset();
  using preference = preferOurselves();
  const environment = before?.run.environment ??
    await environmentOf(isPinned, preference.isPreferred, parts.commandLine);
  const descriptions = Object.fromEntries(
    parts.arms.map(({ name, description }) => [name, description]),
  );
  const kept = before?.samples.filter(({ restart }) => restart < before.restarts) ?? [];
  const warmUps = [...before?.run.warmUps ?? []];
  const lines: LatencyLine[] = [...before?.latencies ?? []];
  const unfinished: Run = {
    environment,
    endedBy: "not ended",
    stolen: null,
    warmUps,
    descriptions,
  };
  await writeJson(folder, "plan.json", plan);
  await writeJson(folder, "run.json", unfinished);
  using samplesFile = await lineFile(folder, "samples.ndjson", kept);
  using latenciesFile = await lineFile(folder, "latencies.ndjson", lines);
  const samples = [...kept];
  const collected: Collected = {
    samples,
    warmUps,
    latencies: new Latencies(),
    keep(more) {
      for (const sample of [more].flat()) {
        samples.push(sample);
        samplesFile.write(sample);
      }
    },
  };
  const done = {
    requests: kept.reduce((sum, { requests }) => sum + requests, 0),
    blocks: new Set(kept.map(({ block }) => block)).size,
    orders: new Set(kept.filter(({ design }) => design !== "curve").map(({ block }) => block)).size,
    restarts: before?.restarts ?? 0,
  };
  const watch = watchOf(plan, done, parts.signal, parts.onProgress);
  const stealBefore = stealNow();
  // Only where others are kept away in any case.
  await using _filler = isPinned && preference.isPreferred ? fillCore(0) : undefined;
  await runRestarts(plan, parts, collected, watch, done, isPinned, async (restart) => {
    const line = collected.latencies.take(restart);
    lines.push(line);
    latenciesFile.write(line);
    await writeJson(folder, "run.json", unfinished);
  });
  const stealAfter = stealNow();
  const stolen = stealBefore === undefined || stealAfter === undefined
    ? null
    : (stealAfter.stolen - stealBefore.stolen) / Math.max(1, stealAfter.all - stealBefore.all);
  const run: Run = { ...unfinished, endedBy: watch.endedBy() ?? "interrupted", stolen };
  await writeJson(folder, "run.json", run);
  return { plan, run, samples, latencies: lines, restarts: lines.length };
}

/** A file of lines of JSON that begins with these and is then written to line by line. */
async function lineFile(folder: string, name: string, first: readonly unknown[]) {
  const path = resolve(folder, name);
  await Deno.writeTextFile(path, first.map((one) => JSON.stringify(one) + "\n").join(""));
  const file = await Deno.open(path, { append: true });
  const encoder = new TextEncoder();
  return {
    write: (value: unknown) => void file.writeSync(encoder.encode(JSON.stringify(value) + "\n")),
    [Symbol.dispose]: () => file.close(),
  };
}

/** Restart after restart, until it is enough. */
async function runRestarts(
  plan: Plan,
  { arms }: RunParts,
  collected: Collected,
  watch: Watch,
  done: { readonly orders: number; readonly restarts: number },
  isPinned: boolean,
  onRestart: (restart: number) => Promise<void>,
): Promise<void> {
  const sink = await startModule<{ port: number }>("./sink.ts", [], isPinned ? 1 : undefined);
  const orders = blocksOf(plan);
  // A run that is resumed goes on in the order that was planned.
  // Two blocks belong together: one that is alone has lost its other.
  for (let block = 0; block < done.orders + done.orders % 2; block++) orders.next();
  const random = seededRandom(plan.seed + 1000 + done.restarts);
  try {
    if (isPinned) await pin(Deno.pid, 1);
    for (let restart = done.restarts; watch.endedBy() === undefined; restart++) {
      const loaded = await startArms(plan, arms, sink, isPinned);
      try {
        const at = { url: `http://127.0.0.1:${sink.ready.port}`, pid: sink.pid };
        await runRestart(
          { plan, arms: loaded, sink: at, random },
          restart,
          orders,
          collected,
          watch,
        );
      } finally {
        await stopArms(loaded);
      }
      await onRestart(restart);
    }
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
  const loaded = new Map<string, LoadedArm>();
  const results = await Promise.allSettled(plan.arms.map(async (name, index) => {
    const arm = arms.find((one) => one.name === name)!;
    const url = `http://127.0.0.1:${sink.ready.port}/${index}`;
    const core = isPinned ? 0 : undefined;
    const process = await startArm(arm, url, core, plan.target, plan.v8Flags);
    const drivers: Partial<Record<DriverName, Driver>> = {};
    try {
      for (const driver of driversOf(plan)) {
        const at = `${process.origin}${plan.path}`;
        drivers[driver] = await openDriver(driver, at, plan.connections, isPinned ? 1 : undefined);
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

/** Warms up processes that were just started, and measures their blocks and their curve. */
async function runRestart(
  rig: Rig,
  restart: number,
  orders: Iterator<string[]>,
  collected: Collected,
  watch: Watch,
): Promise<void> {
  const { plan } = rig;
  const { samples, keep } = collected;
  collected.warmUps.push(await warmUp(rig, watch));
  const nextBlock = () => (samples.at(-1)?.block ?? -1) + 1;
  for (let own = 0; own < plan.blocksPerRestart && watch.endedBy() === undefined; own++) {
    const block = nextBlock();
    const before = samples.length;
    const order: string[] = orders.next().value!;
    if (plan.design !== "duet") {
      const ratePerS = plan.load === "closed" ? null : plan.ratePerS;
      const drivers = driversOf(plan);
      for (const arm of order) {
        for (const driver of drivers.length > 1 ? shuffled(drivers, rig.random) : drivers) {
          const place: Place = { block, restart, design: "slots", driver, pair: null, ratePerS };
          const isReported = driver === drivers[0];
          const recorder = isReported ? recorderOf(collected, arm) : NO_RECORDER;
          keep(await measureSlot(rig, place, arm, recorder));
        }
      }
    }
    if (plan.design !== "slots") {
      for (const pair of pairsOf(order, own)) {
        keep(await measureDuet(rig, { block, restart }, pair));
      }
    }
    watch.block(samples.slice(before).reduce((sum, { requests }) => sum + requests, 0));
  }
  await runCurve(rig, restart, collected, watch, nextBlock);
  watch.restart(plan.halfWidthUs === null ? undefined : widest(plan, samples));
}

function recorderOf({ latencies }: Collected, arm: string, ratePerS?: number | null): Recorder {
  const key = keyOf(arm, ratePerS === undefined ? "slots" : ratePerS);
  const loopKey = keyOf(arm, "loop");
  return {
    onLatencyUs: (us) => latencies.record(key, us),
    ...(ratePerS === undefined && { onLoopDelayUs: (us) => latencies.record(loopKey, us) }),
  };
}

/** Every arm under each of the other loads: loads and arms in an order by chance. */
async function runCurve(
  rig: Rig,
  restart: number,
  collected: Collected,
  watch: Watch,
  nextBlock: () => number,
): Promise<void> {
  const { plan, random } = rig;
  for (let round = 0; round < plan.curveRounds; round++) {
    for (const rate of shuffled(plan.curve, random)) {
      if (watch.endedBy() !== undefined) return;
      const ratePerS = rate === "saturated" ? null : rate;
      const block = nextBlock();
      const [driver] = driversOf(plan);
      const place: Place = { block, restart, design: "curve", driver, pair: null, ratePerS };
      let requests = 0;
      for (const arm of shuffled(plan.arms, random)) {
        const sample = await measureSlot(rig, place, arm, recorderOf(collected, arm, ratePerS));
        requests += sample.requests;
        collected.keep(sample);
      }
      watch.block(requests);
    }
  }
}

/** The widest half of an interval among the arms. */
function widest(plan: Plan, samples: readonly Sample[]): number | undefined {
  try {
    const { arms } = compare(plan, undefined, samples, []);
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
