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
import { writeTime, writeTraceId } from "./span_protobuf.ts";

const WALL_CLOCK = /* @__PURE__ */ new TimeAnchor(0);
const TWO_TO_32 = 4294967296;

/**
 * Writes a metric as field 2 of ScopeMetrics (opentelemetry-proto, `metrics/v1/metrics.proto`,
 * message Metric).
 */
export function writeMetric(writer: ProtobufWriter, metric: MetricRecord): void {
  message(writer, 0x12, () => {
    named(writer, 0x0a, metric.name);
    if (metric.description !== "") named(writer, 0x12, metric.description);
    if (metric.unit !== "") named(writer, 0x1a, metric.unit);
    switch (metric.kind) {
      case "gauge":
        return message(writer, 0x2a, () => numberPoints(writer, metric.points, metric.isInteger));
      case "sum":
        return message(writer, 0x3a, () => {
          numberPoints(writer, metric.points, metric.isInteger);
          temporality(writer, metric);
          if (metric.isMonotonic) bytes(writer, 0x18, 1);
        });
      case "histogram":
        return message(writer, 0x4a, () => {
          for (const point of metric.points) histogramPoint(writer, point);
          temporality(writer, metric);
        });
      case "exponential":
        return message(writer, 0x52, () => {
          for (const point of metric.points) exponentialPoint(writer, point);
          temporality(writer, metric);
        });
    }
  });
}

function temporality(writer: ProtobufWriter, metric: MetricRecord): void {
  bytes(writer, 0x10, metric.temporality === "delta" ? 1 : 2);
}

function numberPoints(
  writer: ProtobufWriter,
  points: readonly NumberPoint[],
  isInteger: boolean,
): void {
  for (const point of points) {
    message(writer, 0x0a, () => {
      times(writer, point);
      if (isInteger && Number.isSafeInteger(point.value)) {
        writer.ensure(9);
        writer.buffer[writer.position] = 0x31;
        writer.view.setBigInt64(writer.position + 1, BigInt(point.value), true);
        writer.position += 9;
      } else double(writer, 0x21, point.value);
      exemplars(writer, 0x2a, point.exemplars);
      attributes(writer, 0x3a, point.attributes);
    });
  }
}

function histogramPoint(writer: ProtobufWriter, point: HistogramPoint): void {
  message(writer, 0x0a, () => {
    times(writer, point);
    fixed64(writer, 0x21, point.count);
    double(writer, 0x29, point.sum);
    packed(writer, 0x32, point.bucketCounts, (count) => rawFixed64(writer, count));
    packed(writer, 0x3a, point.bounds, (bound) => rawDouble(writer, bound));
    exemplars(writer, 0x42, point.exemplars);
    attributes(writer, 0x4a, point.attributes);
    if (point.min !== undefined) double(writer, 0x59, point.min);
    if (point.max !== undefined) double(writer, 0x61, point.max);
  });
}

function exponentialPoint(writer: ProtobufWriter, point: ExponentialPoint): void {
  message(writer, 0x0a, () => {
    attributes(writer, 0x0a, point.attributes);
    times(writer, point);
    fixed64(writer, 0x21, point.count);
    double(writer, 0x29, point.sum);
    writer.ensure(11);
    writer.buffer[writer.position++] = 0x30;
    writer.varint(zigzag(point.scale));
    fixed64(writer, 0x39, point.zeroCount);
    buckets(writer, 0x42, point.positive);
    buckets(writer, 0x4a, point.negative);
    exemplars(writer, 0x5a, point.exemplars);
    if (point.min !== undefined) double(writer, 0x61, point.min);
    if (point.max !== undefined) double(writer, 0x69, point.max);
  });
}

function buckets(
  writer: ProtobufWriter,
  tag: number,
  { offset, counts }: ExponentialBuckets,
): void {
  if (counts.length === 0) return;
  message(writer, tag, () => {
    writer.ensure(11);
    writer.buffer[writer.position++] = 0x08;
    writer.varint(zigzag(offset));
    packed(writer, 0x12, counts, (count) => writer.varint(count));
  });
}

function exemplars(writer: ProtobufWriter, tag: number, all: readonly Exemplar[]): void {
  for (const { value, epochMs, span } of all) {
    message(writer, tag, () => {
      writer.ensure(64);
      writeTime(writer, 0x11, WALL_CLOCK, epochMs);
      double(writer, 0x19, value);
      bytes(writer, 0x22, 8);
      writer.int32(span.s0);
      writer.int32(span.s1);
      bytes(writer, 0x2a, 16);
      writeTraceId(writer, span);
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
  writer.ensure(18);
  writeTime(writer, 0x11, WALL_CLOCK, startEpochMs);
  writeTime(writer, 0x19, WALL_CLOCK, epochMs);
}

function message(writer: ProtobufWriter, tag: number, write: () => void): void {
  writer.ensure(2);
  writer.buffer[writer.position++] = tag;
  const start = writer.open();
  write();
  writer.close(start);
}

function named(writer: ProtobufWriter, tag: number, text: string): void {
  writer.ensure(1);
  writer.buffer[writer.position++] = tag;
  writer.name(text);
}

/** A tag and a byte; makes room for ids behind them. */
function bytes(writer: ProtobufWriter, tag: number, value: number): void {
  writer.ensure(18);
  writer.buffer[writer.position++] = tag;
  writer.buffer[writer.position++] = value;
}

function double(writer: ProtobufWriter, tag: number, value: number): void {
  writer.ensure(9);
  writer.buffer[writer.position++] = tag;
  rawDouble(writer, value);
}

function rawDouble(writer: ProtobufWriter, value: number): void {
  writer.ensure(8);
  writer.view.setFloat64(writer.position, value, true);
  writer.position += 8;
}

function fixed64(writer: ProtobufWriter, tag: number, value: number): void {
  writer.ensure(9);
  writer.buffer[writer.position++] = tag;
  rawFixed64(writer, value);
}

function rawFixed64(writer: ProtobufWriter, value: number): void {
  writer.ensure(8);
  writer.view.setUint32(writer.position, value % TWO_TO_32, true);
  writer.view.setUint32(writer.position + 4, Math.floor(value / TWO_TO_32), true);
  writer.position += 8;
}

function packed(
  writer: ProtobufWriter,
  tag: number,
  values: readonly number[],
  write: (value: number) => void,
): void {
  if (values.length === 0) return;
  message(writer, tag, () => values.forEach(write));
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
