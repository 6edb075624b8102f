import { levelOfSeverity } from "../core/level.ts";
import { nsText } from "./nanoseconds.ts";
import type { LogRecord, SpanEvent, SpanLink, SpanRecord } from "../core/records.ts";
import {
  bytesToBase64,
  cutText,
  MAX_NODES,
  MAX_TEXT,
  namesOf,
  type PlainValue,
  plainValue,
  TRUNCATED_ATTRIBUTE,
  truncation,
  valueAt,
} from "../core/value.ts";
import { TRANSACTION_ATTRIBUTE } from "./span_protobuf.ts";

const FLAG_HAS_IS_REMOTE = 0x100;
const FLAG_IS_REMOTE = 0x200;

/** One attribute of OTLP JSON. */
export interface JsonKeyValue {
  /** Its name. */
  readonly key: string;
  /** Its value: an AnyValue with one of `stringValue`, `intValue`, …; empty for null. */
  readonly value: object;
}

function anyValue(value: PlainValue): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value.toWellFormed() };
    case "boolean":
      return { boolValue: value };
    case "bigint":
      return { intValue: value.toString() };
    case "number":
      return numberValue(value);
  }
  if (value === null) return {};
  if (value instanceof Uint8Array) return { bytesValue: bytesToBase64(value) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return {
    kvlistValue: {
      values: Array.from(
        value as ReadonlyMap<string, PlainValue>,
        ([key, item]) => ({ key: key.toWellFormed(), value: anyValue(item) }),
      ),
    },
  };
}

function numberValue(value: number): object {
  if (Number.isInteger(value) && Math.abs(value) < 9007199254740992 && !Object.is(value, -0)) {
    return { intValue: String(value) };
  }
  // The JSON mapping of protobuf writes these three as text; JSON itself has no -0 to lose.
  if (Object.is(value, -0)) return { doubleValue: "-0" };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

/** Maps attributes to OTLP JSON, leaving out undefined values. */
export function jsonAttributes(
  ...sources: readonly (Readonly<Record<string, unknown>> | undefined)[]
): JsonKeyValue[] {
  const merged = new Map<string, unknown>();
  for (const source of sources) {
    for (const key of namesOf(source)) {
      const value = valueAt(source!, key);
      if (value !== undefined) merged.set(key, value);
    }
  }
  return Array.from(merged, ([key, value]) => keyValue(key, value, Number.POSITIVE_INFINITY));
}

function keyValue(key: string, value: unknown, textMax: number): JsonKeyValue {
  return { key: key.toWellFormed(), value: anyValue(plainValue(value, textMax)) };
}

function transaction(id: string | undefined): Record<string, unknown> | undefined {
  return id === undefined ? undefined : { [TRANSACTION_ATTRIBUTE]: id };
}

/** A span in OTLP JSON (opentelemetry-proto, `trace/v1/trace.proto`, message Span). */
export function spanJson(span: SpanRecord): object {
  span.limitAttributes();
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceStateText || undefined,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name.toWellFormed(),
    kind: span.kind + 1,
    startTimeUnixNano: nsText(span.anchor, span.startMonotonicMs),
    endTimeUnixNano: nsText(span.anchor, span.endMonotonicMs),
    attributes: jsonAttributes(span.attributes(), transaction(span.transactionId)),
    droppedAttributesCount: span.droppedAttributes || undefined,
    events: span.events?.map((event) => eventJson(span, event)),
    droppedEventsCount: span.droppedEvents || undefined,
    links: span.links?.map(linkJson),
    droppedLinksCount: span.droppedLinks || undefined,
    status: span.statusCode === 0
      ? undefined
      : { code: span.statusCode, message: span.statusMessage.toWellFormed() || undefined },
    flags: span.traceFlags | FLAG_HAS_IS_REMOTE | (span.isParentRemote ? FLAG_IS_REMOTE : 0),
  };
}

function eventJson(span: SpanRecord, event: SpanEvent): object {
  return {
    timeUnixNano: nsText(span.anchor, event.monotonicMs),
    name: event.name.toWellFormed(),
    attributes: event.attributes === undefined ? undefined : jsonAttributes(event.attributes),
    droppedAttributesCount: event.droppedAttributes || undefined,
  };
}

function linkJson({ context, attributes, droppedAttributes }: SpanLink): object {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    traceState: context.traceStateText || undefined,
    attributes: attributes === undefined ? undefined : jsonAttributes(attributes),
    droppedAttributesCount: droppedAttributes || undefined,
    flags: context.traceFlags | FLAG_HAS_IS_REMOTE | (context.isRemote ? FLAG_IS_REMOTE : 0),
  };
}

/** A log record in OTLP JSON (opentelemetry-proto, `logs/v1/logs.proto`, message LogRecord). */
export function logJson(record: LogRecord): object {
  const time = nsText(record.anchor, record.monotonicMs);
  const cutsBefore = truncation.count;
  const message = cutText(record.message, MAX_TEXT).toWellFormed();
  const attributes = logAttributes(record);
  const cuts = truncation.count - cutsBefore;
  if (cuts > 0) attributes.push(keyValue(TRUNCATED_ATTRIBUTE, cuts, MAX_TEXT));
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: record.severity,
    severityText: levelOfSeverity(record.severity).toUpperCase(),
    body: { stringValue: message },
    attributes,
    flags: record.span?.traceFlags,
    traceId: record.span?.traceId,
    spanId: record.span?.spanId,
    eventName: record.eventName,
  };
}

function logAttributes({ bindings, fields, transactionId }: LogRecord): JsonKeyValue[] {
  const merged = new Map<string, unknown>();
  for (const source of [bindings, fields]) {
    for (const key of namesOf(source)) {
      const value = valueAt(source!, key);
      if (value === undefined || key === TRUNCATED_ATTRIBUTE) continue;
      if (merged.size < MAX_NODES) merged.set(key, value);
      else truncation.count++;
    }
  }
  const own = transaction(transactionId);
  if (own !== undefined) { for (const [key, value] of Object.entries(own)) merged.set(key, value); }
  return Array.from(merged, ([key, value]) => keyValue(key, value, MAX_TEXT));
}
