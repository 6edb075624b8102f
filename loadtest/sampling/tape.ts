import { type OpenWindow, Truth } from "./truth.ts";
import type { TrueTrace } from "./world.ts";

/** What happens at a moment of the stream. */
export const START = 0;
/** A span ends. */
export const END = 1;
/** The last span of a trace ends. */
export const LAST_END = 4;
/** Nothing more arrives of a trace: what was kept of it counts. */
export const SETTLE = 2;
/** All traces of a window have settled. */
export const CLOSE = 3;

/** A trace on the tape. */
export interface Play {
  readonly trace: TrueTrace;
  readonly window: OpenWindow;
  /** Whole seconds since the last burst; negative within one, or before the first. */
  readonly phaseS: number;
  /** A small number of its own while it is on the tape; given again afterwards. */
  readonly slot: number;
}

/** A moment of the stream. */
export interface Moment {
  readonly atMs: number;
  readonly kind: typeof START | typeof END | typeof LAST_END | typeof SETTLE | typeof CLOSE;
  readonly play: Play;
  /** Which span of the trace starts or ends. */
  readonly span: number;
}

/** What comes so long after the last span of a trace has ended is not counted any more. */
const GRACE_MS = 2000;

/**
 * Lays traces, which come in the order of their starts, out as what happens in the order of time:
 * traces overlap as they do in a service. Made once for all strategies; holds what is open alone.
 */
export class Tape {
  readonly truth = new Truth();
  #pending: Moment[] = [];
  readonly #free: number[] = [];
  #slots = 0;

  /** Takes the next traces; gives what happens before the last of them starts. */
  next(traces: readonly TrueTrace[]): Moment[] {
    let horizonMs = Number.NEGATIVE_INFINITY;
    for (const trace of traces) {
      this.#lay(trace);
      horizonMs = Math.max(horizonMs, trace.startMs);
    }
    return this.#take(horizonMs);
  }

  /** What is left, after the last trace. */
  end(): Moment[] {
    this.truth.end();
    return this.#take(Number.POSITIVE_INFINITY);
  }

  #lay(trace: TrueTrace): void {
    const slot = this.#free.pop() ?? this.#slots++;
    const play: Play = { trace, slot, ...this.truth.add(trace) };
    const pending = this.#pending;
    const starts: number[] = [];
    trace.spans.forEach(({ parent, startMs }, span) => {
      // Clocks of captured services differ: a child does not begin before its parent.
      const atMs = Math.max(trace.startMs + startMs, parent < 0 ? trace.startMs : starts[parent]);
      starts.push(atMs);
      pending.push({ atMs, kind: START, play, span });
    });
    let last = 0;
    const ends = trace.spans.map(({ durationMs }, span) => starts[span] + Math.max(0, durationMs));
    for (let span = 1; span < ends.length; span++) if (ends[span] > ends[last]) last = span;
    // Children before their parents, the root last: as calls return, where moments are the same.
    for (let span = ends.length - 1; span >= 0; span--) {
      pending.push({ atMs: ends[span], kind: span === last ? LAST_END : END, play, span });
    }
    const lastMs = ends[last];
    pending.push({ atMs: lastMs + GRACE_MS, kind: SETTLE, play, span: 0 });
  }

  #take(untilMs: number): Moment[] {
    const sorted = this.#pending.sort((a, b) => a.atMs - b.atMs);
    let count = sorted.findIndex(({ atMs }) => atMs > untilMs);
    if (count < 0) count = sorted.length;
    this.#pending = sorted.slice(count);
    const moments: Moment[] = [];
    for (let index = 0; index < count; index++) {
      const moment = sorted[index];
      moments.push(moment);
      if (moment.kind !== SETTLE) continue;
      const { play } = moment;
      this.#free.push(play.slot);
      play.window.pending--;
      if (play.window.sealed !== undefined && play.window.pending === 0) {
        moments.push({ ...moment, kind: CLOSE });
      }
    }
    return moments;
  }
}
