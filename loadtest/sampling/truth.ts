import { estimateErrorRate, estimateQuantile, type Kept } from "./estimate.ts";
import type { TrueTrace } from "./world.ts";

/** Estimates are made for so many traces at a time, and held against their truth. */
export const WINDOW_TRACES = 10_000;

/** Traces for which estimates are made, and what is true of them. */
export interface Window {
  readonly count: number;
  readonly errorRate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The service in which most failed; undefined when nothing did. */
  readonly worstService: string | undefined;
}

/** A window while traces still come into it. */
export class OpenWindow {
  readonly #traces: Kept[] = [];
  readonly #failures = new Map<string, number>();
  /** What is true of it, once it is full. */
  sealed: Window | undefined;
  /** Traces of it of which something may still arrive. */
  pending = 0;

  /** Takes a trace; gives true when it is full now. */
  add({ durationMs, isError, spans }: TrueTrace): boolean {
    this.pending++;
    this.#traces.push({ weight: 1, value: durationMs, isError });
    if (isError) {
      for (const { service, isError } of spans.slice(1)) {
        if (isError) this.#failures.set(service, (this.#failures.get(service) ?? 0) + 1);
      }
    }
    if (this.#traces.length === WINDOW_TRACES) this.seal();
    return this.sealed !== undefined;
  }

  /** How many it has. */
  get size(): number {
    return this.#traces.length;
  }

  /** Nothing comes any more: works out the truth. */
  seal(): void {
    const traces = this.#traces;
    this.sealed = {
      count: traces.length,
      errorRate: estimateErrorRate(traces).estimate,
      p50Ms: estimateQuantile(traces, 0.5).estimate,
      p99Ms: estimateQuantile(traces, 0.99).estimate,
      worstService: worstOf(this.#failures),
    };
    this.#traces.length = 0;
  }
}

/** The service in which most failed. */
export function worstOf(failures: ReadonlyMap<string, number>): string | undefined {
  let worst: string | undefined;
  let most = 0;
  for (const [service, count] of failures) {
    if (count > most) [worst, most] = [service, count];
  }
  return worst;
}

/** What is true of a stream so far; the same for every strategy. */
export class Truth {
  traces = 0;
  spans = 0;
  errors = 0;
  readonly paths = new Set<string>();
  /** Traces of rare paths, by how likely the path is. */
  readonly rare = new Map<number, number>();
  #window = new OpenWindow();
  #windows = 0;
  /** When the last burst ended; undefined before the first has. */
  #burstEndMs: number | undefined;
  #isBurst = false;

  /** A trace has begun. Gives the window that it is in, and its second of the burst's aftermath. */
  add(trace: TrueTrace): { window: OpenWindow; phaseS: number } {
    this.traces++;
    this.spans += trace.spans.length;
    if (trace.isError) this.errors++;
    this.paths.add(trace.path);
    const { rarity } = trace;
    if (rarity !== undefined) this.rare.set(rarity, (this.rare.get(rarity) ?? 0) + 1);
    const window = this.#window;
    if (window.add(trace)) {
      this.#windows++;
      this.#window = new OpenWindow();
    }
    return { window, phaseS: this.#phaseOf(trace) };
  }

  /** Nothing comes any more: the last window counts when it is half full, or the only one. */
  end(): void {
    const last = this.#window;
    if (last.size > 0 && (this.#windows === 0 || last.size >= WINDOW_TRACES / 2)) last.seal();
  }

  #phaseOf({ isBurst, startMs }: TrueTrace): number {
    if (this.#isBurst && !isBurst) this.#burstEndMs = startMs;
    this.#isBurst = isBurst;
    if (isBurst) return IN_BURST;
    if (this.#burstEndMs === undefined) return BEFORE_BURSTS;
    return Math.floor((startMs - this.#burstEndMs) / 1000);
  }
}

/** The phase of a trace within a burst. */
export const IN_BURST = -1;
/** The phase of a trace before the first burst has ended: what adapts has not seen enough. */
export const BEFORE_BURSTS = -2;
