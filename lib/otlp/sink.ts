import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { DestinationHealth, Sink, SinkHost } from "../core/seams.ts";
import type { Exporter } from "../pipeline/exporter.ts";
import { jsonLogBatch, jsonSpanBatch } from "./json_batch.ts";
import { writeLog } from "./log_protobuf.ts";
import { checkOtlp, type OtlpOptions } from "./options.ts";
import { ProtobufBatch } from "./protobuf_batch.ts";
import { signalExporter } from "./signal_exporter.ts";
import { writeSpan } from "./span_protobuf.ts";

/**
 * Sends spans and log lines by OTLP over HTTP, in batches, off the user's path.
 *
 * @throws {TypeError | RangeError} When an option is wrong, naming it, what was given and what is
 * allowed; when no endpoint is given, at `createTelemetry` if the environment has none either.
 */
export function otlp(options: OtlpOptions = {}): Sink {
  return new OtlpSink(options);
}

class OtlpSink implements Sink {
  readonly name: string;
  readonly onSpan?: (span: SpanRecord) => void;
  readonly onLog?: (record: LogRecord) => void;
  readonly #options: OtlpOptions;
  #spans: Exporter<SpanRecord> | undefined;
  #logs: Exporter<LogRecord> | undefined;

  constructor(options: OtlpOptions) {
    this.name = options.name ?? "otlp";
    this.#options = options;
    checkOtlp(options);
    const signals = options.signals ?? ["traces", "logs"];
    if (signals.includes("traces")) {
      // One that is recorded without being sampled is for layers, not for export.
      this.onSpan = (span) => {
        if (span.isSampled) this.#spans!.offer(span);
      };
    }
    if (signals.includes("logs")) this.onLog = (record) => this.#logs!.offer(record);
  }

  start(host: SinkHost): void {
    const options = this.#options;
    if (this.onSpan !== undefined) {
      this.#spans = signalExporter(
        options,
        "traces",
        this.name,
        host,
        (isJson) =>
          isJson
            ? jsonSpanBatch(host.resource)
            : new ProtobufBatch<SpanRecord>(host.resource, (span) => span.scope, writeSpan),
      );
    }
    if (this.onLog !== undefined) {
      this.#logs = signalExporter(
        options,
        "logs",
        this.name,
        host,
        (isJson) =>
          isJson
            ? jsonLogBatch(host.resource)
            : new ProtobufBatch<LogRecord>(host.resource, (record) => record.scope, writeLog),
      );
    }
  }

  async flush(): Promise<void> {
    await Promise.all([this.#spans?.flush(), this.#logs?.flush()]);
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.#spans?.shutdown(), this.#logs?.shutdown()]);
  }

  health(): readonly DestinationHealth[] {
    const spans = this.#spans?.health();
    const logs = this.#logs?.health();
    return [{ name: this.name, ...(spans && { spans }), ...(logs && { logs }) }];
  }
}
