import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { LogRecord, MetricRecord, SpanRecord } from "../../mod.ts";
import type { DecodedLog, DecodedMetric, DecodedSpan } from "../../lib/testing/mod.ts";

/** The value that arrives for one that was recorded, by OpenTelemetry's own mapping. */
function arrived(value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(arrived);
  if (value instanceof Uint8Array) return [...value];
  if (typeof value === "object") return attributesOf(value as Record<string, unknown>);
  return value;
}

function attributesOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, arrived(value)]),
  );
}

function near(actual: bigint, epochMs: number): void {
  // A double of milliseconds since the epoch is exact to a quarter of a microsecond.
  assertAlmostEquals(Number(actual / 1000n), epochMs * 1000, 2);
}

function compareResource(resource: Readonly<Record<string, unknown>>): void {
  assertEquals(resource["service.version"], "1.2.3");
  assertEquals(resource["deployment.environment.name"], "test");
}

/** Holds a span that arrived against the one that was recorded, field by field. */
export function compareSpan(got: DecodedSpan, record: SpanRecord): void {
  compareResource(got.resource);
  assertEquals(got.scope, record.scope.name);
  assertEquals(got.resource["service.name"], record.scope.name);
  assertEquals(
    [got.traceId, got.spanId, got.parentSpanId, got.name, got.kind],
    [record.traceId, record.spanId, record.parentSpanId, record.name, record.kind + 1],
  );
  assertEquals(got.traceState, record.traceStateText);
  near(got.startTimeUnixNano, record.startEpochMs);
  near(got.endTimeUnixNano, record.startEpochMs + record.durationMs);
  assertEquals(attributesOf(got.attributes), attributesOf(record.attributes()));
  assertEquals([got.statusCode, got.statusMessage], [
    // The API has ok as 1 and error as 2, as has the wire.
    record.statusCode,
    record.statusMessage,
  ]);
  assertEquals(got.flags & 0xff, record.traceFlags);
  assertEquals(got.flags >> 8, record.isParentRemote ? 3 : 1);
  assertEquals(
    [got.droppedAttributesCount, got.droppedEventsCount, got.droppedLinksCount],
    [record.droppedAttributes, record.droppedEvents, record.droppedLinks],
  );
  assertEquals(got.events.length, record.events?.length ?? 0);
  for (const [index, event] of (record.events ?? []).entries()) {
    const { name, attributes, timeUnixNano } = got.events[index];
    assertEquals([name, attributesOf(attributes)], [
      event.name,
      attributesOf(event.attributes ?? {}),
    ]);
    near(timeUnixNano, record.anchor.wallMs(event.monotonicMs));
  }
  assertEquals(
    got.links.map(({ traceId, spanId, attributes }) => [traceId, spanId, attributesOf(attributes)]),
    (record.links ?? []).map(({ context, attributes }) => [
      context.traceId,
      context.spanId,
      attributesOf(attributes ?? {}),
    ]),
  );
}

/** Holds a log line that arrived against the one that was written, field by field. */
export function compareLog(got: DecodedLog, record: LogRecord): void {
  compareResource(got.resource);
  assertEquals(got.scope, record.scope.name);
  assertEquals([got.body, got.severityNumber], [record.message, record.severity]);
  assertEquals([got.traceId, got.spanId], [
    record.span?.traceId ?? "",
    record.span?.spanId ?? "",
  ]);
  assertEquals(got.eventName, record.eventName ?? "");
  assertEquals(
    attributesOf(got.attributes),
    attributesOf({ ...record.bindings, ...record.fields }),
  );
  near(got.timeUnixNano, record.anchor.wallMs(record.monotonicMs));
}

/** Holds a metric that arrived against what the meter gave, field by field. */
export function compareMetric(got: DecodedMetric, record: MetricRecord): void {
  compareResource(got.resource);
  const kind = record.kind === "exponential" ? "exponentialHistogram" : record.kind;
  assertEquals(
    [got.name, got.description, got.unit, got.kind, got.scope],
    [record.name, record.description, record.unit, kind, record.scope.name],
  );
  if (record.kind !== "gauge") {
    assertEquals(got.temporality, record.temporality === "delta" ? 1 : 2);
  }
  if (record.kind === "sum") assertEquals(got.isMonotonic, record.isMonotonic);
  assertEquals(got.points.length, record.points.length);
  for (const [index, point] of record.points.entries()) {
    const one = got.points[index];
    assertEquals(attributesOf(one.attributes), attributesOf({ ...point.attributes }));
    near(one.timeUnixNano, point.epochMs);
    if (record.kind !== "gauge") near(one.startTimeUnixNano, point.startEpochMs);
    if ("value" in point) assertEquals(one.value, point.value);
    if ("count" in point) {
      assertEquals([one.count, one.sum, one.min, one.max], [
        point.count,
        point.sum,
        point.min,
        point.max,
      ]);
    }
    if ("bounds" in point) {
      assertEquals([one.bounds, one.bucketCounts], [[...point.bounds], [...point.bucketCounts]]);
    }
    if ("scale" in point) {
      assertEquals([one.scale, one.zeroCount], [point.scale, point.zeroCount]);
      for (const side of ["positive", "negative"] as const) {
        assertEquals([...one[side].counts], [...point[side].counts]);
        if (point[side].counts.length > 0) assertEquals(one[side].offset, point[side].offset);
      }
      assert(one.positive.counts.length > 0);
    }
  }
}
