import type { MetricHost, MetricReader } from "../core/metric_source.ts";
import type { MetricRecord } from "../core/metric_records.ts";
import type { Runtime } from "../core/seams.ts";
import { unref } from "../core/timer.ts";

const INTERVAL_MS = 60_000;

/** What is read, and how often where that was given. */
export interface Readable {
  collect(): readonly MetricRecord[];
  readonly intervalMs: number | undefined;
  readonly warnings: readonly string[];
}

/**
 * Reads a meter at an interval and hands its metrics to the sinks that take them. The timer keeps no
 * process alive; where there are no timers in the background, a flush alone reads.
 */
export function startReader(meter: Readable, { sinks, runtime }: MetricHost): MetricReader {
  const targets = sinks.filter((sink) => sink.onMetrics !== undefined);
  const warnings: string[] = [];
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
  const intervalMs = meter.intervalMs ?? fromEnv(runtime, warnings);
  const timer = targets.length > 0 && (runtime.hasBackgroundTimers ?? true)
    ? setInterval(read, intervalMs)
    : undefined;
  unref(timer);
  return {
    read,
    stop: () => clearInterval(timer),
    get warnings() {
      const own = errors === 0 ? [] : [`a sink threw at metrics ${errors} times`];
      return [...warnings, ...meter.warnings, ...own];
    },
  };
}

function fromEnv(runtime: Runtime, warnings: string[]): number {
  const name = "OTEL_METRIC_EXPORT_INTERVAL";
  const text = runtime.env?.(name)?.trim();
  if (text === undefined || text === "") return INTERVAL_MS;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  warnings.push(`${name} is ${JSON.stringify(text.slice(0, 80))}, allowed is milliseconds above 0`);
  return INTERVAL_MS;
}
