import { int32ToHex } from "../core/hex.ts";
import type { SpanContext } from "../core/span_context.ts";
import { parseTraceparent } from "./traceparent.ts";

/** The header that holds all of B3. */
export const B3_HEADER = "b3";
/** The headers of B3's older form. The parent's id is neither read nor written. */
export const B3_HEADERS = {
  traceId: "x-b3-traceid",
  spanId: "x-b3-spanid",
  parentSpanId: "x-b3-parentspanid",
  sampled: "x-b3-sampled",
  flags: "x-b3-flags",
} as const;

/** What B3 says. */
export interface B3 {
  /** The span that calls; undefined when only a decision came. Sampled when `isSampled` is true. */
  readonly parent: SpanContext | undefined;
  /** The decision; undefined when it is left to the receiver. */
  readonly isSampled: boolean | undefined;
  /** True when the trace is kept whatever any sampler says; it is sampled then. */
  readonly isDebug: boolean;
}

/** The values of B3's older form as they came; what is absent is undefined. */
export interface B3Headers {
  /** `X-B3-TraceId`: 16 or 32 lower-case hex digits. */
  readonly traceId: string | undefined;
  /** `X-B3-SpanId`: 16 of them. */
  readonly spanId: string | undefined;
  /** `X-B3-Sampled`: `1`, `0`, and from old senders `true`, `false`. */
  readonly sampled?: string;
  /** `X-B3-Flags`: `1` for debug. */
  readonly flags?: string;
}

/** A span id, a trace id of 64 bits. */
const SHORT_ID = 16;
const LONG_ID = 32;
/** The longest: both ids, the decision and the parent's id. */
const MAX_SINGLE = 32 + 16 + 1 + 16 + 3;
/** The id of the parent's parent is of no use here, but a malformed one makes all malformed. */
const SINGLE = /^([\da-f]{32}|[\da-f]{16})-([\da-f]{16})(?:-([01d])(?:-(?!0{16})[\da-f]{16})?)?$/;

/**
 * Reads the `b3` header, `{trace}-{span}-{sampled}-{parent}` or a decision alone, `0`, `1` or `d`;
 * undefined when it is malformed. Trace ids of 64 bits are padded on the left.
 */
export function parseB3(text: string): B3 | undefined {
  const trimmed = text.length <= 2 * MAX_SINGLE ? text.trim() : text;
  if (trimmed.length > MAX_SINGLE) return undefined;
  if (trimmed.length === 1) return decisionOf(trimmed);
  const found = SINGLE.exec(trimmed);
  if (found === null) return undefined;
  const [, traceId, spanId, sampled] = found;
  return withIds(traceId, spanId, sampled === undefined ? UNDECIDED : decisionOf(sampled)!);
}

/** Reads the `X-B3-*` headers; undefined when they say nothing or are malformed. */
export function parseB3Headers(headers: B3Headers): B3 | undefined {
  const decision = decisionOfHeaders(headers.sampled?.trim(), headers.flags?.trim());
  if (decision === undefined) return undefined;
  if (headers.traceId === undefined && headers.spanId === undefined) {
    return decision === UNDECIDED ? undefined : decision;
  }
  return withIds(headers.traceId?.trim() ?? "", headers.spanId?.trim() ?? "", decision);
}

const UNDECIDED: B3 = { parent: undefined, isSampled: undefined, isDebug: false };
const DECISIONS: ReadonlyMap<string, B3> = new Map([
  ["0", { parent: undefined, isSampled: false, isDebug: false }],
  ["1", { parent: undefined, isSampled: true, isDebug: false }],
  ["d", { parent: undefined, isSampled: true, isDebug: true }],
]);

function decisionOf(text: string): B3 | undefined {
  return DECISIONS.get(text);
}

/** Debug stands above the decision, which need not be sent with it. */
function decisionOfHeaders(sampled: string | undefined, flags: string | undefined): B3 | undefined {
  if (flags === "1") return decisionOf("d");
  if (sampled === undefined || sampled === "") return UNDECIDED;
  if (sampled === "true") return decisionOf("1");
  if (sampled === "false") return decisionOf("0");
  return sampled === "d" ? undefined : decisionOf(sampled);
}

function withIds(traceId: string, spanId: string, decision: B3): B3 | undefined {
  if (traceId.length !== SHORT_ID && traceId.length !== LONG_ID) return undefined;
  if (spanId.length !== SHORT_ID) return undefined;
  // Its reader is quicker than any of our own would be.
  const flags = decision.isSampled === true ? "01" : "00";
  const parent = parseTraceparent(`00-${traceId.padStart(LONG_ID, "0")}-${spanId}-${flags}`);
  return parent === undefined ? undefined : { ...decision, parent };
}

/** Writes the `b3` header, with a trace id of 128 bits. */
export function formatB3(context: SpanContext, isDebug = false): string {
  return `${traceIdOf(context)}-${spanIdOf(context)}-${
    isDebug ? "d" : context.isSampled ? "1" : "0"
  }`;
}

/** Writes the `X-B3-*` headers as names and values; with debug there is no decision beside it. */
export function formatB3Headers(context: SpanContext, isDebug = false): [string, string][] {
  return [
    [B3_HEADERS.traceId, traceIdOf(context)],
    [B3_HEADERS.spanId, spanIdOf(context)],
    isDebug ? [B3_HEADERS.flags, "1"] : [B3_HEADERS.sampled, context.isSampled ? "1" : "0"],
  ];
}

function traceIdOf({ t0, t1, t2, t3 }: SpanContext): string {
  return int32ToHex(t0) + int32ToHex(t1) + int32ToHex(t2) + int32ToHex(t3);
}

function spanIdOf({ s0, s1 }: SpanContext): string {
  return int32ToHex(s0) + int32ToHex(s1);
}
