import type { B3Headers } from "./b3.ts";

/** What B3 says, with the ids as text. */
export interface B3Said {
  /** The trace id of 128 bits, or undefined when no ids came. */
  readonly traceId?: string;
  /** The span id. */
  readonly spanId?: string;
  /** The decision, or undefined when there is none. */
  readonly isSampled?: boolean;
  /** True for debug. */
  readonly isDebug?: boolean;
}

/** A `b3` header and what it says; undefined when it is malformed. */
export interface B3Case {
  /** What it is a case of. */
  readonly name: string;
  /** The header as received. */
  readonly text: string;
  /** What it says. */
  readonly said: B3Said | undefined;
}

/** `X-B3-*` headers and what they say; undefined when they say nothing or are malformed. */
export interface B3HeadersCase {
  /** What it is a case of. */
  readonly name: string;
  /** The headers as received. */
  readonly headers: B3Headers;
  /** What they say. */
  readonly said: B3Said | undefined;
}

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SHORT = "64fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";
const PARENT = "05e3ac9a4f6e3b90";
const IDS = { traceId: TRACE, spanId: SPAN };

/** The single header. */
export const B3_CASES: readonly B3Case[] = [
  { name: "sampled", text: `${TRACE}-${SPAN}-1`, said: { ...IDS, isSampled: true } },
  { name: "not sampled", text: `${TRACE}-${SPAN}-0`, said: { ...IDS, isSampled: false } },
  { name: "debug", text: `${TRACE}-${SPAN}-d`, said: { ...IDS, isSampled: true, isDebug: true } },
  { name: "no decision", text: `${TRACE}-${SPAN}`, said: IDS },
  { name: "a parent", text: `${TRACE}-${SPAN}-1-${PARENT}`, said: { ...IDS, isSampled: true } },
  { name: "white space around", text: ` ${TRACE}-${SPAN}-1\t`, said: { ...IDS, isSampled: true } },
  {
    name: "64 bits are padded on the left",
    text: `${SHORT}-${SPAN}-1`,
    said: { traceId: `${"0".repeat(16)}${SHORT}`, spanId: SPAN, isSampled: true },
  },
  { name: "not sampled alone", text: "0", said: { isSampled: false } },
  { name: "sampled alone", text: "1", said: { isSampled: true } },
  { name: "debug alone", text: "d", said: { isSampled: true, isDebug: true } },

  { name: "empty", text: "", said: undefined },
  { name: "white space", text: " ", said: undefined },
  { name: "a decision that is none", text: "2", said: undefined },
  { name: "a trace id alone", text: TRACE, said: undefined },
  { name: "a trace id and a dash", text: `${TRACE}-`, said: undefined },
  { name: "a decision that is none, with ids", text: `${TRACE}-${SPAN}-x`, said: undefined },
  { name: "true is of the other form", text: `${TRACE}-${SPAN}-true`, said: undefined },
  { name: "an empty decision", text: `${TRACE}-${SPAN}-`, said: undefined },
  { name: "a parent without a decision", text: `${TRACE}-${SPAN}-${PARENT}`, said: undefined },
  { name: "a short parent", text: `${TRACE}-${SPAN}-1-05e3`, said: undefined },
  { name: "an empty parent", text: `${TRACE}-${SPAN}-1-`, said: undefined },
  { name: "a field more", text: `${TRACE}-${SPAN}-1-${PARENT}-1`, said: undefined },
  {
    name: "a field more behind short ids",
    text: `${SHORT}-${SPAN}-1-${PARENT}-1`,
    said: undefined,
  },
  { name: "a trace id of zeros", text: `${"0".repeat(32)}-${SPAN}-1`, said: undefined },
  { name: "a span id of zeros", text: `${TRACE}-${"0".repeat(16)}-1`, said: undefined },
  { name: "upper case", text: `${TRACE.toUpperCase()}-${SPAN}-1`, said: undefined },
  { name: "a trace id of 20 digits", text: `${TRACE.slice(12)}-${SPAN}-1`, said: undefined },
  { name: "a short span id", text: `${TRACE}-${SPAN.slice(1)}-1`, said: undefined },
  { name: "headers joined", text: `${TRACE}-${SPAN}-1, ${TRACE}-${SPAN}-1`, said: undefined },
  { name: "very many fields", text: "-".repeat(100_000), said: undefined },
  { name: "very long", text: `${TRACE}-${SPAN}-1${" ".repeat(100_000)}`, said: undefined },
];

/** The older form. */
export const B3_HEADERS_CASES: readonly B3HeadersCase[] = [
  { name: "sampled", headers: { ...IDS, sampled: "1" }, said: { ...IDS, isSampled: true } },
  { name: "not sampled", headers: { ...IDS, sampled: "0" }, said: { ...IDS, isSampled: false } },
  { name: "true", headers: { ...IDS, sampled: "true" }, said: { ...IDS, isSampled: true } },
  { name: "false", headers: { ...IDS, sampled: "false" }, said: { ...IDS, isSampled: false } },
  { name: "no decision", headers: IDS, said: IDS },
  { name: "an empty decision", headers: { ...IDS, sampled: "" }, said: IDS },
  {
    name: "debug",
    headers: { ...IDS, flags: "1" },
    said: { ...IDS, isSampled: true, isDebug: true },
  },
  {
    name: "debug stands above the decision",
    headers: { ...IDS, sampled: "0", flags: "1" },
    said: { ...IDS, isSampled: true, isDebug: true },
  },
  {
    name: "flags that are not debug",
    headers: { ...IDS, sampled: "1", flags: "0" },
    said: { ...IDS, isSampled: true },
  },
  {
    name: "64 bits and white space",
    headers: { traceId: ` ${SHORT}`, spanId: `${SPAN} `, sampled: " 1 " },
    said: { traceId: `${"0".repeat(16)}${SHORT}`, spanId: SPAN, isSampled: true },
  },
  {
    name: "a decision alone",
    headers: { traceId: undefined, spanId: undefined, sampled: "0" },
    said: { isSampled: false },
  },
  { name: "nothing", headers: { traceId: undefined, spanId: undefined }, said: undefined },
  { name: "no span id", headers: { traceId: TRACE, spanId: undefined }, said: undefined },
  { name: "no trace id", headers: { traceId: undefined, spanId: SPAN }, said: undefined },
  { name: "a decision that is none", headers: { ...IDS, sampled: "x" }, said: undefined },
  { name: "d is of the other form", headers: { ...IDS, sampled: "d" }, said: undefined },
  { name: "a trace id of zeros", headers: { ...IDS, traceId: "0".repeat(32) }, said: undefined },
  { name: "upper case", headers: { ...IDS, spanId: SPAN.toUpperCase() }, said: undefined },
  { name: "headers joined", headers: { ...IDS, traceId: `${TRACE}, ${TRACE}` }, said: undefined },
];
