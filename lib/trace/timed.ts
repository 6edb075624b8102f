import { untilRead } from "./body.ts";
import { endFailed, type Ending, endWith } from "./settle.ts";
import type { Span } from "./span.ts";

/** Milliseconds in which the span's own calls had the thread. */
export const BUSY_MS = "sextant.busy_ms";
/** Milliseconds of the span in which they had not. */
export const IDLE_MS = "sextant.idle_ms";

/**
 * Makes a callback tell how long it was busy and how long idle, as `time.busy` and `time.idle` of
 * Rust's tracing: `span("resize", timed((span) => …))` sets the attributes `sextant.busy_ms` and
 * `sextant.idle_ms`.
 *
 * Busy is the time in the callback up to its first `await`, in each step of a generator and in each
 * chunk of a stream. What follows an `await` is not seen, as no runtime tells of it, and counts as
 * idle: give what works hard there a span of its own.
 */
export function timed<R>(work: (span: Span) => R): (span: Span) => R {
  return (span) => {
    if (!span.isRecording()) return work(span);
    const { clock } = span.trace.host;
    let busyMs = 0;
    const step = <T>(part: () => T): T => {
      const startMs = clock.monotonicMs();
      try {
        return part();
      } finally {
        busyMs += clock.monotonicMs() - startMs;
      }
    };
    const ending: Ending = {
      fail() {},
      addEvent() {},
      end() {
        span.setAttribute(BUSY_MS, busyMs);
        span.setAttribute(
          IDLE_MS,
          Math.max(0, clock.monotonicMs() - span.startMonotonicMs - busyMs),
        );
      },
    };
    let result: R;
    try {
      result = step(() => work(span));
    } catch (thrown) {
      endFailed(ending, thrown);
      throw thrown;
    }
    return endWith(ending, result, step, untilRead);
  };
}
