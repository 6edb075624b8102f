import { TimeAnchor } from "../core/clock.ts";
import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialPoint,
  HistogramPoint,
  MetricRecord,
  NumberPoint,
} from "../core/metric_records.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";
import { writeIds, writeTime } from "./span_protobuf.ts";

const WALL_CLOCK = /* @__PURE__ */ new TimeAnchor(0);
const TWO_TO_32 = 4294967296;

/**
 * Writes a metric as field 2 of ScopeMetrics (opentelemetry-proto, `metrics/v1/metrics.proto`,
 * message Metric).
 */
export function writeMetric(writer: ProtobufWriter, metric: MetricRecord): void {
  writer.message(0x12, () => {
    writer.name(0x0a, metric.name);
    if (metric.description) writer.name(0x12, metric.description);
    if (metric.unit) writer.name(0x1a, metric.unit);
    switch (metric.kind) {
      case "gauge":
        return writer.message(0x2a, () => numberPoints(writer, metric.points, metric.isInteger));
      case "sum":
        return writer.message(0x3a, () => {
          numberPoints(writer, metric.points, metric.isInteger);
          temporality(writer, metric);
          writer.count(0x18, Number(metric.isMonotonic));
        });
      case "histogram":
        return writer.message(0x4a, () => {
          for (const point of metric.points) histogramPoint(writer, point);
          temporality(writer, metric);
        });
      case "exponential":
        return writer.message(0x52, () => {
          for (const point of metric.points) exponentialPoint(writer, point);
          temporality(writer, metric);
        });
    }
  });
}

function temporality(writer: ProtobufWriter, metric: MetricRecord): void {
  writer.count(0x10, metric.temporality === "delta" ? 1 : 2);
}

function numberPoints(
  writer: ProtobufWriter,
  points: readonly NumberPoint[],
  isInteger: boolean,
): void {
  for (const point of points) {
    writer.message(0x0a, () => {
      times(writer, point);
      if (isInteger && Number.isSafeInteger(point.value)) {
        fixed64(writer, 0x31, point.value);
      } else writer.double(0x21, point.value);
      exemplars(writer, 0x2a, point.exemplars);
      attributes(writer, 0x3a, point.attributes);
    });
  }
}

function histogramPoint(writer: ProtobufWriter, point: HistogramPoint): void {
  writer.message(0x0a, () => {
    times(writer, point);
    fixed64(writer, 0x21, point.count);
    writer.double(0x29, point.sum);
    packed(writer, 0x32, point.bucketCounts, (count) => rawFixed64(writer, count));
    packed(writer, 0x3a, point.bounds, (bound) => writer.rawDouble(bound));
    exemplars(writer, 0x42, point.exemplars);
    attributes(writer, 0x4a, point.attributes);
    if (point.min !== undefined) writer.double(0x59, point.min);
    if (point.max !== undefined) writer.double(0x61, point.max);
  });
}

function exponentialPoint(writer: ProtobufWriter, point: ExponentialPoint): void {
  writer.message(0x0a, () => {
    attributes(writer, 0x0a, point.attributes);
    times(writer, point);
    fixed64(writer, 0x21, point.count);
    writer.double(0x29, point.sum);
    writer.count(0x30, zigzag(point.scale));
    fixed64(writer, 0x39, point.zeroCount);
    buckets(writer, 0x42, point.positive);
    buckets(writer, 0x4a, point.negative);
    exemplars(writer, 0x5a, point.exemplars);
    if (point.min !== undefined) writer.double(0x61, point.min);
    if (point.max !== undefined) writer.double(0x69, point.max);
  });
}

function buckets(
  writer: ProtobufWriter,
  tag: number,
  { offset, counts }: ExponentialBuckets,
): void {
  if (counts.length === 0) return;
  writer.message(tag, () => {
    writer.count(0x08, zigzag(offset));
    packed(writer, 0x12, counts, (count) => writer.varint(count));
  });
}

function exemplars(writer: ProtobufWriter, tag: number, all: readonly Exemplar[]): void {
  for (const { value, epochMs, span } of all) {
    writer.message(tag, () => {
      writeTime(writer, 0x11, WALL_CLOCK, epochMs);
      writer.double(0x19, value);
      writeIds(writer, 0x2a, 0x22, span);
    });
  }
}

function attributes(
  writer: ProtobufWriter,
  tag: number,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const key of Object.keys(values)) writer.attribute(tag, key, values[key]);
}

function times(
  writer: ProtobufWriter,
  { startEpochMs, epochMs }: { readonly startEpochMs: number; readonly epochMs: number },
): void {
  writeTime(writer, 0x11, WALL_CLOCK, startEpochMs);
  writeTime(writer, 0x19, WALL_CLOCK, epochMs);
}

function fixed64(writer: ProtobufWriter, tag: number, value: number): void {
  writer.tag(tag);
  rawFixed64(writer, value);
}

/** An integer of two words, negative or not. */
function rawFixed64(writer: ProtobufWriter, value: number): void {
  writer.ensure(8);
  writer.view.setInt32(writer.position, value % TWO_TO_32, true);
  writer.view.setInt32(writer.position + 4, Math.floor(value / TWO_TO_32), true);
  writer.position += 8;
}

function packed(
  writer: ProtobufWriter,
  tag: number,
  values: readonly number[],
  write: (value: number) => void,
): void {
  if (values.length) writer.message(tag, () => values.forEach(write));
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
