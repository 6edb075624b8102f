import { type Level, levelOfSeverity } from "../core/level.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import { jsonValue, plainValue } from "../core/value.ts";
import { isoTime } from "./iso_time.ts";
import { safeText } from "./text.ts";

/** Writes records of one service as lines for people. */
export interface PrettyLines {
  /** `12:30:01.234 INFO  orders  message  key=value  trace=…`. */
  log(record: LogRecord): string;
  /** The same for a span, with its duration. */
  span(span: SpanRecord): string;
}

/** SGR codes of ECMA-48; 0 resets. */
const COLORS: Readonly<Record<Exclude<Level, "off"> | "span" | "dim", string>> = {
  trace: "90",
  debug: "36",
  info: "32",
  warn: "33",
  error: "31",
  span: "35",
  dim: "2",
};

/** Lines for people: one record, one line, whatever is in it; colour when asked. */
export function prettyLinesOf(service: string, hasColor: boolean): PrettyLines {
  const paint = (color: keyof typeof COLORS, text: string) =>
    hasColor ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text;
  const line = (
    epochMs: number,
    color: keyof typeof COLORS,
    label: string,
    message: string,
    details: string,
    ids: string,
  ) =>
    `${paint("dim", isoTime(epochMs).slice(11, 23))} ${paint(color, label.padEnd(5))} ${
      paint("dim", safeText(service))
    } ${safeText(message)}${details}${ids === "" ? "" : paint("dim", ids)}`;
  return {
    log(record) {
      const level = levelOfSeverity(record.severity) as Exclude<Level, "off">;
      const { span } = record;
      return line(
        record.anchor.wallMs(record.monotonicMs),
        level,
        level.toUpperCase(),
        record.message,
        detailsOf(record.bindings, record.fields),
        span === undefined ? "" : ` trace=${span.traceId.slice(0, 8)} span=${span.spanId}`,
      );
    },
    span(span) {
      const status = span.statusCode === 2 ? ` error=${quoted(span.statusMessage)}` : "";
      return line(
        span.startEpochMs,
        span.statusCode === 2 ? "error" : "span",
        "SPAN",
        `${span.name} ${durationText(span.durationMs)}`,
        status + detailsOf(span.attributes()),
        ` trace=${span.traceId.slice(0, 8)} span=${span.spanId}`,
      );
    },
  };
}

/** A duration for people: `840µs`, `12.3ms`, `1.24s`. */
export function durationText(durationMs: number): string {
  if (durationMs < 1) return `${Math.round(durationMs * 1000)}µs`;
  return durationMs < 1000 ? `${durationMs.toFixed(1)}ms` : `${(durationMs / 1000).toFixed(2)}s`;
}

function detailsOf(...sources: readonly (Readonly<Record<string, unknown>> | undefined)[]): string {
  const merged = new Map<string, string>();
  for (const source of sources) {
    try {
      for (const key of Object.keys(source ?? {})) {
        const text = valueText(source!, key);
        if (text !== undefined) merged.set(key, text);
      }
    } catch {
      merged.set("fields", "[unreadable]");
    }
  }
  let text = "";
  for (const [key, value] of merged) {
    text += ` ${safeText(key).replaceAll(/[\s="]/g, "_")}=${value}`;
  }
  return text;
}

function valueText(source: Readonly<Record<string, unknown>>, key: string): string | undefined {
  try {
    const value = source[key];
    if (value === undefined) return undefined;
    if (typeof value === "string") return quoted(value);
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    return safeText(JSON.stringify(jsonValue(plainValue(value))));
  } catch {
    return "[unreadable]";
  }
}

/** Text as it is when it is one word, else in quotes. */
function quoted(text: string): string {
  return /^[\w.:/@+-]+$/.test(text) ? text : safeText(JSON.stringify(text));
}
