import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Sink } from "../core/seams.ts";

/** A sink that keeps what it is given. */
export interface MemorySink extends Sink {
  /** Spans in the order of their ends. */
  readonly spans: readonly SpanRecord[];
  /** Log lines in the order they were written. */
  readonly logs: readonly LogRecord[];
  /** Forgets everything. */
  clear(): void;
}

/**
 * Keeps records in memory, for tests and for a look.
 *
 * @param limit How many spans, and how many lines, are kept at most; the oldest go. Default 10,000.
 */
export function memory(limit = 10_000): MemorySink {
  const spans: SpanRecord[] = [];
  const logs: LogRecord[] = [];
  const keep = <R>(list: R[], record: R) => {
    if (list.length >= limit) list.shift();
    list.push(record);
  };
  return {
    name: "memory",
    spans,
    logs,
    onSpan: (span) => keep(spans, span),
    onLog: (record) => keep(logs, record),
    clear: () => {
      spans.length = 0;
      logs.length = 0;
    },
  };
}
