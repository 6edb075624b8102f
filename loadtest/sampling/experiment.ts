import { resultOf, type StrategyResult } from "./aggregate.ts";
import { readCapture } from "./capture.ts";
import { sentenceOf } from "./choice.ts";
import { replay } from "./replay.ts";
import type { Score } from "./score.ts";
import {
  type Budget,
  equalByteStrategies,
  fixedStrategies,
  logStrategies,
  RULES_ALONE,
  strategiesOf,
  type Strategy,
} from "./strategy.ts";
import { tracesOf, type TrueTrace, type World } from "./world.ts";

/** What is to be replayed. */
export interface Experiment {
  readonly world: World;
  /** A file of OTLP in JSON lines in place of the world; undefined for the world. */
  readonly capture: string | undefined;
  readonly traces: number;
  readonly seeds: readonly number[];
  /** Parts of the traces that are to be kept. */
  readonly budgets: readonly number[];
  /** Strategies of the user's. */
  readonly more: readonly Strategy[];
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number, name: string) => void;
}

/** What came out: sampling.json. */
export interface SamplingResults {
  readonly version: 1;
  readonly traces: number;
  readonly seeds: readonly number[];
  readonly world: World;
  readonly capture: string | undefined;
  readonly isWhole: boolean;
  readonly seconds: number;
  readonly strategies: readonly StrategyResult[];
}

/** The most that a pilot looks at. */
const PILOT_TRACES = 20_000;
/** Bytes a trace at which logs, traces and both are held against each other. */
const EQUAL_BYTES_PART = 0.1;

/** The stream of a seed, from its beginning. */
export type Streams = (seed: number) => Iterator<TrueTrace>;

/** The streams of an experiment. */
export async function streamsOf(
  { world, capture }: Pick<Experiment, "world" | "capture">,
): Promise<Streams> {
  if (capture === undefined) return (seed) => tracesOf(world, seed);
  const traces = await readCapture(capture);
  return () => traces[Symbol.iterator]();
}

/** Learns of a stream what the budgets of strategies need: its rate, and what rules alone keep. */
export async function pilot(
  streams: Streams,
  seed: number,
  traces: number,
): Promise<Omit<Budget, "part"> & { readonly bytesPerTrace: number }> {
  const count = Math.min(PILOT_TRACES, traces);
  const stream = streams(seed);
  let first = 0;
  let last = 0;
  let seen = 0;
  for (; seen < count; seen++) {
    const { value, done } = stream.next();
    if (done === true) break;
    if (seen === 0) first = value.startMs;
    last = value.startMs;
  }
  const once = (strategy: Strategy) => replay(strategy, { traces: streams(seed), count, seed });
  const whole = await once(fixedStrategies()[0]);
  return {
    ratePerS: seen / Math.max(0.001, (last - first) / 1000),
    ruleParts: {
      errors: (await once(RULES_ALONE.errors)).tracesKept,
      all: (await once(RULES_ALONE.all)).tracesKept,
    },
    bytesPerTrace: whole.bytesPerTrace,
  };
}

/** What all of each signal takes, in bytes a trace. */
async function wholeBytes(streams: Streams, seed: number, traces: number) {
  const bytes = { logs: 0, traces: 0, both: 0 };
  for (const signals of ["logs", "traces", "both"] as const) {
    const strategy: Strategy = { name: signals, signals, configuration: "", make: () => ({}) };
    const count = Math.min(PILOT_TRACES, traces);
    const { bytesPerTrace } = await replay(strategy, { traces: streams(seed), count, seed });
    bytes[signals] = bytesPerTrace;
  }
  return bytes;
}

/** Replays the stream through every strategy, seed by seed; an abort ends it with what there is. */
export async function runSampling(experiment: Experiment): Promise<SamplingResults> {
  const { seeds, traces, budgets, signal } = experiment;
  const startMs = performance.now();
  const streams = await streamsOf(experiment);
  const known = await pilot(streams, seeds[0], traces);
  const whole = await wholeBytes(streams, seeds[0], traces);
  const strategies = [
    ...fixedStrategies(),
    ...budgets.flatMap((part) => strategiesOf({ ...known, part })),
    ...logStrategies(budgets[Math.floor(budgets.length / 2)]),
    ...equalByteStrategies(whole.traces * EQUAL_BYTES_PART, whole),
    ...experiment.more,
  ];
  const scores = new Map<string, Score[]>();
  let done = 0;
  for (const seed of seeds) {
    for (const strategy of strategies) {
      if (signal.aborted) break;
      experiment.onProgress(done++, seeds.length * strategies.length, strategy.name);
      const score = await replay(strategy, { traces: streams(seed), count: traces, seed, signal });
      // What was cut short is no longer the same stream as the others saw.
      if (signal.aborted) break;
      scores.set(strategy.name, [...scores.get(strategy.name) ?? [], score]);
    }
  }
  return {
    version: 1,
    traces,
    seeds,
    world: experiment.world,
    capture: experiment.capture,
    isWhole: !signal.aborted,
    seconds: (performance.now() - startMs) / 1000,
    strategies: strategies.filter(({ name }) => scores.has(name))
      .map((strategy) => resultOf(strategy, scores.get(strategy.name)!, sentenceOf)),
  };
}
