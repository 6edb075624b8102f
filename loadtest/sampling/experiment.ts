import { resultOf, type StrategyResult, type Unsaid } from "./aggregate.ts";
import { calibrate, type EqualBy, type Wanted } from "./calibrate.ts";
import { raritiesOf } from "./capture.ts";
import { sentenceOf } from "./choice.ts";
import { TRACE_FAMILIES } from "./families.ts";
import { CONTENDERS, FIXED } from "./families_lines.ts";
import { Pool } from "./pool.ts";
import type { Job } from "./replay.ts";
import type { Score } from "./score.ts";
import type { SourceSpec } from "./source.ts";
import { strategyFrom } from "./specs.ts";
import type { Strategy, StrategySpec } from "./strategy.ts";
import type { World } from "./world.ts";

/** What is to be replayed. */
export interface Experiment {
  readonly world: World;
  /** A file of the Collector's file exporter in place of the world; undefined for the world. */
  readonly capture: string | undefined;
  /** Of each seed. */
  readonly traces: number;
  readonly seeds: readonly number[];
  /** Parts of what "always on" takes. */
  readonly budgets: readonly number[];
  readonly equalBy: EqualBy;
  /** Strategies of the user's, and the module that they are in. */
  readonly more: readonly Strategy[];
  readonly moreUrl: string | undefined;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** What came out: sampling.json. */
export interface SamplingResults {
  readonly version: 2;
  /** Traces that went through every strategy: all seeds together. */
  readonly traces: number;
  readonly seeds: readonly number[];
  readonly world: World | undefined;
  readonly capture: string | undefined;
  readonly equalBy: EqualBy;
  readonly isWhole: boolean;
  readonly seconds: number;
  /** The most resident memory of the process. */
  readonly peakRssBytes: number;
  /** Resident memory against how many traces had gone through by then. */
  readonly memory: readonly { readonly traces: number; readonly rssBytes: number }[];
  readonly strategies: readonly StrategyResult[];
}

/** Where the traces of an experiment come from. */
export async function sourceOf(
  { world, capture }: Pick<Experiment, "world" | "capture">,
): Promise<SourceSpec> {
  return capture === undefined
    ? { kind: "world", world }
    : { kind: "capture", path: capture, rarities: await raritiesOf(capture) };
}

function wantedOf(budgets: readonly number[]): Wanted[] {
  const sorted = budgets.toSorted((a, b) => a - b);
  const most = sorted.at(-1)!;
  return [
    ...sorted.flatMap((budget) => TRACE_FAMILIES.map(({ name }) => ({ family: name, budget }))),
    // Lines have no spans: whatever the others are equal in, these are in bytes.
    ...CONTENDERS.map(({ name }): Wanted => ({
      family: name,
      budget: most,
      name,
      equalBy: "bytes",
    })),
  ];
}

/** Replays the stream of each seed through every strategy; an abort ends it with what there is. */
export async function runSampling(experiment: Experiment): Promise<SamplingResults> {
  const { seeds, traces, budgets, equalBy, signal, onProgress } = experiment;
  const startMs = performance.now();
  const pool = new Pool(signal, experiment.workers);
  const source = await sourceOf(experiment);
  onProgress("setting every strategy to its budget");
  const calibrated = await calibrate(pool, source, traces, wantedOf(budgets), equalBy);
  const specs: StrategySpec[] = calibrated === undefined ? [] : [
    ...FIXED.map(({ name }): StrategySpec => ({ name, kind: "fixed" })),
    ...calibrated.specs,
    ...experiment.more.map(({ name }): StrategySpec => ({
      name,
      kind: "user",
      url: experiment.moreUrl!,
    })),
  ];
  const jobs = calibrated === undefined ? [] : seeds.map((seed): Job => ({
    source,
    seed,
    traces,
    specs,
    known: calibrated.known,
  }));
  const watch = new Watch(specs.length, traces * seeds.length, onProgress);
  const scores = (await pool.run(jobs, (_, more) => watch.more(more)))
    .filter((one) => one !== undefined);
  return {
    version: 2,
    traces: scores.reduce((sum, [first]) => sum + first.traces, 0),
    seeds,
    world: experiment.capture === undefined ? experiment.world : undefined,
    capture: experiment.capture,
    equalBy,
    isWhole: scores.length === seeds.length,
    seconds: (performance.now() - startMs) / 1000,
    peakRssBytes: watch.peakRssBytes,
    memory: watch.memory,
    strategies: scores.length === 0 ? [] : await resultsOf(specs, calibrated!.known, scores),
  };
}

async function resultsOf(
  specs: readonly StrategySpec[],
  known: Parameters<typeof strategyFrom>[1],
  scores: readonly (readonly Score[])[],
): Promise<StrategyResult[]> {
  const results: Unsaid[] = [];
  for (const [index, spec] of specs.entries()) {
    const strategy = await strategyFrom(spec, known);
    results.push(resultOf(spec, strategy, scores.map((one) => one[index])));
  }
  return results.map((one) => ({ ...one, sentence: sentenceOf(one, results) }));
}

/** So often in a run its memory is noted. */
const MEMORY_POINTS = 20;

/** Tells how far it is, a few times a second at most, and how much memory it has. */
class Watch {
  peakRssBytes = 0;
  readonly memory: { traces: number; rssBytes: number }[] = [];
  readonly #strategies: number;
  readonly #all: number;
  readonly #tell: (text: string) => void;
  readonly #startMs = performance.now();
  #toldMs = 0;
  #done = 0;

  constructor(strategies: number, all: number, tell: (text: string) => void) {
    this.#strategies = strategies;
    this.#all = all;
    this.#tell = tell;
  }

  more(traces: number): void {
    this.#done += traces;
    const nowMs = performance.now();
    const isTwentieth = this.#done * MEMORY_POINTS >= this.#all * (this.memory.length + 1);
    if (nowMs - this.#toldMs < 250 && !isTwentieth) return;
    this.#toldMs = nowMs;
    const rssBytes = Deno.memoryUsage().rss;
    this.peakRssBytes = Math.max(this.peakRssBytes, rssBytes);
    if (isTwentieth) this.memory.push({ traces: this.#done, rssBytes });
    const left = (nowMs - this.#startMs) / 1000 * (this.#all / this.#done - 1);
    this.#tell(
      `${this.#done.toLocaleString("en")} of ${this.#all.toLocaleString("en")} traces through ` +
        `${this.#strategies} strategies, about ${left.toFixed(0)} s left`,
    );
  }
}
