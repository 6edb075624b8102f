import type { MetricRecord } from "../core/metric_records.ts";
import type { LogRecord, Scope, SpanRecord } from "../core/records.ts";
import type { Sink } from "../core/seams.ts";
import type { Split } from "../pipeline/encoder.ts";
import type { ExporterLimits } from "../pipeline/exporter_limits.ts";
import type { Spool } from "../pipeline/spool.ts";
import type { Compress } from "../transport/gzip.ts";
import { readProtobufReply } from "../transport/partial_success.ts";
import { writeLog } from "./log_protobuf.ts";
import { writeMetric } from "./metric_protobuf.ts";
import { ProtobufBatch } from "./protobuf_batch.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";
import type { WriteValue } from "./value_writer.ts";
import { signalSink } from "./signal_exporter.ts";
import { writeSpan } from "./span_protobuf.ts";

/**
 * Options of {@linkcode otlpTracesTo}, {@linkcode otlpLogsTo} and {@linkcode otlpMetricsTo}. What
 * weighs something is given by value, so that a bundle holds only what is asked for.
 */
export interface OtlpToOptions {
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes requests smaller: `gzip`; default not. */
  readonly compress?: Compress;
  /**
   * Writes values that are neither scalars nor lists of them: `structured`; default they become
   * text, an object its JSON.
   */
  readonly values?: WriteValue;
  /** Halves what is too large for the other side: `halves`; default it is dropped and counted. */
  readonly split?: Split;
  /** Keeps what can't be delivered beyond the end of the process: `fileSpool()`. Default none. */
  readonly spool?: Spool;
  /** What `health()` calls this destination; default "otlp". */
  readonly name?: string;
  /** The bounds of batch and queue. */
  readonly limits?: Partial<ExporterLimits>;
  /** Sends the requests; default the platform's fetch as it was when the library was loaded. */
  readonly fetch?: typeof fetch;
}

/**
 * Sends spans by OTLP, HTTP and protobuf, to a URL, `https://collector.example/v1/traces`. The
 * smallest exporter: batches, bounds, retries and counts as `otlp()`, and reads no environment.
 *
 * @throws {TypeError} When the URL is none.
 */
export function otlpTracesTo(url: string | URL, options: OtlpToOptions = {}): Sink {
  return sinkTo<SpanRecord>("traces", url, options, writeSpan, (offer) => ({
    onSpan: (span) => {
      // One that is recorded without being sampled is for layers, not for export.
      if (span.isSampled) offer(span);
    },
  }));
}

/** As {@linkcode otlpTracesTo}, for log lines: `https://collector.example/v1/logs`. */
export function otlpLogsTo(url: string | URL, options: OtlpToOptions = {}): Sink {
  return sinkTo<LogRecord>("logs", url, options, writeLog, (onLog) => ({ onLog }));
}

/** As {@linkcode otlpTracesTo}, for metrics: `https://collector.example/v1/metrics`. */
export function otlpMetricsTo(url: string | URL, options: OtlpToOptions = {}): Sink {
  return sinkTo<MetricRecord>("metrics", url, options, writeMetric, (offer) => ({
    onMetrics: (metrics) => metrics.forEach(offer),
  }));
}

function sinkTo<R extends { readonly scope: Scope }>(
  signal: "traces" | "logs" | "metrics",
  url: string | URL,
  options: OtlpToOptions,
  write: (writer: ProtobufWriter, record: R) => void,
  take: Parameters<typeof signalSink<R>>[3],
): Sink {
  const parts = {
    ...options,
    url: new URL(url).href,
    readReply: readProtobufReply,
    encoder: (resource: ConstructorParameters<typeof ProtobufBatch<R>>[0]) =>
      new ProtobufBatch<R>(resource, write, options.values, options.split),
    protocol: "protobuf" as const,
  };
  return signalSink<R>(signal, options.name ?? "otlp", () => parts, take);
}
