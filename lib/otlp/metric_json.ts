import { TimeAnchor } from "../core/clock.ts";
import { nsText } from "./nanoseconds.ts";
import type {
  Exemplar,
  ExponentialPoint,
  HistogramPoint,
  MetricRecord,
  NumberPoint,
  Point,
} from "../core/metric_records.ts";
import { jsonAttributes } from "./record_json.ts";

const WALL_CLOCK = /* @__PURE__ */ new TimeAnchor(0);

/** A metric in OTLP JSON (opentelemetry-proto, `metrics/v1/metrics.proto`, message Metric). */
export function metricJson(metric: MetricRecord): object {
  const aggregationTemporality = metric.temporality === "delta" ? 1 : 2;
  const common = {
    name: metric.name,
    description: metric.description || undefined,
    unit: metric.unit || undefined,
  };
  switch (metric.kind) {
    case "gauge":
      return { ...common, gauge: { dataPoints: numbers(metric.points, metric.isInteger) } };
    case "sum":
      return {
        ...common,
        sum: {
          dataPoints: numbers(metric.points, metric.isInteger),
          aggregationTemporality,
          isMonotonic: metric.isMonotonic,
        },
      };
    case "histogram":
      return {
        ...common,
        histogram: { dataPoints: metric.points.map(histogram), aggregationTemporality },
      };
    case "exponential":
      return {
        ...common,
        exponentialHistogram: {
          dataPoints: metric.points.map(exponential),
          aggregationTemporality,
        },
      };
  }
}

function common({ attributes, startEpochMs, epochMs, exemplars }: Point): object {
  return {
    attributes: jsonAttributes(attributes),
    startTimeUnixNano: nsText(WALL_CLOCK, startEpochMs),
    timeUnixNano: nsText(WALL_CLOCK, epochMs),
    exemplars: exemplars.length === 0 ? undefined : exemplars.map(exemplar),
  };
}

function exemplar({ value, epochMs, span }: Exemplar): object {
  return {
    timeUnixNano: nsText(WALL_CLOCK, epochMs),
    asDouble: value,
    spanId: span.spanId,
    traceId: span.traceId,
  };
}

function numbers(points: readonly NumberPoint[], isInteger: boolean): object[] {
  return points.map((point) => ({
    ...common(point),
    ...(isInteger && Number.isSafeInteger(point.value)
      ? { asInt: String(point.value) }
      : { asDouble: point.value }),
  }));
}

function histogram(point: HistogramPoint): object {
  return {
    ...common(point),
    count: String(point.count),
    sum: point.sum,
    bucketCounts: point.bucketCounts.map(String),
    explicitBounds: point.bounds,
    min: point.min,
    max: point.max,
  };
}

function exponential(point: ExponentialPoint): object {
  const buckets = ({ offset, counts }: ExponentialPoint["positive"]) =>
    counts.length === 0 ? undefined : { offset, bucketCounts: counts.map(String) };
  return {
    ...common(point),
    count: String(point.count),
    sum: point.sum,
    scale: point.scale,
    zeroCount: String(point.zeroCount),
    positive: buckets(point.positive),
    negative: buckets(point.negative),
    min: point.min,
    max: point.max,
  };
}
