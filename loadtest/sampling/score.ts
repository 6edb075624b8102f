import {
  type Accuracy,
  AccuracySum,
  byValue,
  type Design,
  estimateCount,
  estimateErrorRate,
  type Kept,
  quantileOf,
} from "./estimate.ts";
import { type BurstScore, BurstSum } from "./burst.ts";
import { DelaySum } from "./delay.ts";
import type { Play } from "./tape.ts";
import { type OpenWindow, type Truth, worstOf } from "./truth.ts";

/** What arrived of one trace. */
export interface Arrived {
  /** How many traces it stands for; 0 when its root did not arrive, and it can't be counted by it. */
  readonly weight: number;
  readonly spans: number;
  readonly lines: number;
  /** True when something of a failure arrived. */
  readonly isErrorSeen: boolean;
  /** Services of which a failure arrived, each as often as it did; undefined for none. */
  readonly failures: readonly string[] | undefined;
}

/** What a strategy lets one see, and what it costs. */
export interface Score extends BurstScore {
  readonly strategy: string;
  readonly traces: number;
  /** The part of spans, and of traces, that was kept. */
  readonly spansKept: number;
  readonly tracesKept: number;
  /** Bytes of OTLP protobuf a trace, those that were not kept included. */
  readonly bytesPerTrace: number;
  readonly spansPerTrace: number;
  readonly linesPerTrace: number;
  /** The part of the failed traces of which the failure arrived. */
  readonly errorRecall: number;
  /** The same for traces of rare paths, by how likely the path is. */
  readonly rareRecall: Readonly<Record<string, number>>;
  /** The part of the different paths of which every operation was seen at least once. */
  readonly pathCoverage: number;
  /** The part of them that was seen as a tree: which call made which. Lines don't say. */
  readonly treeCoverage: number;
  /** The part of the kept traces of which every span, or a line for each, arrived. */
  readonly completeness: number;
  /** The part of the windows in which the service that fails most was found. */
  readonly faultyFound: number;
  readonly count: Accuracy;
  readonly errorRate: Accuracy;
  readonly p50: Accuracy;
  readonly p99: Accuracy;
  /** Microseconds of CPU a trace. */
  readonly cpuUsPerTrace: number;
  /** The most bytes that waited for a decision. */
  readonly peakWaitingBytes: number;
  /** Milliseconds from the end of a span, or from a line, until it was decided to keep it. */
  readonly delayMeanMs: number;
  readonly delayP99Ms: number;
}

/** What is measured beside what is seen. */
export type Costs = Pick<Score, "cpuUsPerTrace" | "peakWaitingBytes"> & { readonly bytes: number };

interface Tally {
  readonly kept: Kept[];
  /** Those whose root arrived, and with it how long they took. */
  readonly timed: Kept[];
  readonly failures: Map<string, number>;
}

