import protobuf from "npm:protobufjs@8.8.1";
import { OTLP_DESCRIPTOR } from "./otlp_descriptor.ts";

/** A span as it was on the wire, with what it came in. */
export interface DecodedSpan {
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** The name of the instrumentation scope. */
  readonly scope: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 16 hex digits, or the empty string. */
  readonly parentSpanId: string;
  /** The tracestate list. */
  readonly traceState: string;
  /** Its name. */
  readonly name: string;
  /** The wire's kind: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Nanoseconds since the epoch. */
  readonly startTimeUnixNano: bigint;
  /** Nanoseconds since the epoch. */
  readonly endTimeUnixNano: bigint;
  /** Its attributes; 64-bit integers that no double can hold are bigints. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What happened within. */
  readonly events: readonly DecodedEvent[];
  /** Ties to other spans. */
  readonly links: readonly DecodedLink[];
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  /** Why. */
  readonly statusMessage: string;
  /** Trace flags, and bits 8 and 9 on the parent. */
  readonly flags: number;
  /** Attributes left out by the sender. */
  readonly droppedAttributesCount: number;
  /** Events left out by the sender. */
  readonly droppedEventsCount: number;
  /** Links left out by the sender. */
  readonly droppedLinksCount: number;
}

/** An event of a span. */
export interface DecodedEvent {
  /** What happened. */
  readonly name: string;
  /** Nanoseconds since the epoch. */
  readonly timeUnixNano: bigint;
  /** Details. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes left out by the sender. */
  readonly droppedAttributesCount: number;
}

/** A link of a span. */
export interface DecodedLink {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Details. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes left out by the sender. */
  readonly droppedAttributesCount: number;
}

/** A log record as it was on the wire, with what it came in. */
export interface DecodedLog {
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, unknown>>;
  /** The name of the instrumentation scope. */
  readonly scope: string;
  /** Nanoseconds since the epoch; when it was observed, where the sender gave no other time. */
  readonly timeUnixNano: bigint;
  /** 1 to 24. */
  readonly severityNumber: number;
  /** The level's name. */
  readonly severityText: string;
  /** The message, or another value. */
  readonly body: unknown;
  /** Its attributes. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 32 hex digits, or the empty string. */
  readonly traceId: string;
  /** 16 hex digits, or the empty string. */
  readonly spanId: string;
  /** The event's name, or the empty string. */
  readonly eventName: string;
}

/** For the other decoders. */
export type Json = Readonly<Record<string, unknown>>;

const root = protobuf.Root.fromJSON(OTLP_DESCRIPTOR as protobuf.INamespace);
/** For the other decoders. */
export const service = (signal: string, name: string) =>
  root.lookupType(`opentelemetry.proto.collector.${signal}.v1.Export${name}ServiceRequest`);
const TRACES = service("trace", "Trace");
const LOGS = service("logs", "Logs");

/**
 * Decodes an `ExportTraceServiceRequest`, by OpenTelemetry's own definitions and not by the code
 * that wrote it.
 *
 * @throws {Error} When the body is malformed: it says how.
 */
export function decodeTraces(body: Uint8Array, contentType: string): DecodedSpan[] {
  return records(read(TRACES, body, contentType), "resourceSpans", "scopeSpans", "spans", spanOf);
}

/**
 * Decodes an `ExportLogsServiceRequest`.
 *
 * @throws {Error} When the body is malformed: it says how.
 */
export function decodeLogs(body: Uint8Array, contentType: string): DecodedLog[] {
  return records(read(LOGS, body, contentType), "resourceLogs", "scopeLogs", "logRecords", logOf);
}

/** For the other decoders. */
export function read(type: protobuf.Type, body: Uint8Array, contentType: string): Json {
  if (contentType.includes("json")) {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (!isObject(parsed)) throw new TypeError("OTLP JSON: the body is not an object");
    return parsed;
  }
  return type.toObject(type.decode(body), { longs: String }) as Json;
}

/** For the other decoders. */
export function records<R>(
  request: Json,
  resources: string,
  scopes: string,
  names: string,
  make: (record: Json, resource: Json, scope: string) => R,
): R[] {
  const found: R[] = [];
  for (const ofResource of list(request[resources])) {
    const resource = attributesOf(object(ofResource.resource).attributes);
    for (const ofScope of list(ofResource[scopes])) {
      const scope = text(object(ofScope.scope).name);
      for (const record of list(ofScope[names])) found.push(make(record, resource, scope));
    }
  }
  return found;
}

