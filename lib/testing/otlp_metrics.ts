import {
  attributesOf,
  type Json,
  list,
  nanoseconds,
  number,
  object,
  optionalId,
  read,
  records,
  service,
  text,
} from "./otlp.ts";

const METRICS = service("metrics", "Metrics");

/** A metric as it was on the wire, with what it came in. */
export interface DecodedMetric {
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** The name of the instrumentation scope. */
  readonly scope: string;
  /** Its name. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  /** In UCUM. */
  readonly unit: string;
  /** What its points are. */
  readonly kind: "gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary";
  /** 1 delta, 2 cumulative, 0 for a gauge. */
  readonly temporality: number;
  /** True for a sum that only grows. */
  readonly isMonotonic: boolean;
  /** Its points. */
  readonly points: readonly DecodedPoint[];
}

/** A point of a metric; what its kind does not have is undefined or empty. */
export interface DecodedPoint {
  /** What tells it from others. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Nanoseconds since the epoch. */
  readonly startTimeUnixNano: bigint;
  /** Nanoseconds since the epoch. */
  readonly timeUnixNano: bigint;
  /** Of a gauge or sum. */
  readonly value: number | undefined;
  /** Of a histogram. */
  readonly count: number | undefined;
  /** Of a histogram. */
  readonly sum: number | undefined;
  /** Of a histogram, where it is known. */
  readonly min: number | undefined;
  /** Of a histogram, where it is known. */
  readonly max: number | undefined;
  /** Of a histogram with explicit bounds. */
  readonly bounds: readonly number[];
  /** Of a histogram with explicit bounds. */
  readonly bucketCounts: readonly number[];
  /** Of an exponential histogram. */
  readonly scale: number | undefined;
  /** Of an exponential histogram. */
  readonly zeroCount: number | undefined;
  /** Of an exponential histogram. */
  readonly positive: DecodedBuckets;
  /** Of an exponential histogram. */
  readonly negative: DecodedBuckets;
  /** Measurements with their spans. */
  readonly exemplars: readonly DecodedExemplar[];
}

/** A row of buckets of an exponential histogram. */
export interface DecodedBuckets {
  /** The index of the first. */
  readonly offset: number;
  /** How many each holds. */
  readonly counts: readonly number[];
}

/** A measurement with its span. */
export interface DecodedExemplar {
  /** What was measured. */
  readonly value: number;
  /** 32 hex digits, or the empty string. */
  readonly traceId: string;
  /** 16 hex digits, or the empty string. */
  readonly spanId: string;
}

/**
 * Decodes an `ExportMetricsServiceRequest`.
 *
 * @throws {Error} When the body is malformed: it says how.
 */
export function decodeMetrics(body: Uint8Array, contentType: string): DecodedMetric[] {
  const request = read(METRICS, body, contentType);
  return records(request, "resourceMetrics", "scopeMetrics", "metrics", metricOf);
}

const KINDS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;

function metricOf(metric: Json, resource: Json, scope: string): DecodedMetric {
  const kind = KINDS.find((one) => metric[one] !== undefined && metric[one] !== null);
  if (kind === undefined) throw new TypeError(`OTLP: metric ${text(metric.name)} has no data`);
  const data = object(metric[kind]);
  return {
    resource,
    scope,
    name: text(metric.name),
    description: text(metric.description),
    unit: text(metric.unit),
    kind,
    temporality: number(data.aggregationTemporality),
    isMonotonic: data.isMonotonic === true,
    points: list(data.dataPoints).map(pointOf),
  };
}

function pointOf(point: Json): DecodedPoint {
  const optional = (value: unknown) =>
    value === undefined || value === null ? undefined : number(value);
  const buckets = (value: unknown): DecodedBuckets => {
    const { offset, bucketCounts } = object(value);
    return { offset: number(offset), counts: numbers(bucketCounts) };
  };
  return {
    attributes: attributesOf(point.attributes),
    startTimeUnixNano: nanoseconds(point.startTimeUnixNano),
    timeUnixNano: nanoseconds(point.timeUnixNano),
    value: optional(point.asInt ?? point.asDouble),
    count: optional(point.count),
    sum: optional(point.sum),
    min: optional(point.min),
    max: optional(point.max),
    bounds: numbers(point.explicitBounds),
    bucketCounts: numbers(point.bucketCounts),
    scale: optional(point.scale),
    zeroCount: optional(point.zeroCount),
    positive: buckets(point.positive),
    negative: buckets(point.negative),
    exemplars: list(point.exemplars).map((exemplar) => ({
      value: number(exemplar.asInt ?? exemplar.asDouble),
      traceId: optionalId(exemplar.traceId, 16, "exemplars.traceId"),
      spanId: optionalId(exemplar.spanId, 8, "exemplars.spanId"),
    })),
  };
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(number) : [];
}