/** Sums up what a strategy keeps, window by window, in constant memory. */
export class Scorer {
  readonly delay = new DelaySum();
  readonly #design: Design;
  readonly #burst = new BurstSum();
  readonly #windows = new Map<OpenWindow, Tally>();
  readonly #paths = new Set<string>();
  readonly #trees = new Set<string>();
  readonly #rare = new Map<number, number>();
  readonly #accuracy = {
    count: new AccuracySum(),
    errorRate: new AccuracySum(),
    p50: new AccuracySum(),
    p99: new AccuracySum(),
  };
  #traces = 0;
  #spans = 0;
  #lines = 0;
  #errors = 0;
  #complete = 0;
  #windowCount = 0;
  #faultyFound = 0;
  /** The largest weight so far: what is known of it when a window has none. */
  #weightMax = 1;

  constructor(design: Design = {}) {
    this.#design = design;
  }

  /** This is what arrived of a trace; undefined when nothing did. */
  settle(play: Play, arrived: Arrived | undefined): void {
    const { trace, window, phaseS } = play;
    const isSeen = arrived !== undefined && arrived.spans + arrived.lines > 0;
    this.#burst.add(phaseS, isSeen);
    if (!isSeen) return;
    const { weight, spans, lines, isErrorSeen, failures } = arrived;
    this.#traces++;
    this.#spans += spans;
    this.#lines += lines;
    if (trace.isError && isErrorSeen) this.#errors++;
    const { length } = trace.spans;
    if (Math.max(spans, lines) >= length) {
      this.#complete++;
      // A part of a path shows no path.
      this.#paths.add(trace.path);
      if (spans >= length) this.#trees.add(trace.path);
    }
    const { rarity } = trace;
    if (rarity !== undefined) this.#rare.set(rarity, (this.#rare.get(rarity) ?? 0) + 1);
    const tally = this.#tallyOf(window);
    const root = { weight, value: trace.durationMs, isError: isErrorSeen };
    if (weight > 0) tally.timed.push(root);
    // Where something arrives of every failure each stands for itself, whatever its root stands for.
    const isCertain = this.#design.isEveryErrorKept === true && isErrorSeen;
    if (isCertain) tally.kept.push({ ...root, weight: 1 });
    else if (weight > 0) tally.kept.push(root);
    // A failure that is seen without a root to weigh it by stands for itself.
    for (const service of failures ?? []) {
      const own = (tally.failures.get(service) ?? 0) + Math.max(1, weight);
      tally.failures.set(service, own);
    }
  }

  #tallyOf(window: OpenWindow): Tally {
    let tally = this.#windows.get(window);
    if (tally === undefined) {
      tally = { kept: [], timed: [], failures: new Map() };
      this.#windows.set(window, tally);
    }
    return tally;
  }

  /** Makes the estimates of a window: nothing arrives of it any more. */
  close(window: OpenWindow): void {
    const { kept, timed, failures } = this.#tallyOf(window);
    this.#windows.delete(window);
    const truth = window.sealed!;
    for (const { weight } of kept) this.#weightMax = Math.max(this.#weightMax, weight);
    const design = { ...this.#design, weightMax: this.#weightMax };
    const { count, errorRate, p50, p99 } = this.#accuracy;
    count.add(estimateCount(kept, design), truth.count);
    errorRate.add(estimateErrorRate(kept, design), truth.errorRate);
    const sorted = byValue(timed);
    p50.add(quantileOf(sorted, 0.5), truth.p50Ms);
    p99.add(quantileOf(sorted, 0.99), truth.p99Ms);
    if (truth.worstService === undefined) return;
    this.#windowCount++;
    if (worstOf(failures) === truth.worstService) this.#faultyFound++;
  }

  /** What it comes to. */
  score(strategy: string, truth: Truth, { bytes, ...costs }: Costs): Score {
    const { count, errorRate, p50, p99 } = this.#accuracy;
    return {
      strategy,
      traces: truth.traces,
      spansKept: partOf(this.#spans, truth.spans),
      tracesKept: partOf(this.#traces, truth.traces),
      bytesPerTrace: partOf(bytes, truth.traces),
      spansPerTrace: partOf(this.#spans, truth.traces),
      linesPerTrace: partOf(this.#lines, truth.traces),
      errorRecall: partOf(this.#errors, truth.errors),
      rareRecall: Object.fromEntries(
        [...truth.rare].toSorted((a, b) => b[0] - a[0])
          .map(([rarity, all]) => [String(rarity), partOf(this.#rare.get(rarity) ?? 0, all)]),
      ),
      pathCoverage: partOf(this.#paths.size, truth.paths.size),
      treeCoverage: partOf(this.#trees.size, truth.paths.size),
      completeness: partOf(this.#complete, this.#traces),
      faultyFound: partOf(this.#faultyFound, this.#windowCount),
      count: count.accuracy,
      errorRate: errorRate.accuracy,
      p50: p50.accuracy,
      p99: p99.accuracy,
      ...costs,
      ...this.delay.score,
      ...this.#burst.score,
    };
  }
}

function partOf(some: number, all: number): number {
  return all === 0 ? Number.NaN : some / all;
}
