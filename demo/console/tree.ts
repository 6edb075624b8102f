import type { StoredLog, StoredSpan } from "../store/model.ts";
import { duration, type Paint, safe } from "./text.ts";

const LEVELS: readonly [from: number, name: string][] = [
  [17, "error"],
  [13, "warn"],
  [9, "info"],
  [5, "debug"],
  [1, "trace"],
];

/** The level of a severity number. */
export function levelName(severity: number): string {
  return LEVELS.find(([from]) => severity >= from)?.[1] ?? "trace";
}

/** Of a span, what a tree shows. */
export type TreeSpan = Omit<StoredSpan, "startNs">;
/** Of a line, what a tree shows. */
export type TreeLog = Omit<StoredLog, "timeNs">;

/**
 * A trace as a tree: each span with its duration, its log lines below it, and what came over the
 * queue below the rest.
 */
export function traceTree(
  spans: readonly TreeSpan[],
  logs: readonly TreeLog[],
  paint: Paint,
): string[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(
    spans,
    ({ parentSpanId }) => known.has(parentSpanId) ? parentSpanId : "",
  );
  const lines: string[] = [];
  const visit = (span: TreeSpan, indent: string, branch: string) => {
    lines.push(`${indent}${branch}${spanLine(span, paint)}`);
    const inner = indent + (branch === "" ? "" : branch === "├─ " ? "│  " : "   ");
    const below = children.get(span.spanId) ?? [];
    const bar = below.length > 0 ? "│  " : "   ";
    for (const log of logs) {
      if (log.spanId === span.spanId) lines.push(`${inner}${bar}${logLine(log, paint)}`);
    }
    below.forEach((child, index) =>
      visit(child, inner, index === below.length - 1 ? "└─ " : "├─ ")
    );
  };
  (children.get("") ?? []).forEach((root, index) => {
    if (index > 0) lines.push(paint.dim("  … over the queue"));
    visit(root, "", "");
  });
  return lines;
}

function spanLine(span: TreeSpan, paint: Paint): string {
  const mark = span.isError ? paint.red(" ✗") : "";
  const why = span.isError && span.statusMessage !== ""
    ? paint.red(` ${safe(span.statusMessage)}`)
    : "";
  return `${paint.bold(safe(span.service))} ${safe(span.name)} ${
    paint.dim(duration(span.durationMs))
  }${mark}${why}`;
}

/** A log line within a tree, or in a list. */
export function logLine(log: TreeLog, paint: Paint): string {
  const level = levelName(log.severity);
  const color = level === "error" ? paint.red : level === "warn" ? paint.yellow : paint.green;
  const details = Object.entries(log.attributes)
    .filter(([key]) => key !== "transaction.id" && key !== "exception.stacktrace")
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  return `${color(level.padEnd(5))} ${safe(log.body)} ${paint.dim(safe(details))}`.trimEnd();
}
