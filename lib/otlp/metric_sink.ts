import { cryptoRandom } from "../core/random.ts";
import type { MetricRecord } from "../core/metric_records.ts";
import type { DestinationHealth, Sink, SinkHost } from "../core/seams.ts";
import { Exporter, EXPORTER_LIMITS } from "../pipeline/exporter.ts";
import { httpTransport } from "../transport/http.ts";
import { JsonBatch } from "./json_batch.ts";
import { metricJson } from "./metric_json.ts";
import { writeMetric } from "./metric_protobuf.ts";
import { type OtlpOptions, resolveOtlp } from "./options.ts";
import { ProtobufBatch } from "./protobuf_batch.ts";

/** Options of {@linkcode otlpMetrics}; what is absent comes from OpenTelemetry's variables. */
export type OtlpMetricsOptions = Omit<
  OtlpOptions,
  "signals" | "tracesEndpoint" | "logsEndpoint"
>;

/**
 * Sends the metrics of a meter by OTLP over HTTP. A sink of its own, so that those who measure
 * nothing load none of it.
 *
 * @throws {TypeError | RangeError} As `otlp()`.
 */
export function otlpMetrics(options: OtlpMetricsOptions = {}): Sink {
  resolveOtlp({ ...options, endpoint: options.endpoint ?? "http://127.0.0.1" }, () => undefined);
  let exporter: Exporter<MetricRecord> | undefined;
  return {
    name: options.name ?? "otlpMetrics",
    start(host: SinkHost) {
      const settings = resolveOtlp(options, host.runtime.env ?? (() => undefined));
      exporter = new Exporter<MetricRecord>({
        encoder: settings.protocol === "http/json"
          ? new JsonBatch<MetricRecord>(
            host.resource,
            { resources: "resourceMetrics", scopes: "scopeMetrics", records: "metrics" },
            (metric) => metric.scope,
            metricJson,
          )
          : new ProtobufBatch<MetricRecord>(host.resource, (metric) => metric.scope, writeMetric),
        transport: httpTransport({
          url: settings.metricsUrl,
          headers: settings.headers,
          clock: host.clock,
          fetch: options.fetch,
        }),
        limits: { ...EXPORTER_LIMITS, attemptTimeoutMs: settings.timeoutMs, ...options.limits },
        clock: host.clock,
        random: cryptoRandom(),
        hasBackgroundTimers: host.runtime.hasBackgroundTimers ?? true,
      });
    },
    onMetrics(metrics) {
      for (const metric of metrics) exporter!.offer(metric);
    },
    flush: async () => await exporter?.flush(),
    shutdown: async () => await exporter?.shutdown(),
    health: (): readonly DestinationHealth[] =>
      exporter === undefined
        ? []
        : [{ name: options.name ?? "otlpMetrics", metrics: exporter.health() }],
  };
}
