import type { MetricRecord } from "../core/metric_records.ts";
import type { DestinationHealth, Sink, SinkHost } from "../core/seams.ts";
import type { Exporter } from "../pipeline/exporter.ts";
import { JsonBatch } from "./json_batch.ts";
import { metricJson } from "./metric_json.ts";
import { writeMetric } from "./metric_protobuf.ts";
import { checkOtlp, type OtlpOptions } from "./options.ts";
import { ProtobufBatch } from "./protobuf_batch.ts";
import { signalExporter } from "./signal_exporter.ts";

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
  checkOtlp(options);
  const name = options.name ?? "otlpMetrics";
  let exporter: Exporter<MetricRecord> | undefined;
  return {
    name,
    start(host: SinkHost) {
      exporter = signalExporter(
        options,
        "metrics",
        name,
        host,
        (isJson) =>
          isJson
            ? new JsonBatch<MetricRecord>(
              host.resource,
              { resources: "resourceMetrics", scopes: "scopeMetrics", records: "metrics" },
              (metric) => metric.scope,
              metricJson,
            )
            : new ProtobufBatch<MetricRecord>(host.resource, (metric) => metric.scope, writeMetric),
      );
    },
    onMetrics(metrics) {
      for (const metric of metrics) exporter!.offer(metric);
    },
    flush: async () => await exporter?.flush(),
    shutdown: async () => await exporter?.shutdown(),
    health: (): readonly DestinationHealth[] =>
      exporter === undefined ? [] : [{ name, metrics: exporter.health() }],
  };
}
