import { cryptoRandom } from "../core/random.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { DestinationHealth, Sink, SinkHost } from "../core/seams.ts";
import { Exporter, EXPORTER_LIMITS, type ExporterLimits } from "../pipeline/exporter.ts";
import type { BatchEncoder } from "../pipeline/encoder.ts";
import { httpTransport } from "../transport/http.ts";
import { jsonLogBatch, jsonSpanBatch } from "./json_batch.ts";
import { writeLog } from "./log_protobuf.ts";
import { type OtlpOptions, resolveOtlp } from "./options.ts";
import { ProtobufBatch } from "./protobuf_batch.ts";
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
    // Checks what can be checked before the environment is known.
    resolveOtlp(
      { ...options, endpoint: options.endpoint ?? "http://127.0.0.1" },
      () => undefined,
    );
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
    const settings = resolveOtlp(this.#options, host.runtime.env ?? (() => undefined));
    const limits: ExporterLimits = {
      ...EXPORTER_LIMITS,
      attemptTimeoutMs: settings.timeoutMs,
      ...this.#options.limits,
    };
    const isJson = settings.protocol === "http/json";
    const exporter = <R>(url: string, encoder: BatchEncoder<R>): Exporter<R> =>
      new Exporter({
        encoder,
        transport: httpTransport({
          url,
          headers: settings.headers,
          clock: host.clock,
          fetch: this.#options.fetch,
        }),
        limits,
        clock: host.clock,
        random: cryptoRandom(),
        hasBackgroundTimers: host.runtime.hasBackgroundTimers ?? true,
      });
    if (this.onSpan !== undefined) {
      const encoder = isJson
        ? jsonSpanBatch(host.resource)
        : new ProtobufBatch<SpanRecord>(host.resource, (span) => span.scope, writeSpan);
      this.#spans = exporter(settings.tracesUrl, encoder);
    }
    if (this.onLog !== undefined) {
      const encoder = isJson
        ? jsonLogBatch(host.resource)
        : new ProtobufBatch<LogRecord>(host.resource, (record) => record.scope, writeLog);
      this.#logs = exporter(settings.logsUrl, encoder);
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
