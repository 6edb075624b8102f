import type { MetricRecord } from "../core/metric_records.ts";
import type { Sink } from "../core/seams.ts";
import { JsonBatch } from "./json_batch.ts";
import { metricJson } from "./metric_json.ts";
import { writeMetric } from "./metric_protobuf.ts";
import { checkOtlp, type OtlpOptions } from "./options.ts";
import { resolvedSink } from "./sink.ts";

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
  return resolvedSink<MetricRecord>(
    options,
    "metrics",
    options.name ?? "otlpMetrics",
    writeMetric,
    (resource) =>
      new JsonBatch<MetricRecord>(
        resource,
        { resources: "resourceMetrics", scopes: "scopeMetrics", records: "metrics" },
        metricJson,
      ),
    (offer) => ({ onMetrics: (metrics) => metrics.forEach(offer) }),
  );
}
