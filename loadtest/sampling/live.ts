import { writeReport } from "../report/report.ts";
import { compare } from "../report/compare.ts";
import { writeJson } from "../collect/folder.ts";
import type { Comparison, Plan, Sample } from "../model/model.ts";
import { PRESETS } from "../plan/plan.ts";
import { runPlan } from "../run.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { restartEffect } from "../statistics/restarts.ts";
import { overSeeds } from "./aggregate.ts";
import { calibrate } from "./calibrate.ts";
import { raritiesOf } from "./capture.ts";
import { TRACE_FAMILIES } from "./families.ts";
import { ALWAYS_ON, liveArms, OFF, OFF_AGAIN } from "./live_arms.ts";
import { captureLive } from "./live_capture.ts";
import { Pool } from "./pool.ts";
import type { SourceSpec } from "./source.ts";
import type { StrategySpec } from "./strategy.ts";

/** What a live run is told. */
export interface LiveOptions {
  readonly preset: "smoke" | "standard";
  readonly budget: number;
  readonly folder: string;
  readonly commandLine: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** What was predicted of a figure, what was measured, and whether they agree. */
export interface Checked {
  readonly predicted: Interval;
  readonly measured: Interval;
  readonly agrees: boolean;
}

/** A strategy under load. */
export interface LiveResult {
  readonly strategy: string;
  readonly spansPerRequest: Checked;
  readonly bytesPerRequest: Checked;
  /** What it costs beyond recording nothing; measured. */
  readonly cpuUsPerRequest: Interval;
  readonly rssMiB: number;
}

/** live.json. */
export interface LiveResults {
  readonly version: 1;
  readonly budget: number;
  readonly requests: number;
  readonly ratePerS: number;
  readonly isWhole: boolean;
  readonly isTrustworthy: boolean;
  readonly reasons: readonly string[];
  readonly strategies: readonly LiveResult[];
}

interface LivePreset {
  readonly captureSeconds: number;
  readonly families: readonly string[];
  readonly seeds: readonly number[];
  readonly plan: Partial<Plan>;
}

/** Strategies whose decisions fall in each process: those that an arm can have. */
const LIVE_FAMILIES = TRACE_FAMILIES.map(({ name }) => name)
  .filter((name) => !["parent threshold", "tail: errors, each service"].includes(name));

const LIVE_PRESETS: Readonly<Record<LiveOptions["preset"], LivePreset>> = {
  smoke: {
    captureSeconds: 3,
    families: ["probability", "tail: errors"],
    seeds: [1, 2, 3, 4],
    plan: {
      slotMs: 500,
      warmUpRounds: 1,
      minBlocks: 6,
      blocksPerRestart: 2,
      maxSeconds: 40,
      ratePerS: 500,
    },
  },
  standard: {
    captureSeconds: 15,
    families: LIVE_FAMILIES,
    seeds: [1, 2, 3, 4, 5],
    plan: {
      // Long beside what its slowest request takes, which comes on top.
      slotMs: 2000,
      warmUpRounds: 6,
      minBlocks: 12,
      blocksPerRestart: 4,
      maxSeconds: 420,
      ratePerS: 800,
    },
  },
};

/** A replay is cheap: it predicts from so many times as many requests as are measured. */
const REPLAYED = 6;
/** A difference of less is none: both are rounded by batches, and the shop's own draws differ. */
const CLOSE = 0.03;

function planOf(arms: readonly string[], { plan }: LivePreset): Plan {
  return {
    version: 5,
    preset: "smoke",
    ...PRESETS.smoke,
    seed: 1,
    arms: [...arms],
    armsFile: null,
    target: null,
    order: "random",
    path: "/",
    load: "open",
    ratePerS: 1500,
    connections: 32,
    driver: "autocannon",
    design: "slots",
    curve: [],
    minRequests: 1,
    halfWidthUs: null,
    deltaUs: 2,
    ...plan,
  };
}

/**
 * Runs strategies as arms of the load test, against the shop under load, and holds what the sink
 * received against what a replay of the same traffic predicts.
 */
export async function runLive(options: LiveOptions): Promise<LiveResults | undefined> {
  const { budget, folder, signal, onProgress } = options;
  const preset = LIVE_PRESETS[options.preset];
  const draft = planOf([OFF, OFF_AGAIN], preset);
  onProgress("capturing the shop's traces, all of them");
  const path = `${folder}/capture.binpb`;
  await captureLive({ ...draft, path, seconds: preset.captureSeconds });
  const slots = {
    ratePerS: draft.ratePerS,
    slotMs: draft.slotMs,
    // With the three that have no budget.
    arms: preset.families.length + 3,
    slots: draft.minBlocks * REPLAYED,
  };
  const source: SourceSpec = { kind: "capture", path, rarities: await raritiesOf(path), slots };
  const perArm = Math.ceil(draft.ratePerS * draft.slotMs / 1000 * slots.slots);
  onProgress("setting strategies to their budget");
  const pool = new Pool(signal);
  const wanted = preset.families.map((family) => ({ family, budget }));
  const calibrated = await calibrate(pool, source, perArm, wanted, "bytes", "services");
  if (calibrated === undefined) return undefined;
  const { known } = calibrated;
  const specs = [ALWAYS_ON, ...calibrated.specs];
  onProgress("predicting what the sink will receive");
  const jobs = preset.seeds.map((seed) => ({
    source,
    seed,
    traces: perArm,
    specs,
    known,
    topology: "services" as const,
  }));
  const scores = await pool.run(jobs);
  if (scores.some((one) => one === undefined)) return undefined;
  const plan = planOf([OFF, OFF_AGAIN, ...specs.map(({ name }) => name)], preset);
  const results = await runPlan(plan, {
    arms: liveArms(specs, known),
    folder,
    commandLine: options.commandLine,
    signal,
    onProgress: ({ requests, blocks, secondsLeft }) =>
      onProgress(
        `${requests.toLocaleString("en")} requests, ${blocks} blocks, about ${
          secondsLeft.toFixed(0)
        } s left`,
      ),
  });
  const comparison = compare(plan, results.run, results.samples, results.latencies);
  await writeJson(folder, "comparison.json", comparison);
  await writeReport(folder, comparison, results, {});
  const strategies = specs.map((spec, index) =>
    resultOf(spec, scores.map((one) => one![index]), results.samples, comparison)
  );
  return {
    version: 1,
    budget,
    requests: results.samples.reduce((sum, { requests }) => sum + requests, 0),
    ratePerS: plan.ratePerS,
    isWhole: !signal.aborted,
    isTrustworthy: comparison.isTrustworthy,
    reasons: comparison.reasons,
    strategies,
  };
}

interface Predicted {
  readonly spansPerTrace: number;
  readonly bytesPerTrace: number;
}

function resultOf(
  { name }: StrategySpec,
  predicted: readonly Predicted[],
  samples: readonly Sample[],
  { arms }: Comparison,
): LiveResult {
  const own = samples.filter(({ arm, requests }) => arm === name && requests > 0);
  const measured = (take: (one: Sample) => number): Interval => {
    const restarts = Map.groupBy(own, ({ restart }) => restart);
    const { estimate, low, high } = restartEffect(
      [...restarts.values()].map((all) => all.map((one) => take(one) / one.requests)),
    );
    return { estimate, low, high };
  };
  const arm = arms.find((one) => one.arm === name)!;
  return {
    strategy: name,
    spansPerRequest: checked(
      overSeeds(predicted.map(({ spansPerTrace }) => spansPerTrace)),
      measured((one) => one.exportedSpans),
    ),
    bytesPerRequest: checked(
      overSeeds(predicted.map(({ bytesPerTrace }) => bytesPerTrace)),
      measured((one) => one.exportedBytes),
    ),
    cpuUsPerRequest: arm.againstFirstUs!,
    rssMiB: arm.rssMiB,
  };
}

/** Of many intervals of 95 % some miss by chance; those of 99.7 % are half as wide again. */
const WIDER = 1.5;

/** They agree when the difference is within chance, by both intervals, or small. */
export function checked(predicted: Interval, measured: Interval): Checked {
  const difference = measured.estimate - predicted.estimate;
  const half = WIDER * Math.hypot(
    (predicted.high - predicted.low) / 2,
    (measured.high - measured.low) / 2,
  );
  const agrees = Math.abs(difference) <= Math.max(half, CLOSE * predicted.estimate);
  return { predicted, measured, agrees };
}
