import { levelOfSeverity } from "../core/level.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import {
  cutText,
  jsonValue,
  MAX_NODES,
  MAX_TEXT,
  namesOf,
  plainValue,
  truncation,
  valueAt,
} from "../core/value.ts";
import { quoted } from "../core/quoted.ts";
import { isoTime } from "../core/iso_time.ts";

/** Names that only the library writes; a field of the same name becomes `fields.NAME`. */
const RESERVED: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "time",
  "level",
  "message",
  "service",
  "logger",
  "trace_id",
  "span_id",
  "transaction_id",
  "event",
  "truncated",
]);

/** Writes records of one service as lines of JSON. */
export interface JsonLines {
  /** A log line: `{"time","level","message","service",…,"trace_id","span_id",…fields,"truncated"}`. */
  log(record: LogRecord): string;
  /** A span: as a line of level "info" whose `event` is "span". */
  span(span: SpanRecord): string;
}

/**
 * Lines whose shape stays: the names of {@linkcode RESERVED} are ours, come first and once; the
 * rest are the fields, flat. A field named like one of ours becomes `fields.NAME`; of a logger's
 * and a call's field of one name, the call's is written. What JSON has no form for is mapped by
 * `plainValue`; a value that throws becomes `"[unreadable]"`. Texts past 65,536 characters, fields past
 * 4,096 and what `plainValue` leaves out are cut, and `truncated` says in how many places.
 */
export function jsonLinesOf(service: string): JsonLines {
  const serviceText = `,"service":${JSON.stringify(service.toWellFormed())}`;
  // The last message of each length and its text: those of a program are few.
  const messages: string[] = [];
  const texts: string[] = [];
  const textOf = (message: string) => {
    const { length } = message;
    if (length > KEPT_MAX) return quoted(message) + serviceText;
    if (messages[length] !== message) {
      messages[length] = message;
      texts[length] = quoted(message) + serviceText;
    }
    return texts[length];
  };
  return {
    log(record) {
      const before = truncation.count;
      const text = head(record, service, textOf) + tail(record);
      const cuts = truncation.count - before;
      return cuts === 0 ? text : `${text.slice(0, -1)},"truncated":${cuts}}`;
    },
    span: (span) => spanLine(span, serviceText),
  };
}

/** Messages up to this length are kept with their texts. */
const KEPT_MAX = 64;

/** How `JSON.stringify` begins a lone surrogate; many readers of JSON refuse a line with one. */
const SURROGATE = "\\ud";

/** Milliseconds since the epoch and severity of the start of a line that is kept. */
let cachedMs = NaN;
let cachedSeverity = 0;
let cachedStart = "";

/** The start of a line up to its message: the same for all lines of a level and millisecond. */
function startOf(epochMs: number, severity: number): string {
  const wholeMs = Math.floor(epochMs);
  if (wholeMs !== cachedMs || severity !== cachedSeverity) {
    cachedMs = wholeMs;
    cachedSeverity = severity;
    cachedStart = `{"time":"${isoTime(epochMs)}","level":"${levelOfSeverity(severity)}","message":`;
  }
  return cachedStart;
}

function head(
  record: LogRecord,
  service: string,
  textOf: (message: string) => string,
): string {
  const { message } = record;
  let text = startOf(record.anchor.wallMs(record.monotonicMs), record.severity) +
    textOf(message.length > TEXT_MAX ? cutText(message, MAX_TEXT) : message);
  const { span, transactionId, eventName, scope } = record;
  if (scope.name !== service) text += `,"logger":${JSON.stringify(scope.name)}`;
  if (span !== undefined) text += `,"trace_id":"${span.traceId}","span_id":"${span.spanId}"`;
  if (transactionId !== undefined) text += `,"transaction_id":${JSON.stringify(transactionId)}`;
  if (eventName !== undefined) text += `,"event":${JSON.stringify(eventName)}`;
  return text;
}

function tail({ bindings, fields }: LogRecord): string {
  try {
    const bound = bindings === undefined ? NOTHING_BOUND : boundOf(bindings);
    if (bound !== undefined) {
      if (fields === undefined) return `${bound.text}}`;
      if (isNative(fields) && !overlaps(fields, bound.names)) {
        const text = JSON.stringify(fields);
        if (text === "{}") return `${bound.text}}`;
        if (!text.includes(SURROGATE)) return `${bound.text},${text.slice(1)}`;
      }
    }
  } catch {
    // A throwing getter or trap: the careful way shows the fields beside it.
  }
  return careful(bindings, fields);
}

