import type { LogRecord, Scope, SpanRecord } from "../core/records.ts";
import type { Resource } from "../core/resource.ts";
import type { DestinationHealth, Sink } from "../core/seams.ts";
import type { BatchEncoder } from "../pipeline/encoder.ts";
import { gzip } from "../transport/gzip.ts";
import { readPartialSuccess } from "../transport/partial_success.ts";
import { jsonLogBatch, jsonSpanBatch } from "./json_batch.ts";
import { writeLog } from "./log_protobuf.ts";
import { checkOtlp, type OtlpOptions, resolveOtlp, type SignalName } from "./options.ts";
import { ProtobufBatch } from "./protobuf_batch.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";
import { signalSink } from "./signal_exporter.ts";
import { writeSpan } from "./span_protobuf.ts";
import { halves } from "./split.ts";
import { structured } from "./structured.ts";

/**
 * Sends spans and log lines by OTLP over HTTP, in batches, off the user's path.
 *
 * @throws {TypeError | RangeError} When an option is wrong, naming it, what was given and what is
 * allowed; when no endpoint is given, at `createTelemetry` if the environment has none either.
 */
export function otlp(options: OtlpOptions = {}): Sink {
  checkOtlp(options);
  const { name = "otlp", signals = ["traces", "logs"] } = options;
  const sinks: Sink[] = [];
  if (signals.includes("traces")) {
    sinks.push(
      resolvedSink<SpanRecord>(options, "traces", name, writeSpan, jsonSpanBatch, (offer) => ({
        // One that is recorded without being sampled is for layers, not for export.
        onSpan: (span) => {
          if (span.isSampled) offer(span);
        },
      })),
    );
  }
  if (signals.includes("logs")) {
    sinks.push(
      resolvedSink<LogRecord>(
        options,
        "logs",
        name,
        writeLog,
        jsonLogBatch,
        (onLog) => ({ onLog }),
      ),
    );
  }
  return {
    ...Object.assign({}, ...sinks),
    start: (host) => sinks.forEach((sink) => sink.start!(host)),
    flush: async () => void await Promise.all(sinks.map((sink) => sink.flush!())),
    shutdown: async () => void await Promise.all(sinks.map((sink) => sink.shutdown!())),
    health: (): readonly DestinationHealth[] => [
      Object.assign({ name }, ...sinks.flatMap((sink) => sink.health!())),
    ],
  };
}

/** A sink of one signal whose options and variables are looked at when it starts. */
export function resolvedSink<R extends { readonly scope: Scope }>(
  options: OtlpOptions,
  signal: SignalName,
  name: string,
  write: (writer: ProtobufWriter, record: R) => void,
  jsonBatch: (resource: Resource) => BatchEncoder<R>,
  take: Parameters<typeof signalSink<R>>[3],
): Sink {
  return signalSink<R>(signal, name, ({ runtime }) => {
    const settings = resolveOtlp(options, signal, runtime.env ?? (() => undefined));
    const isJson = settings.protocol === "http/json";
    return {
      ...options,
      ...settings,
      limits: { attemptTimeoutMs: settings.timeoutMs, ...options.limits },
      compress: settings.compression === "gzip" ? gzip : undefined,
      readReply: readPartialSuccess,
      encoder: (resource) =>
        isJson ? jsonBatch(resource) : new ProtobufBatch(resource, write, structured, halves),
      protocol: isJson ? "json" : "protobuf",
    };
  }, take);
}
