import type { LogRecord } from "../core/records.ts";
import type { DestinationHealth, Layer } from "../core/seams.ts";
import { Tally } from "../core/tally.ts";
import { adjustedCount } from "../core/threshold.ts";
import { namesOf, valueAt } from "../core/value.ts";
import { otThreshold } from "../propagation/ot_tracestate.ts";

/**
 * Leaves out the log lines of traces that are not sampled, and counts them: logs then cost what
 * their traces' sampling says. Lines outside of a trace, and those from `alwaysFrom` up, pass.
 *
 * A line that passes with its trace stands for as many as that does: where that is more than one, the
 * field `sextant.adjusted_count` says so, and `logMetrics` behind this layer counts it as so many. Lines
 * that pass whatever their trace does stand for themselves.
 *
 * @param alwaysFrom The severity number from which lines pass; default 17, level error.
 */
export function sampledLogs(alwaysFrom = 17): Layer {
  return (next) => {
    const tally = new Tally();
    return {
      onLog(record: LogRecord) {
        tally.created++;
        const { span, severity } = record;
        if (span !== undefined && !span.isSampled && severity < alwaysFrom) {
          return tally.drop("sampled");
        }
        tally.delivered++;
        const count = span === undefined || severity >= alwaysFrom
          ? 1
          : countOf(span.traceStateText);
        next.onLog?.(count === 1 ? record : weighed(record, count));
      },
      health(): readonly DestinationHealth[] {
        const own = { name: "sampledLogs", logs: tally.health(0, 0) };
        return [own, ...(next.health?.() ?? [])];
      },
    };
  };
}

/** The field that says for how many lines one stands. */
export const ADJUSTED_COUNT_FIELD = "sextant.adjusted_count";

let seenState = "";
let seenCount = 1;

/** For how many traces one with this trace state stands (OTEP 235). */
function countOf(traceState: string): number {
  if (traceState !== seenState) {
    const threshold = otThreshold(traceState);
    seenCount = threshold === undefined ? 1 : adjustedCount(threshold);
    seenState = traceState;
  }
  return seenCount;
}

function weighed(record: LogRecord, count: number): LogRecord {
  const fields: Record<string, unknown> = Object.create(null);
  for (const name of namesOf(record.fields)) fields[name] = valueAt(record.fields!, name);
  fields[ADJUSTED_COUNT_FIELD] = count;
  return { ...record, fields };
}