/** A logger's own fields as text, written once for all of its lines. */
interface Bound {
  readonly text: string;
  readonly names: ReadonlySet<string>;
}

const NOTHING_BOUND: Bound = { text: "", names: new Set() };
const boundTexts = new WeakMap<object, Bound>();

/** Undefined when they need the careful way. */
function boundOf(bindings: Readonly<Record<string, unknown>>): Bound | undefined {
  const known = boundTexts.get(bindings);
  if (known !== undefined) return known;
  if (!isNative(bindings)) return undefined;
  const text = JSON.stringify(bindings);
  if (text.includes(SURROGATE)) return undefined;
  const bound = {
    text: text === "{}" ? "" : `,${text.slice(1, -1)}`,
    names: new Set(Object.keys(bindings)),
  };
  boundTexts.set(bindings, bound);
  return bound;
}

function overlaps(fields: object, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  for (const key in fields) if (names.has(key)) return true;
  return false;
}

/** The names of the fields seen last, by position: found not to be ours. A callsite's are the same. */
const knownFree: string[] = /* @__PURE__ */ Array(16).fill("");

/** Longer texts, and more fields, are looked at one by one. */
const TEXT_MAX = 16_384;
/** Longer names as well. */
const NAME_MAX = 1024;

/** True when `JSON.stringify` writes these fields just as this format promises. */
function isNative(fields: Readonly<Record<string, unknown>>): boolean {
  let index = 0;
  for (const key in fields) {
    if (knownFree[index & 15] !== key) {
      if (key.length > NAME_MAX || RESERVED.has(key)) return false;
      knownFree[index & 15] = key;
    }
    index++;
    const value = fields[key];
    if (typeof value === "string") {
      if (value.length > TEXT_MAX) return false;
    } else if (typeof value === "number") {
      // Not finite: JSON would say null.
      if (value - value !== 0) return false;
    } else if (typeof value !== "boolean" && value !== null && value !== undefined) return false;
  }
  return index <= MAX_NODES;
}

function careful(...sources: readonly (Readonly<Record<string, unknown>> | undefined)[]): string {
  const merged = new Map<string, string>();
  for (const source of sources) {
    for (const key of namesOf(source)) {
      const text = valueText(source!, key);
      if (text === undefined) continue;
      if (merged.size >= MAX_NODES) truncation.count++;
      else merged.set(cutText(freeName(key, sources).toWellFormed(), MAX_TEXT), text);
    }
  }
  let text = "";
  for (const [key, value] of merged) text += `,${JSON.stringify(key)}:${value}`;
  return `${text}}`;
}

function valueText(source: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = valueAt(source, key);
  return value === undefined ? undefined : JSON.stringify(jsonValue(plainValue(value, MAX_TEXT)));
}

/** The name a field is written under: its own, or one that is neither ours nor another field's. */
function freeName(key: string, sources: readonly (object | undefined)[]): string {
  if (!RESERVED.has(key)) return key;
  let name = `fields.${key}`;
  while (sources.some((source) => namesOf(source).includes(name))) name = `fields.${name}`;
  return name;
}

function spanLine(span: SpanRecord, serviceText: string): string {
  const level = span.statusCode === 2 ? "error" : "info";
  const own: Record<string, unknown> = {
    duration_ms: Math.round(span.durationMs * 1000) / 1000,
    parent_span_id: span.parentSpanId || undefined,
    status: span.statusCode === 2 ? "error" : span.statusCode === 1 ? "ok" : undefined,
    status_message: span.statusMessage || undefined,
  };
  const transaction = span.transactionId === undefined
    ? ""
    : `,"transaction_id":${JSON.stringify(span.transactionId)}`;
  return `{"time":"${isoTime(span.startEpochMs)}","level":"${level}","message":${
    JSON.stringify(span.name)
  }${serviceText},"trace_id":"${span.traceId}","span_id":"${span.spanId}"${transaction},"event":"span"${
    careful(span.attributes(), own)
  }`;
}
