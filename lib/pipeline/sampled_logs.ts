import type { LogRecord } from "../core/records.ts";
import type { DestinationHealth, Layer } from "../core/seams.ts";
import { Tally } from "../core/tally.ts";

/**
 * Leaves out the log lines of traces that are not sampled, and counts them: logs then cost what
 * their traces' sampling says. Lines outside of a trace, and those from `alwaysFrom` up, pass.
 *
 * A line that passes stands for as many as its trace does: its span's tracestate has the threshold.
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
        next.onLog?.(record);
      },
      health(): readonly DestinationHealth[] {
        const own = { name: "sampledLogs", logs: tally.health(0, 0) };
        return [own, ...(next.health?.() ?? [])];
      },
    };
  };
}
