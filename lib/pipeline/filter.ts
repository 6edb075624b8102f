import { type Level, SEVERITY } from "../core/level.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Layer } from "../core/seams.ts";

/**
 * Lets lines of a level or above pass to one sink: `pipe(filter("warn"), otlp())`; or the lines and
 * spans that functions say. What does not pass is not counted: it was never meant for this sink.
 *
 * @throws {RangeError} When the level is unknown.
 */
export function filter(
  wanted: Level | {
    /** Which lines pass; default all. */
    readonly log?: (record: LogRecord) => boolean;
    /** Which spans pass; default all. */
    readonly span?: (span: SpanRecord) => boolean;
  },
): Layer {
  if (typeof wanted === "string") {
    if (!Object.hasOwn(SEVERITY, wanted)) {
      throw new RangeError(
        `filter(): level is ${JSON.stringify(wanted)}, allowed are ${
          Object.keys(SEVERITY).join(", ")
        }`,
      );
    }
    const least = SEVERITY[wanted];
    return (next) => ({
      onLog: (record) => {
        if (record.severity >= least) next.onLog?.(record);
      },
    });
  }
  const { log, span } = wanted;
  return (next) => ({
    ...(log && { onLog: (record: LogRecord) => void (log(record) && next.onLog?.(record)) }),
    ...(span && { onSpan: (record: SpanRecord) => void (span(record) && next.onSpan?.(record)) }),
  });
}
