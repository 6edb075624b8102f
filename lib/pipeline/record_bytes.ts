import type { Attributes } from "../core/attributes.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";

/** Bytes that a span takes while it waits, about: the object, and its texts. */
export function bytesOfSpan(span: SpanRecord): number {
  let bytes = 480 + bytesOfFields(span.startAttributes);
  for (const value of span.laterValues ?? []) bytes += bytesOf(value);
  for (const event of span.events ?? []) bytes += 100 + bytesOfFields(event.attributes);
  return bytes + (span.links?.length ?? 0) * 150;
}

/** The same of a line. */
export function bytesOfLog({ message, fields }: LogRecord): number {
  return 200 + message.length * 2 + bytesOfFields(fields);
}

function bytesOfFields(fields: Attributes | undefined): number {
  if (fields === undefined) return 0;
  let bytes = 0;
  for (const key in fields) bytes += bytesOf(fields[key]);
  return bytes;
}

function bytesOf(value: unknown): number {
  return typeof value === "string" ? 24 + value.length * 2 : 32;
}
