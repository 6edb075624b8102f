import {
  type Accuracy,
  AccuracySum,
  estimateCount,
  estimateErrorRate,
  estimateQuantile,
  type Kept,
} from "./estimate.ts";
import type { TrueTrace } from "./world.ts";
import { FAULTY_SERVICE } from "./world.ts";

/** Traces for which estimates are made at a time. */
export interface Window {
  readonly truth: Kept[];
  readonly kept: Kept[];
  /** What failed in each service, as far as it was kept. */
  readonly failures: Map<string, number>;
}

/** What was kept of one trace. */
export interface KeptTrace {
  readonly trace: TrueTrace;
  /** What {@linkcode Scorer.truth} gave for it. */
  readonly window: Window;
  /** How many traces it stands for. */
  readonly weight: number;
  /** Spans and lines that arrived. */
  readonly spans: number;
  readonly lines: number;
  /** Lines of errors among them. */
  readonly errorLines: number;
}

/** What a strategy lets one see, and what it costs. */
export interface Score {
  readonly strategy: string;
  readonly traces: number;
  /** The part of spans, and of traces, that was kept. */
  readonly spansKept: number;
  readonly tracesKept: number;
  /** Bytes of OTLP protobuf a trace, those that were not kept included. */
  readonly bytesPerTrace: number;
  readonly linesPerTrace: number;
  /** The part of the failed traces of which anything arrived. */
  readonly errorRecall: number;
  /** The same for traces of rare paths, by how likely the path is. */
  readonly rareRecall: Readonly<Record<string, number>>;
  /** The part of the different paths that were seen at least once. */
  readonly pathCoverage: number;
  /** The part of the kept traces of which every span, or a line for each, arrived. */
  readonly completeness: number;
  /** The part of the windows in which the service that fails most was found. */
  readonly faultyFound: number;
  readonly count: Accuracy;
  readonly errorRate: Accuracy;
  readonly p50: Accuracy;
  readonly p99: Accuracy;
  /** Microseconds a trace beyond making it. */
  readonly cpuUsPerTrace: number;
  /** The most bytes that waited for a decision or for delivery. */
  readonly peakQueuedBytes: number;
  /** The most spans that were kept in one second, over the mean: how a burst gets through. */
  readonly burstPeak: number;
  /** Seconds after a burst until no more than the mean and a half is kept; 0: never was. */
  readonly recoverySeconds: number;
}

/** Estimates are made for so many traces at a time, and held against their truth. */
export const WINDOW_TRACES = 10_000;

