/** Where time comes from. Both clocks are in milliseconds, with fractions where there are any. */
export interface Clock {
  /** Milliseconds on a clock that never steps; its zero is arbitrary. Durations come from it. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; it may step. Starts come from it. */
  wallMs(): number;
  /**
   * Milliseconds since the epoch at monotonic zero, where the platform knows it more finely than
   * {@linkcode wallMs} can say. It is believed while the two agree to 5 ms.
   */
  readonly originMs?: () => number;
}

/** The clocks of the platform: `performance.now()` and `Date.now()`. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  originMs: () => performance.timeOrigin,
};

/**
 * The wall-clock time of the monotonic clock's zero, fixed for as long as a trace lives, so that a
 * step of the wall clock can't give a span of one trace a negative or an absurd duration.
 */
export class TimeAnchor {
  /** Milliseconds since the epoch at monotonic zero. */
  declare readonly epochMs: number;
  /** Takes milliseconds since the epoch at monotonic zero. */
  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }

  /** The wall-clock time of a monotonic reading, in milliseconds since the epoch. */
  wallMs(monotonicMs: number): number {
    return this.epochMs + monotonicMs;
  }
}

/** How far the wall clock may be from its anchor before the next trace gets a new one. */
const STEP_MS = 5;
/** How long an anchor is trusted before the wall clock is read again. */
const RECHECK_MS = 1000;

/**
 * Gives the current {@linkcode TimeAnchor}. The wall clock is read at most once a second, and a new
 * anchor made only when it has stepped or drifted by 5 ms, so most traces share one.
 */
export class Anchors {
  readonly #clock: Clock;
  #anchor: TimeAnchor | undefined;
  #checkedMs = 0;

  /** Reads no clock yet: at import time some runtimes have none (workerd's global scope). */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The anchor for something that happens at this monotonic reading. */
  at(monotonicMs: number): TimeAnchor {
    const anchor = this.#anchor;
    if (anchor !== undefined && monotonicMs - this.#checkedMs < RECHECK_MS) return anchor;
    this.#checkedMs = monotonicMs;
    const epochMs = this.#clock.wallMs() - monotonicMs;
    const isNear = (ms: number | undefined) => Math.abs(ms! - epochMs) < STEP_MS;
    if (isNear(anchor?.epochMs)) return anchor!;
    const originMs = this.#clock.originMs?.();
    return this.#anchor = new TimeAnchor(isNear(originMs) ? originMs! : epochMs);
  }
}
