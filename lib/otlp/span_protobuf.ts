import type { Attributes } from "../core/attributes.ts";
import type { SpanEvent, SpanLink, SpanRecord } from "../core/records.ts";
import type { TimeAnchor } from "../core/clock.ts";
import type { SpanContext } from "../core/span_context.ts";
import { namesOf, valueAt } from "../core/value.ts";
import { writeNs } from "./nanoseconds.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";

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
  writer.tag(0x12);
  const start = writer.open(2);
  writeContext(writer, span);
  if ((span.parentS0 | span.parentS1) !== 0) {
    writer.tag(0x22);
    writer.tag(8);
    writer.int32(span.parentS0);
    writer.int32(span.parentS1);
  }
  writer.name(0x2a, span.name);
  // The API counts kinds from 0 (internal), the wire from 1.
  writer.tag(0x30);
  writer.tag(span.kind + 1);
  writeTime(writer, 0x39, span.anchor, span.startMonotonicMs);
  writeTime(writer, 0x41, span.anchor, span.endMonotonicMs);
  writeSpanAttributes(writer, span);
  writer.count(0x50, span.droppedAttributes);
  if (span.events !== undefined) writeEvents(writer, span.anchor, span.events);
  writer.count(0x60, span.droppedEvents);
  if (span.links !== undefined) writeLinks(writer, span.links);
  writer.count(0x70, span.droppedLinks);
  if (span.statusCode !== 0) writeStatus(writer, span);
  writer.tag(0x85);
  writeFlags(writer, 0x01, span.traceFlags, span.isParentRemote);
  writer.close(start, 2);
}

/** Writes ids and trace state, which spans and links have as fields 1 to 3. Needs 30 bytes of room. */
function writeContext(writer: ProtobufWriter, context: SpanContext): void {
  writeIds(writer, 0x0a, 0x12, context);
  const { traceStateText } = context;
  if (traceStateText === "") return;
  // A short one is ours alone, and the same for most spans.
  if (traceStateText.length < 16) return writer.name(0x1a, traceStateText);
  writer.tag(0x1a);
  writer.text(traceStateText);
}

/** Writes the flags of a trace, and whether what they belong to is remote, behind `tag`. */
function writeFlags(
  writer: ProtobufWriter,
  tag: number,
  traceFlags: number,
  isRemote: boolean,
): void {
  writer.tag(tag);
  const flags = traceFlags | FLAG_HAS_IS_REMOTE | (isRemote ? FLAG_IS_REMOTE : 0);
  writer.view.setUint32(writer.position, flags, true);
  writer.position += 4;
}

/** Writes the ids of a span, each behind its tag. Needs 28 bytes of room. */
export function writeIds(
  writer: ProtobufWriter,
  traceTag: number,
  spanTag: number,
  { t0, t1, t2, t3, s0, s1 }: Pick<SpanContext, "t0" | "t1" | "t2" | "t3" | "s0" | "s1">,
): void {
  const { view, position } = writer;
  view.setUint16(position, traceTag << 8 | 16);
  view.setInt32(position + 2, t0);
  view.setInt32(position + 6, t1);
  view.setInt32(position + 10, t2);
  view.setInt32(position + 14, t3);
  view.setUint16(position + 18, spanTag << 8 | 8);
  view.setInt32(position + 20, s0);
  view.setInt32(position + 24, s1);
  writer.position = position + 28;
}

/** Writes a fixed64 of nanoseconds since the epoch behind its tag. Needs 9 bytes of room. */
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
  writeAttributes(writer, 0x4a, span.startAttributes, span.laterKeys);
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

function writeEvents(
  writer: ProtobufWriter,
  anchor: TimeAnchor,
  events: readonly SpanEvent[],
): void {
  for (const { monotonicMs, name, attributes, droppedAttributes } of events) {
    writer.message(0x5a, () => {
      writeTime(writer, 0x09, anchor, monotonicMs);
      writer.name(0x12, name);
      writeAttributes(writer, 0x1a, attributes);
      writer.count(0x20, droppedAttributes!);
    });
  }
}

function writeLinks(writer: ProtobufWriter, links: readonly SpanLink[]): void {
  for (const { context, attributes, droppedAttributes } of links) {
    writer.message(0x6a, () => {
      writeContext(writer, context);
      writeAttributes(writer, 0x22, attributes);
      writer.count(0x28, droppedAttributes!);
      writeFlags(writer, 0x35, context.traceFlags, context.isRemote);
    });
  }
}

/** Writes every own name of an object as one KeyValue each, but ours and those that come later. */
export function writeAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes | undefined,
  laterKeys?: readonly string[],
): void {
  for (const key of namesOf(attributes)) {
    if (key === TRANSACTION_ATTRIBUTE || laterKeys?.includes(key)) continue;
    const value = valueAt(attributes!, key);
    if (value !== undefined) writer.attribute(tag, key, value);
  }
}

function writeStatus(writer: ProtobufWriter, { statusMessage, statusCode }: SpanRecord): void {
  writer.message(0x7a, () => {
    if (statusMessage) {
      writer.tag(0x12);
      writer.text(statusMessage);
    }
    writer.count(0x18, statusCode);
  });
}
