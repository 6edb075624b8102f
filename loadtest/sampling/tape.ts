import { grown } from "./columns.ts";
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

/** Moments of the stream, in columns: every strategy goes through them, and many times a second. */
export class Reel {
  length = 0;
  atMs: Float64Array = new Float64Array(1024);
  /** START, END, LAST_END, SETTLE or CLOSE. */
  kinds: Uint8Array = new Uint8Array(1024);
  /** Whose moment it is: a place in `plays`. */
  slots: Int32Array = new Int32Array(1024);
  /** Which span of the trace starts or ends. */
  spans: Int32Array = new Int32Array(1024);
  /** What is on the tape, by slot. */
  readonly plays: Play[] = [];

  /** Adds a moment. */
  add(atMs: number, kind: number, slot: number, span: number): void {
    const at = this.length++;
    if (at === this.kinds.length) this.#grow();
    this.atMs[at] = atMs;
    this.kinds[at] = kind;
    this.slots[at] = slot;
    this.spans[at] = span;
  }

  #grow(): void {
    const length = this.kinds.length * 2;
    this.atMs = grown(this.atMs, length);
    this.kinds = grown(this.kinds, length);
    this.slots = grown(this.slots, length);
    this.spans = grown(this.spans, length);
  }
}

/** A moment that is yet to come. */
interface Moment {
  readonly atMs: number;
  readonly kind: typeof START | typeof END | typeof LAST_END | typeof SETTLE;
  readonly play: Play;
  readonly span: number;
}

/** What comes so long after the last span of a trace has ended is not counted any more. */
const GRACE_MS = 2000;

/**
 * Lays traces, which come in the order of their starts, out as what happens in the order of time:
 * traces overlap as they do in a service. Made once for all strategies; holds what is open alone.
 * What it gives is good until it is asked again.
 */
export class Tape {
  readonly truth = new Truth();
  #pending: Moment[] = [];
  readonly #reel = new Reel();
  readonly #free: number[] = [];
  #slots = 0;

  /** Takes the next traces; gives what happens before the last of them starts. */
  next(traces: readonly TrueTrace[]): Reel {
    let horizonMs = Number.NEGATIVE_INFINITY;
    for (const trace of traces) {
      this.#lay(trace);
      horizonMs = Math.max(horizonMs, trace.startMs);
    }
    return this.#take(horizonMs);
  }

  /** What is left, after the last trace. */
  end(): Reel {
    this.truth.end();
    return this.#take(Number.POSITIVE_INFINITY);
  }

  #lay(trace: TrueTrace): void {
    const slot = this.#free.pop() ?? this.#slots++;
    const play: Play = { trace, slot, ...this.truth.add(trace) };
    this.#reel.plays[slot] = play;
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

  #take(untilMs: number): Reel {
    const sorted = this.#pending.sort((a, b) => a.atMs - b.atMs);
    let count = sorted.findIndex(({ atMs }) => atMs > untilMs);
    if (count < 0) count = sorted.length;
    this.#pending = sorted.slice(count);
    const reel = this.#reel;
    reel.length = 0;
    for (let index = 0; index < count; index++) {
      const { atMs, kind, play, span } = sorted[index];
      reel.add(atMs, kind, play.slot, span);
      if (kind !== SETTLE) continue;
      // The next trace gets the slot at the next call alone: until then `plays` has this one.
      this.#free.push(play.slot);
      play.window.pending--;
      if (play.window.sealed !== undefined && play.window.pending === 0) {
        reel.add(atMs, CLOSE, play.slot, 0);
      }
    }
    return reel;
  }
}
