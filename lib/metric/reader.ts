import type { MetricHost, MetricReader } from "../core/metric_source.ts";
import type { MetricRecord } from "../core/metric_records.ts";
import { unref } from "../core/timer.ts";

/** What is read. */
export interface Readable {
  collect(): readonly MetricRecord[];
  readonly warnings: readonly string[];
}

/**
 * Reads a meter at an interval and hands its metrics to the sinks that take them. The timer keeps no
 * process alive; where there are no timers in the background, a flush alone reads.
 */
export function startReader(
  meter: Readable,
  intervalMs: number,
  { sinks, runtime }: MetricHost,
): MetricReader {
  const targets = sinks.filter((sink) => sink.onMetrics !== undefined);
  let errors = 0;
  const read = () => {
    if (targets.length === 0) return;
    const metrics = meter.collect();
    if (metrics.length === 0) return;
    for (const sink of targets) {
      try {
        sink.onMetrics!(metrics);
      } catch {
        errors++;
      }
    }
  };
  const timer = targets.length > 0 && (runtime.hasBackgroundTimers ?? true)
    ? setInterval(read, intervalMs)
    : undefined;
  unref(timer);
  return {
    read,
    stop: () => clearInterval(timer),
    get warnings() {
      const own = errors ? [`a sink threw at metrics ${errors} times`] : [];
      return [...meter.warnings, ...own];
    },
  };
}
