import type { Clock } from "./clock.ts";
import type { Runtime, Sink } from "./seams.ts";
import type { SpanContext } from "./span_context.ts";

/** What a telemetry gives to what measures for it. */
export interface MetricHost {
  /** Where time comes from. */
  readonly clock: Clock;
  /** The platform. */
  readonly runtime: Runtime;
  /** Where metrics go: those that take them. */
  readonly sinks: readonly Sink[];
  /** The span that is active, sampled or not. */
  readonly activeSpan: () => SpanContext | undefined;
}

/** Reads what was measured. */
export interface MetricReader {
  /** Reads now, and hands it to the sinks. */
  read(): void;
  /** Reads no more. */
  stop(): void;
  /** What was not understood, for people. */
  readonly warnings: readonly string[];
}

/** What measures: a meter. A telemetry knows no more of it, so that it costs nothing unused. */
export interface MetricSource {
  /** Called once, when telemetry is created. */
  attach(host: MetricHost): MetricReader;
}