/** Sums up what a strategy keeps, window by window, in constant memory. */
export class Scorer {
  #traces = 0;
  #spans = 0;
  #errors = 0;
  #keptTraces = 0;
  #keptSpans = 0;
  #keptLines = 0;
  #keptErrors = 0;
  #complete = 0;
  readonly #paths = new Set<string>();
  readonly #keptPaths = new Set<string>();
  readonly #rare = new Map<number, { all: number; kept: number }>();
  readonly #accuracy = {
    count: new AccuracySum(),
    errorRate: new AccuracySum(),
    p50: new AccuracySum(),
    p99: new AccuracySum(),
  };
  #window: Window = emptyWindow();
  /** One that is full, and of which something may still arrive. */
  #full: Window | undefined;
  #windows = 0;
  #faultyFound = 0;
  readonly #perSecond: number[] = [];

  /** A trace has begun: this is how it truly is. Gives the window that it is in. */
  truth(trace: TrueTrace): Window {
    if (this.#window.truth.length === WINDOW_TRACES) {
      this.#close();
      this.#full = this.#window;
      this.#window = emptyWindow();
    }
    this.#traces++;
    this.#spans += trace.spans.length;
    if (trace.isError) this.#errors++;
    this.#paths.add(trace.path);
    if (trace.rarity !== undefined) this.#rareOf(trace.rarity).all++;
    this.#window.truth.push({ weight: 1, value: trace.durationMs, isError: trace.isError });
    return this.#window;
  }

  /** And this is what arrived of it. */
  kept({ trace, window, weight, spans, lines, errorLines }: KeptTrace): void {
    if (spans + lines === 0) return;
    this.#keptTraces++;
    this.#keptSpans += spans;
    this.#keptLines += lines;
    const isErrorSeen = trace.isError && (spans > 0 || errorLines > 0);
    if (isErrorSeen) this.#keptErrors++;
    if (Math.max(spans, lines) >= trace.spans.length) {
      this.#complete++;
      // A part of a path shows no path.
      this.#keptPaths.add(trace.path);
    }
    if (trace.rarity !== undefined) this.#rareOf(trace.rarity).kept++;
    window.kept.push({ weight, value: trace.durationMs, isError: isErrorSeen });
    if (isErrorSeen) {
      for (const { service, isError } of trace.spans.slice(1)) {
        if (!isError) continue;
        const { failures } = window;
        failures.set(service, (failures.get(service) ?? 0) + weight);
      }
    }
    const second = Math.floor(trace.startMs / 1000);
    this.#perSecond[second] = (this.#perSecond[second] ?? 0) + Math.max(spans, lines);
  }

  #rareOf(rarity: number): { all: number; kept: number } {
    let counts = this.#rare.get(rarity);
    if (counts === undefined) this.#rare.set(rarity, counts = { all: 0, kept: 0 });
    return counts;
  }

  /** Makes the estimates of the window that is full: nothing arrives of it any more. */
  #close(): void {
    if (this.#full === undefined) return;
    const { truth, kept, failures } = this.#full;
    this.#full = undefined;
    const { count, errorRate, p50, p99 } = this.#accuracy;
    count.add(estimateCount(kept), truth.length);
    errorRate.add(estimateErrorRate(kept), estimateErrorRate(truth).estimate);
    p50.add(estimateQuantile(kept, 0.5), estimateQuantile(truth, 0.5).estimate);
    p99.add(estimateQuantile(kept, 0.99), estimateQuantile(truth, 0.99).estimate);
    const [worst] = [...failures].toSorted((a, b) => b[1] - a[1]);
    this.#windows++;
    if (worst?.[0] === FAULTY_SERVICE) this.#faultyFound++;
  }

  /** What it comes to; `costs` is what was measured beside. */
  score(
    strategy: string,
    costs: Pick<Score, "cpuUsPerTrace" | "peakQueuedBytes"> & { readonly bytes: number },
  ): Score {
    this.#close();
    if (this.#window.truth.length === WINDOW_TRACES) {
      this.#full = this.#window;
      this.#close();
    }
    const { count, errorRate, p50, p99 } = this.#accuracy;
    const part = (some: number, all: number) => all === 0 ? Number.NaN : some / all;
    return {
      strategy,
      traces: this.#traces,
      spansKept: part(this.#keptSpans, this.#spans),
      tracesKept: part(this.#keptTraces, this.#traces),
      bytesPerTrace: costs.bytes / this.#traces,
      linesPerTrace: this.#keptLines / this.#traces,
      errorRecall: part(this.#keptErrors, this.#errors),
      rareRecall: Object.fromEntries(
        [...this.#rare].toSorted((a, b) => b[0] - a[0])
          .map(([rarity, { all, kept }]) => [String(rarity), part(kept, all)]),
      ),
      pathCoverage: part(this.#keptPaths.size, this.#paths.size),
      completeness: part(this.#complete, this.#keptTraces),
      faultyFound: part(this.#faultyFound, this.#windows),
      count: count.accuracy,
      errorRate: errorRate.accuracy,
      p50: p50.accuracy,
      p99: p99.accuracy,
      cpuUsPerTrace: costs.cpuUsPerTrace,
      peakQueuedBytes: costs.peakQueuedBytes,
      ...burstOf(this.#perSecond),
    };
  }
}

function emptyWindow(): Window {
  return { truth: [], kept: [], failures: new Map() };
}

/** Seconds in which what adapts has not yet seen enough. */
const WARM_UP_SECONDS = 10;

/** How a burst gets through, by what was kept each second after the first ten. */
export function burstOf(
  perSecond: readonly (number | undefined)[],
): Pick<Score, "burstPeak" | "recoverySeconds"> {
  const seconds = Array.from(perSecond, (one) => one ?? 0).slice(WARM_UP_SECONDS);
  const mean = seconds.reduce((sum, one) => sum + one, 0) / Math.max(1, seconds.length);
  const peak = Math.max(0, ...seconds);
  let longest = 0;
  let run = 0;
  for (const one of seconds) {
    run = one > 1.5 * mean ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return { burstPeak: mean === 0 ? 0 : peak / mean, recoverySeconds: longest };
}
