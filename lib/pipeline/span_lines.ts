import { type Level, SEVERITY } from "../core/level.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Layer } from "../core/seams.ts";

/** Options of {@linkcode spanLines}. */
export interface SpanLinesOptions {
  /** The level of the lines; default "debug". */
  readonly level?: Level;
  /** The level of the lines of spans that failed; default "error". */
  readonly errorLevel?: Level;
  /** Only spans of so many milliseconds or more, and those that failed; default 0, all. */
  readonly leastMs?: number;
}

/**
 * Writes a line when a span ends, as `FmtSpan::CLOSE` of Rust's tracing does: its name, attributes,
 * `duration_ms`, and `error` when it failed; with `timed` also how long it was busy and idle. The
 * lines are the span's own, named `span.end`, and go to the same sink:
 * `pipe(spanLines({ leastMs: 100 }), lines(json))`.
 *
 * @throws {RangeError} When a level or `leastMs` is none.
 */
export function spanLines(options: SpanLinesOptions = {}): Layer {
  const { level = "debug", errorLevel = "error", leastMs = 0 } = options;
  for (const [name, value] of Object.entries({ level, errorLevel })) {
    if (!Object.hasOwn(SEVERITY, value)) {
      throw new RangeError(
        `spanLines(): ${name} is ${JSON.stringify(value)}, allowed are ${
          Object.keys(SEVERITY).join(", ")
        }`,
      );
    }
  }
  if (!(leastMs >= 0)) {
    throw new RangeError(`spanLines(): leastMs is ${leastMs}, allowed is a number from 0`);
  }
  return (next) => ({
    onSpan(span: SpanRecord) {
      next.onSpan?.(span);
      const hasFailed = span.statusCode === 2;
      if (!span.isSampled || !(hasFailed || span.durationMs >= leastMs)) return;
      next.onLog?.(lineOf(span, SEVERITY[hasFailed ? errorLevel : level]));
    },
  });
}

function lineOf(span: SpanRecord, severity: number): LogRecord {
  const { anchor, scope, transactionId, statusCode } = span;
  return {
    monotonicMs: span.endMonotonicMs,
    anchor,
    severity,
    message: span.name,
    fields: {
      ...span.attributes(),
      duration_ms: Math.round(span.durationMs * 1000) / 1000,
      error: statusCode === 2 ? span.statusMessage || true : undefined,
    },
    bindings: undefined,
    scope,
    span,
    transactionId,
    eventName: "span.end",
  };
}
