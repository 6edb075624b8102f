import type { Attributes } from "../core/attributes.ts";
import type { SpanEvent, SpanLink, SpanRecord } from "../core/records.ts";
import type { TimeAnchor } from "../core/clock.ts";
import type { SpanContext } from "../core/span_context.ts";
import { namesOf, valueAt } from "../core/value.ts";
import { writeNs } from "./nanoseconds.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";

/** Fixed-width fields of a span: ids 18 + 10 + 10, kind 2, times 18, flags 6. */
const FIXED_BYTES = 64;
/** In a loop over names V8 knows this call by its form, as it does not know `Object.hasOwn`. */
const hasOwnProperty = /* @__PURE__ */ (() => Object.prototype.hasOwnProperty)();
/** Bits 8 and 9 of `Span.flags`: whether the parent's remoteness is known, and that it is remote. */
const FLAG_HAS_IS_REMOTE = 0x100;
const FLAG_IS_REMOTE = 0x200;

/** The attribute that carries a transaction id; one set by hand under this name is not written. */
export const TRANSACTION_ATTRIBUTE = "transaction.id";

/**
 * Writes a span as field 2 of ScopeSpans (opentelemetry-proto, `trace/v1/trace.proto`, message
 * Span), fields in the order of their numbers.
 */
export function writeSpan(writer: ProtobufWriter, span: SpanRecord): void {
  writer.ensure(FIXED_BYTES + 4);
  writer.buffer[writer.position++] = 0x12;
  const start = writer.openWide();
  writeIds(writer, span);
  if (span.traceStateText !== "") {
    writer.buffer[writer.position++] = 0x1a;
    // A short one is ours alone, and the same for most spans.
    if (span.traceStateText.length < 16) writer.name(span.traceStateText);
    else writer.text(span.traceStateText);
    writer.ensure(FIXED_BYTES);
  }
  if ((span.parentS0 | span.parentS1) !== 0) {
    const { view, position } = writer;
    view.setUint16(position, 0x2208);
    view.setInt32(position + 2, span.parentS0);
    view.setInt32(position + 6, span.parentS1);
    writer.position = position + 10;
  }
  writer.buffer[writer.position++] = 0x2a;
  writer.name(span.name);
  writer.ensure(FIXED_BYTES);
  // The API counts kinds from 0 (internal), the wire from 1.
  writer.view.setUint16(writer.position, 0x3001 + span.kind);
  writer.position += 2;
  writeTime(writer, 0x39, span.anchor, span.startMonotonicMs);
  writeTime(writer, 0x41, span.anchor, span.endMonotonicMs);
  writeSpanAttributes(writer, span);
  if (span.droppedAttributes > 0) writeCount(writer, 0x50, span.droppedAttributes);
  if (span.events !== undefined) writeEvents(writer, span.anchor, span.events);
  if (span.droppedEvents > 0) writeCount(writer, 0x60, span.droppedEvents);
  if (span.links !== undefined) writeLinks(writer, span.links);
  if (span.droppedLinks > 0) writeCount(writer, 0x70, span.droppedLinks);
  if (span.statusCode !== 0) writeStatus(writer, span);
  writer.ensure(6);
  writer.buffer[writer.position++] = 0x85;
  writer.buffer[writer.position++] = 0x01;
  writer.view.setUint32(
    writer.position,
    span.traceFlags | FLAG_HAS_IS_REMOTE | (span.isParentRemote ? FLAG_IS_REMOTE : 0),
    true,
  );
  writer.position += 4;
  writer.closeWide(start);
}

/** Writes the ids of a span as fields 1 and 2. Makes no room. */
function writeIds(writer: ProtobufWriter, ids: SpanContext): void {
  const { view, position } = writer;
  view.setUint16(position, 0x0a10);
  view.setInt32(position + 2, ids.t0);
  view.setInt32(position + 6, ids.t1);
  view.setInt32(position + 10, ids.t2);
  view.setInt32(position + 14, ids.t3);
  view.setUint16(position + 18, 0x1208);
  view.setInt32(position + 20, ids.s0);
  view.setInt32(position + 24, ids.s1);
  writer.position = position + 28;
}

/** Writes the sixteen bytes of a trace id. Makes no room. */
export function writeTraceId(
  writer: ProtobufWriter,
  ids: { readonly t0: number; readonly t1: number; readonly t2: number; readonly t3: number },
): void {
  writer.int32(ids.t0);
  writer.int32(ids.t1);
  writer.int32(ids.t2);
  writer.int32(ids.t3);
}

/** Writes a fixed64 of nanoseconds since the epoch behind its tag. Makes no room. */
export function writeTime(
  writer: ProtobufWriter,
  tag: number,
  anchor: TimeAnchor,
  monotonicMs: number,
): void {
  writer.buffer[writer.position] = tag;
  writeNs(writer.view, writer.position + 1, anchor, monotonicMs);
  writer.position += 9;
}

