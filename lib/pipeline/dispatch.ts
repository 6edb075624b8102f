import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Sink } from "../core/seams.ts";

/** Hands records to every sink that wants them, and lets none harm another or the user. */
export interface Dispatch {
  /** Undefined when no sink takes spans. */
  readonly onSpan: ((span: SpanRecord) => void) | undefined;
  /** Undefined when no sink takes log lines. */
  readonly onLog: ((record: LogRecord) => void) | undefined;
  /** How often a sink threw; the record was not lost to the other sinks. */
  readonly sinkErrors: () => number;
}

/** Joins sinks. */
export function dispatchTo(sinks: readonly Sink[]): Dispatch {
  let errors = 0;
  const count = () => {
    errors++;
  };
  const spanSinks = sinks.filter((sink) => sink.onSpan !== undefined);
  const logSinks = sinks.filter((sink) => sink.onLog !== undefined);
  return {
    onSpan: fanOut<SpanRecord>(spanSinks.map((sink) => (span) => sink.onSpan!(span)), count),
    onLog: fanOut<LogRecord>(logSinks.map((sink) => (record) => sink.onLog!(record)), count),
    sinkErrors: () => errors,
  };
}

function fanOut<R>(
  targets: readonly ((record: R) => void)[],
  onError: () => void,
): ((record: R) => void) | undefined {
  if (targets.length === 0) return undefined;
  if (targets.length === 1) {
    const only = targets[0];
    return (record) => {
      try {
        only(record);
      } catch {
        onError();
      }
    };
  }
  return (record) => {
    for (const target of targets) {
      try {
        target(record);
      } catch {
        onError();
      }
    }
  };
}
