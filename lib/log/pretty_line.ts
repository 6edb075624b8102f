import { type Level, levelOfSeverity } from "../core/level.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { SpanContext } from "../core/span_context.ts";
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
import { isoTime } from "../core/iso_time.ts";
import { safeText } from "./text.ts";

/** Writes records of one service as lines for people. */
export interface PrettyLines {
  /** `12:30:01.234 INFO  orders   message   key=value trace=…`. */
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

/** Columns of the message, so that the details of short ones stand below each other. */
const MESSAGE_WIDTH = 32;
/** Columns of the loggers' names: as many as were needed so far, up to these. */
const SOURCE_WIDTH_MAX = 24;
/** Deeper lines are not moved in further. */
const INDENT_MAX = 12;

/**
 * Lines for people: one record, one line, whatever is in it; colour when asked. What happened within
 * a span is moved in by its depth in this process, so that a request reads as a tree.
 */
export function prettyLinesOf(service: string, hasColor: boolean): PrettyLines {
  let sourceWidth = Math.min(service.length, SOURCE_WIDTH_MAX);
  const paint = (color: keyof typeof COLORS, text: string) =>
    hasColor ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text;
  const line = (
    epochMs: number,
    color: keyof typeof COLORS,
    label: string,
    source: string,
    depth: number,
    message: string,
    details: readonly [name: string, value: string][],
    span: SpanContext | undefined,
  ) => {
    const text = "  ".repeat(depth) + safeText(cutText(message, MAX_TEXT));
    const rest = details.map(([name, value]) => ` ${paint("dim", `${name}=`)}${value}`).join("");
    const ids = span === undefined
      ? ""
      : paint("dim", ` trace=${span.traceId.slice(0, 8)} span=${span.spanId}`);
    sourceWidth = Math.max(sourceWidth, Math.min(source.length, SOURCE_WIDTH_MAX));
    return `${paint("dim", isoTime(epochMs).slice(11, 23))} ${paint(color, label.padEnd(5))} ${
      paint("dim", safeText(source).padEnd(sourceWidth))
    } ${rest + ids === "" ? text : text.padEnd(MESSAGE_WIDTH)}${rest}${ids}`;
  };
  return {
    log(record) {
      const level = levelOfSeverity(record.severity) as Exclude<Level, "off">;
      const { span, bindings, fields } = record;
      return line(
        record.anchor.wallMs(record.monotonicMs),
        level,
        level.toUpperCase(),
        record.scope.name,
        span === undefined ? 0 : depthOf(span) + 1,
        record.message,
        detailsOf(bindings, fields),
        span,
      );
    },
    span(span) {
      const details = detailsOf(span.attributes());
      if (span.statusCode === 2) details.unshift(["error", quoted(span.statusMessage)]);
      return line(
        span.startEpochMs,
        span.statusCode === 2 ? "error" : "span",
        "SPAN",
        service,
        depthOf(span),
        `${span.name} ${durationText(span.durationMs)}`,
        details,
        span,
      );
    },
  };
}

/** How many spans of this process are around a span. */
function depthOf(span: SpanContext): number {
  let depth = 0;
  let one: unknown = span;
  while (depth < INDENT_MAX) {
    one = (one as { localParent?: unknown }).localParent;
    if (one === undefined) break;
    depth++;
  }
  return depth;
}

/** A duration for people: `840µs`, `12.3ms`, `1.24s`. */
export function durationText(durationMs: number): string {
  if (durationMs < 1) return `${Math.round(durationMs * 1000)}µs`;
  return durationMs < 1000 ? `${durationMs.toFixed(1)}ms` : `${(durationMs / 1000).toFixed(2)}s`;
}

/** Names and values, each made safe; of two with one name the later one. */
function detailsOf(
  ...sources: readonly (Readonly<Record<string, unknown>> | undefined)[]
): [name: string, value: string][] {
  const before = truncation.count;
  const merged = new Map<string, string>();
  for (const source of sources) {
    for (const key of namesOf(source)) {
      const value = valueAt(source!, key);
      if (value === undefined) continue;
      if (merged.size < MAX_NODES) merged.set(cutText(key, MAX_TEXT), valueText(value));
      else truncation.count++;
    }
  }
  const cuts = truncation.count - before;
  if (cuts > 0) merged.set("truncated", String(cuts));
  return Array.from(merged, ([key, value]) => [safeText(key).replaceAll(/[\s="]/g, "_"), value]);
}

function valueText(value: unknown): string {
  if (typeof value === "string") return quoted(cutText(value, MAX_TEXT));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return safeText(JSON.stringify(jsonValue(plainValue(value, MAX_TEXT))));
}

/** Text as it is when it is one word, else in quotes. */
function quoted(text: string): string {
  return /^[\w.:/@+-]+$/.test(text) ? text : safeText(JSON.stringify(text));
}