function writeSpanAttributes(writer: ProtobufWriter, span: SpanRecord): void {
  writeStartAttributes(writer, span);
  const { laterKeys, laterValues } = span;
  if (laterKeys !== undefined) {
    for (let index = 0; index < laterKeys.length; index++) {
      if (laterKeys[index] === TRANSACTION_ATTRIBUTE) continue;
      writer.attribute(0x4a, laterKeys[index], laterValues![index]);
    }
  }
  if (span.transactionId !== undefined) {
    writer.attribute(0x4a, TRANSACTION_ATTRIBUTE, span.transactionId);
  }
}

function writeStartAttributes(writer: ProtobufWriter, span: SpanRecord): void {
  const { startAttributes: start, laterKeys } = span;
  if (start === undefined) return;
  const most = span.attributeLimit - (laterKeys === undefined ? 0 : laterKeys.length);
  const before = writer.position;
  try {
    if (writePlain(writer, start, laterKeys, most)) return;
  } catch {
    // A getter or a Proxy of somebody's.
  }
  writer.position = before;
  if (namesOf(start).length > most) span.limitAttributes();
  const limited = span.startAttributes!;
  for (const key of namesOf(limited)) {
    if (key === TRANSACTION_ATTRIBUTE || span.laterKeys?.includes(key) === true) continue;
    const value = valueAt(limited, key);
    if (value !== undefined) writer.attribute(0x4a, key, value);
  }
}

/**
 * Writes attributes but those that were set again; gives false when there are more than `most`. A
 * loop over the names of objects of one shape costs less than a list of their names.
 */
function writePlain(
  writer: ProtobufWriter,
  start: Attributes,
  laterKeys: readonly string[] | undefined,
  most: number,
): boolean {
  let left = most;
  for (const key in start) {
    if (!hasOwnProperty.call(start, key)) continue;
    const value = start[key];
    if (value === undefined) continue;
    if (--left < 0) return false;
    if (key === TRANSACTION_ATTRIBUTE) continue;
    if (laterKeys === undefined || !laterKeys.includes(key)) writer.attribute(0x4a, key, value);
  }
  return true;
}

function writeCount(writer: ProtobufWriter, tag: number, count: number): void {
  writer.ensure(1);
  writer.buffer[writer.position++] = tag;
  writer.varint(count);
}

function writeEvents(
  writer: ProtobufWriter,
  anchor: TimeAnchor,
  events: readonly SpanEvent[],
): void {
  for (const event of events) {
    writer.ensure(16);
    writer.buffer[writer.position++] = 0x5a;
    const start = writer.open();
    writer.ensure(10);
    writeTime(writer, 0x09, anchor, event.monotonicMs);
    writer.buffer[writer.position++] = 0x12;
    writer.name(event.name);
    if (event.attributes !== undefined) writeAttributes(writer, 0x1a, event.attributes);
    if (event.droppedAttributes) writeCount(writer, 0x20, event.droppedAttributes);
    writer.close(start);
  }
}

function writeLinks(writer: ProtobufWriter, links: readonly SpanLink[]): void {
  for (const { context, attributes, droppedAttributes } of links) {
    writer.ensure(48);
    writer.buffer[writer.position++] = 0x6a;
    const start = writer.open();
    writer.ensure(48);
    writeIds(writer, context);
    if (context.traceStateText !== "") {
      writer.buffer[writer.position++] = 0x1a;
      writer.text(context.traceStateText);
    }
    if (attributes !== undefined) writeAttributes(writer, 0x22, attributes);
    if (droppedAttributes) writeCount(writer, 0x28, droppedAttributes);
    writer.ensure(5);
    writer.buffer[writer.position] = 0x35;
    writer.view.setUint32(
      writer.position + 1,
      context.traceFlags | FLAG_HAS_IS_REMOTE | (context.isRemote ? FLAG_IS_REMOTE : 0),
      true,
    );
    writer.position += 5;
    writer.close(start);
  }
}

/** Writes every own name of an object as one KeyValue each. */
export function writeAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Readonly<Record<string, unknown>>,
): void {
  for (const key of namesOf(attributes)) {
    if (key === TRANSACTION_ATTRIBUTE) continue;
    const value = valueAt(attributes, key);
    if (value !== undefined) writer.attribute(tag, key, value);
  }
}

function writeStatus(writer: ProtobufWriter, span: SpanRecord): void {
  writer.ensure(2);
  writer.buffer[writer.position++] = 0x7a;
  const start = writer.open();
  if (span.statusMessage !== "") {
    writer.ensure(1);
    writer.buffer[writer.position++] = 0x12;
    writer.text(span.statusMessage);
  }
  writeCount(writer, 0x18, span.statusCode);
  writer.close(start);
}
