/**
 * Sextant: logs and traces for Deno and edge runtimes, on Web APIs alone.
 *
 * @example
 * ```ts
 * import { createTelemetry, pretty } from "./mod.ts";
 *
 * const telemetry = createTelemetry({ service: "orders", sinks: [pretty()] });
 * const { log, span } = telemetry;
 *
 * log.info("starting", { port: 8000 });
 * const total = span("price order", { sku: "tea" }, () => 42);
 * log.info("priced", { total });
 * await telemetry.shutdown();
 * ```
 *
 * @module
 */
export { createPipeline, type Pipeline, type PipelineOptions } from "./lib/pipeline.ts";
export { createTelemetry, type Health, Telemetry } from "./lib/telemetry.ts";
export type { TelemetryOptions, TransactionOptions } from "./lib/options.ts";
export type { Attributes } from "./lib/core/attributes.ts";
export type { Anchors, Clock, TimeAnchor } from "./lib/core/clock.ts";
export type { Level } from "./lib/core/level.ts";
export type { Random } from "./lib/core/random.ts";
export type { LogRecord, Scope, SpanEvent, SpanLink, SpanRecord } from "./lib/core/records.ts";
export type { StatusCode } from "./lib/core/records.ts";
export type { Resource } from "./lib/core/resource.ts";
export type {
  ContextStore,
  DestinationHealth,
  Layer,
  LineOutput,
  Runtime,
  Sink,
  SinkHost,
} from "./lib/core/seams.ts";
export type {
  Distribution,
  Exemplar,
  ExponentialBuckets,
  ExponentialPoint,
  HistogramPoint,
  MetricRecord,
  MetricValues,
  NumberPoint,
  Point,
  Temporality,
} from "./lib/core/metric_records.ts";
export type { MetricHost, MetricReader, MetricSource } from "./lib/core/metric_source.ts";
export { type DropReason, type SignalHealth, Tally } from "./lib/core/tally.ts";
export type { Threshold } from "./lib/core/threshold.ts";
export { adjustedCount } from "./lib/sampling/adjusted_count.ts";
export { SpanContext } from "./lib/core/span_context.ts";
export { type Active, type Carried, Context, type ForeignContext } from "./lib/context/context.ts";
export type { TracedFetch, TracedRequestInit } from "./lib/http/client.ts";
export type { PropagateTo } from "./lib/http/targets.ts";
export type { FetchHandler, ServerParts } from "./lib/http/handler.ts";
export type {
  WorkerBatch,
  WorkerContext,
  WorkerHandlers,
  WorkerParts,
  WorkerSchedule,
  WorkerSpan,
  WrappedWorker,
  WrapWorker,
} from "./lib/core/worker.ts";
export { datadog, ecs, gcp, json, type LineFormat, logfmt, pino } from "./lib/log/formats.ts";
export { tinyJson } from "./lib/log/tiny_json.ts";
export { lines, type LinesOptions, stream, type StreamOptions } from "./lib/transport/lines.ts";
export { createLogger, type LoggerOptions, type LoggerSetup } from "./lib/log/create_logger.ts";
export { emit, type EmittedRecord } from "./lib/log/emit.ts";
export type { Fields, Logger, LogHost } from "./lib/log/logger.ts";
export type { LevelExplanation, SpanScope } from "./lib/log/level_filter.ts";
export { healthMetrics } from "./lib/metric/health_metrics.ts";
export {
  type Counter,
  type Gauge,
  type Histogram,
  type RecordOptions,
  type UpDownCounter,
} from "./lib/metric/instrument.ts";
export { type LogMetricRule, logMetrics } from "./lib/metric/log_metrics.ts";
export { createMeter, type MeterOptions } from "./lib/metric/create_meter.ts";
export {
  createPlainMeter,
  type HistogramOptions,
  type Meter,
  type MetricOptions,
  type PlainMeterOptions,
} from "./lib/metric/meter.ts";
export type { Observe } from "./lib/metric/observable.ts";
export { prometheus, type PrometheusSource } from "./lib/metric/prometheus.ts";
export { redMetrics, type RedOptions } from "./lib/metric/red.ts";
export type { View } from "./lib/metric/view.ts";
export { otlpMetrics, type OtlpMetricsOptions } from "./lib/otlp/metric_sink.ts";
export { otlp } from "./lib/otlp/sink.ts";
export { otlpLogsTo, otlpMetricsTo, type OtlpToOptions, otlpTracesTo } from "./lib/otlp/to.ts";
export type { RequestPart, Split } from "./lib/pipeline/encoder.ts";
export { structured } from "./lib/otlp/structured.ts";
export type { ValueWriter, WriteValue } from "./lib/otlp/value_writer.ts";
export { halves } from "./lib/otlp/split.ts";
export { type Compress, gzip } from "./lib/transport/gzip.ts";
export type { Compression, OtlpOptions } from "./lib/otlp/options.ts";
export type { ExporterLimits } from "./lib/pipeline/exporter_limits.ts";
export type { Spool, SpooledBatch, SpoolQueue } from "./lib/pipeline/spool.ts";
export { canonicalLine, type CanonicalLineOptions } from "./lib/pipeline/canonical_line.ts";
export { filter } from "./lib/pipeline/filter.ts";
export { fingersCrossed, type FingersCrossedOptions } from "./lib/pipeline/fingers_crossed.ts";
export { limitLines, type LimitLinesOptions } from "./lib/pipeline/limit_lines.ts";
export { pipe } from "./lib/pipeline/pipe.ts";
export { redact, type RedactOptions, SECRET_KEYS } from "./lib/pipeline/redact.ts";
export { keyedHash, type TextPatterns } from "./lib/pipeline/redact_text.ts";
export { type ReloadableLayer, reloadableLayer } from "./lib/pipeline/reloadable_layer.ts";
export { sampledLogs } from "./lib/pipeline/sampled_logs.ts";
export { spanLines, type SpanLinesOptions } from "./lib/pipeline/span_lines.ts";
export { tail, type TailOptions } from "./lib/pipeline/tail.ts";
export {
  errors,
  hasAttribute,
  rare,
  type RareOptions,
  slowerThan,
  type TailCriterion,
  type TailRule,
  type TailTrace,
} from "./lib/pipeline/tail_rules.ts";
export {
  Baggage,
  type BaggageEntry,
  type BaggageEntryInit,
  type FormattedBaggage,
} from "./lib/propagation/baggage.ts";
export { ApiSpanContext } from "./lib/propagation/api_span_context.ts";
export type { Carrier } from "./lib/propagation/carrier.ts";
export {
  byteHeaders,
  enclose,
  type Envelope,
  type OpenedEnvelope,
  openEnvelope,
  type Sender,
  sqsAttributes,
} from "./lib/propagation/messages.ts";
export {
  baggagePropagator,
  type Carried as CarriedParts,
  composite,
  type Propagator,
  traceContext,
} from "./lib/propagation/propagator.ts";
export { b3, type B3Options } from "./lib/propagation/b3_propagator.ts";
export type { CourierCounts } from "./lib/context/courier.ts";
export { alwaysOff, alwaysOn } from "./lib/sampling/always.ts";
export { adaptive, type AdaptiveOptions } from "./lib/sampling/adaptive.ts";
export { allOf, anyOf } from "./lib/sampling/combine.ts";
export {
  alwaysRecord,
  annotating,
  reloadable,
  type ReloadableSampler,
} from "./lib/sampling/decorate.ts";
export { explain, type Explanation } from "./lib/sampling/explain.ts";
export { parentOr } from "./lib/sampling/parent.ts";
export { rateLimited, type RateOptions } from "./lib/sampling/rate_limited.ts";
export { rules, type SamplingRule } from "./lib/sampling/rules.ts";
export { probability } from "./lib/sampling/probability.ts";
export type { Sampler, SamplingDecision, SamplingRequest } from "./lib/sampling/sampler.ts";
export { untilRead } from "./lib/trace/body.ts";
export type { Ending, EndWithBody, Step } from "./lib/trace/settle.ts";
export { createTracer, type TracerOptions } from "./lib/trace/create_tracer.ts";
export { type Decide, type Decided, sampleBy } from "./lib/trace/decide.ts";
export type { LazyAttributes } from "./lib/trace/lazy_attributes.ts";
export type { AnyFunction, InstrumentOptions, MethodDecorator } from "./lib/trace/instrument.ts";
export { timed } from "./lib/trace/timed.ts";
export { SpanKind, type SpanOptions, type SpanStart, type TimeInput } from "./lib/trace/options.ts";
export { TraceState } from "./lib/propagation/tracestate.ts";
export type { GivenLink, GivenSpanContext } from "./lib/trace/link.ts";
export type { SpanLimits } from "./lib/trace/limits.ts";
export type { OpenSpan, SpanMisuse, TracerShared } from "./lib/trace/shared.ts";
export type { LocalTrace, Span, SpanHost } from "./lib/trace/span.ts";
export type { SpanStatus } from "./lib/trace/status.ts";
export type { TracerSetup } from "./lib/trace/setup.ts";
export type { Tracer, TracerCounts } from "./lib/trace/tracer.ts";
export {
  type ConsoleOptions,
  jsonLines,
  pretty,
  type PrettyOptions,
} from "./lib/transport/console.ts";
export { memory, type MemorySink } from "./lib/transport/memory.ts";
