import { protobufFields } from "../core/protobuf_fields.ts";

/** What a reply says of records that were refused. */
export interface PartialSuccess {
  /** How many records were refused. */
  readonly rejected?: number;
  /** Why, or a warning. */
  readonly reason?: string;
}

/** Reads what a reply says; may throw at one that can't be read, which then says nothing. */
export type ReadReply = (reply: Uint8Array, contentType: string) => PartialSuccess;

/**
 * Reads the `partial_success` of an OTLP reply, protobuf or JSON (OTLP specification, "Partial
 * Success").
 */
export const readPartialSuccess: ReadReply = (reply, contentType) =>
  contentType.includes("json") ? fromJson(reply) : readProtobufReply(reply, contentType);

function fromJson(reply: Uint8Array): PartialSuccess {
  const parsed: unknown = JSON.parse(new TextDecoder().decode(reply));
  const partial = field(parsed, "partialSuccess");
  const rejected = field(partial, "rejectedSpans") ?? field(partial, "rejectedLogRecords") ??
    field(partial, "rejectedDataPoints") ?? 0;
  return result(Number(rejected), String(field(partial, "errorMessage") ?? ""));
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function result(rejected: number, message: string): PartialSuccess {
  return {
    rejected: Number.isSafeInteger(rejected) ? Math.max(0, rejected) : 0,
    reason: message.slice(0, 512),
  };
}

/**
 * The same in protobuf alone: the messages of all signals have the same fields, `rejected_*` = 1 and
 * `error_message` = 2.
 */
export const readProtobufReply: ReadReply = (reply) => {
  const said: (number | Uint8Array)[] = [];
  for (const [outer, message] of protobufFields(reply)) {
    if (outer !== 1) continue;
    for (const [inner, value] of protobufFields(message as Uint8Array)) said[inner] = value;
  }
  return result(said[1] as number ?? 0, new TextDecoder().decode(said[2] as Uint8Array));
};