function spanOf(span: Json, resource: Json, scope: string): DecodedSpan {
  const status = object(span.status);
  return {
    resource,
    scope,
    traceId: id(span.traceId, 16, "traceId"),
    spanId: id(span.spanId, 8, "spanId"),
    parentSpanId: optionalId(span.parentSpanId, 8, "parentSpanId"),
    traceState: text(span.traceState),
    name: text(span.name),
    kind: number(span.kind),
    startTimeUnixNano: nanoseconds(span.startTimeUnixNano),
    endTimeUnixNano: nanoseconds(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    events: list(span.events).map((event) => ({
      name: text(event.name),
      timeUnixNano: nanoseconds(event.timeUnixNano),
      attributes: attributesOf(event.attributes),
      droppedAttributesCount: number(event.droppedAttributesCount),
    })),
    links: list(span.links).map((link) => ({
      traceId: id(link.traceId, 16, "links.traceId"),
      spanId: id(link.spanId, 8, "links.spanId"),
      attributes: attributesOf(link.attributes),
      droppedAttributesCount: number(link.droppedAttributesCount),
    })),
    statusCode: number(status.code),
    statusMessage: text(status.message),
    flags: number(span.flags),
    droppedAttributesCount: number(span.droppedAttributesCount),
    droppedEventsCount: number(span.droppedEventsCount),
    droppedLinksCount: number(span.droppedLinksCount),
  };
}

function logOf(record: Json, resource: Json, scope: string): DecodedLog {
  return {
    resource,
    scope,
    timeUnixNano: nanoseconds(record.timeUnixNano) || nanoseconds(record.observedTimeUnixNano),
    severityNumber: number(record.severityNumber),
    severityText: text(record.severityText),
    body: anyValue(record.body),
    attributes: attributesOf(record.attributes),
    traceId: optionalId(record.traceId, 16, "traceId"),
    spanId: optionalId(record.spanId, 8, "spanId"),
    eventName: text(record.eventName),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** For the other decoders. */
export function object(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** For the other decoders. */
export function list(value: unknown): Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw new TypeError("OTLP: a list of messages was expected");
  }
  return value;
}

/** For the other decoders. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** For the other decoders. */
export function number(value: unknown): number {
  return Number(value ?? 0) || 0;
}

/** For the other decoders. */
export function nanoseconds(value: unknown): bigint {
  return typeof value === "string" || typeof value === "number" ? BigInt(value) : 0n;
}

/** For the other decoders. */
export function optionalId(value: unknown, bytes: number, name: string): string {
  const isAbsent = value === undefined || value === null || value === "" ||
    (value instanceof Uint8Array && value.length === 0);
  return isAbsent ? "" : id(value, bytes, name);
}

function id(value: unknown, bytes: number, name: string): string {
  const hex = value instanceof Uint8Array ? value.toHex() : text(value).toLowerCase();
  if (hex.length !== bytes * 2 || !/^[0-9a-f]*$/.test(hex)) {
    throw new TypeError(`OTLP: ${name} is ${hex.length / 2} bytes of hex, allowed are ${bytes}`);
  }
  return hex;
}

/** For the other decoders. */
export function attributesOf(value: unknown): Json {
  const attributes: Record<string, unknown> = Object.create(null);
  for (const pair of list(value)) {
    const key = text(pair.key);
    if (Object.hasOwn(attributes, key)) throw new TypeError(`OTLP: attribute ${key} comes twice`);
    attributes[key] = anyValue(pair.value);
  }
  return attributes;
}

function anyValue(value: unknown): unknown {
  const any = object(value);
  if (any.stringValue !== undefined) return any.stringValue;
  if (any.boolValue !== undefined) return any.boolValue;
  if (any.doubleValue !== undefined) return Number(any.doubleValue);
  if (any.bytesValue !== undefined) {
    return typeof any.bytesValue === "string"
      ? Uint8Array.fromBase64(any.bytesValue)
      : any.bytesValue;
  }
  if (any.intValue !== undefined) {
    const exact = BigInt(any.intValue as string);
    return BigInt.asIntN(54, exact) === exact ? Number(exact) : exact;
  }
  if (any.arrayValue !== undefined) return list(object(any.arrayValue).values).map(anyValue);
  if (any.kvlistValue !== undefined) return attributesOf(object(any.kvlistValue).values);
  return null;
}
