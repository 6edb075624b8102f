import { heatmapOf } from "./heatmap.ts";
import { columnsOf, histogramOf } from "./histogram.ts";
import type {
  Heatmap,
  Histogram,
  Page,
  StoredLink,
  StoredSpan,
  TraceFilter,
  TraceSummary,
} from "./model.ts";
import { type All, attributeIs, nsOf, type Row, Where } from "./sql.ts";

function whereOf(filter: TraceFilter): Where {
  const [attribute, values = []] = attributeIs(filter.attribute) ?? [];
  const where = new Where()
    .and("start_ns >= ?", nsOf(filter.sinceMs))
    .and("start_ns < ?", nsOf(filter.untilMs))
    .and("end_ns - start_ns >= ?", nsOf(filter.minDurationMs))
    .and("end_ns - start_ns <= ?", nsOf(filter.maxDurationMs))
    .and("instr(root_name, ?)", filter.route)
    .and("instr(services, char(10) || ? || char(10))", filter.service)
    .and("root_status BETWEEN ? AND ?", filter.status?.[0], filter.status?.[1])
    // All spans in a row: where few traces fit, looking into each would take longer.
    .and(`id IN (SELECT trace FROM spans WHERE ${attribute})`, ...values);
  if (filter.isError !== undefined) where.and("(errors > 0) = ?", filter.isError ? 1 : 0);
  return where;
}

/** Traces that fit, newest first. */
export function traces(all: All, filter: TraceFilter & Page): TraceSummary[] {
  const where = whereOf(filter);
  return all(
    `SELECT * FROM traces WHERE ${where.sql} ORDER BY start_ns DESC LIMIT ? OFFSET ?`,
    ...where.values,
    filter.limit,
    filter.offset ?? 0,
  ).map((row) => ({
    traceId: String(row.trace_id),
    service: String(row.root_service),
    name: String(row.root_name),
    startNs: row.start_ns as bigint,
    durationMs: Number((row.end_ns as bigint) - (row.start_ns as bigint)) / 1e6,
    spans: Number(row.spans),
    errors: Number(row.errors),
    adjustedCount: Number(row.adjusted_count),
    services: String(row.services).split("\n").filter((one) => one !== ""),
    status: row.root_status === null ? null : Number(row.root_status),
  }));
}

/** How many fit, and when they began. */
export function traceHistogram(all: All, filter: TraceFilter, bars: number): Histogram {
  const columns = columnsOf(all, { ...TRACES, value: "errors > 0" }, filter, whereOf(filter));
  return histogramOf(columns, filter, bars);
}

/** Traces that fit, by when they began and how long they took. */
export function heatmap(all: All, filter: TraceFilter): Heatmap {
  // A duration and whether it has errors, in one number.
  const value = "max(0, end_ns - start_ns) * 2 + (errors > 0)";
  return heatmapOf(columnsOf(all, { ...TRACES, value }, filter, whereOf(filter)), filter);
}

const TRACES = { table: "traces", time: "start_ns", count: "adjusted_count" } as const;

/** The spans of a trace and of those linked to it, in the order of their starts. */
export function trace(all: All, traceId: string): StoredSpan[] {
  const links = new Map<string, StoredLink[]>();
  const family = `(SELECT ?1 UNION SELECT trace_id FROM links WHERE to_trace_id = ?1
    UNION SELECT to_trace_id FROM links WHERE trace_id = ?1)`;
  for (const row of all(`SELECT * FROM links WHERE trace_id IN ${family}`, traceId)) {
    const key = `${row.trace_id} ${row.span_id}`;
    const link = { traceId: String(row.to_trace_id), spanId: String(row.to_span_id) };
    const others = links.get(key);
    if (others === undefined) links.set(key, [link]);
    else others.push(link);
  }
  return all(
    `SELECT spans.*, traces.trace_id, origins.* FROM traces JOIN spans ON spans.trace = traces.id
     JOIN origins ON origins.id = spans.origin
     WHERE trace_id IN ${family} ORDER BY spans.start_ns`,
    traceId,
  ).map((row) => spanOf(row, links.get(`${row.trace_id} ${row.span_id}`) ?? []));
}

function spanOf(row: Row, links: readonly StoredLink[]): StoredSpan {
  const attributes = JSON.parse(String(row.attributes));
  const transactionId = attributes["transaction.id"];
  return {
    traceId: String(row.trace_id),
    spanId: String(row.span_id),
    parentSpanId: String(row.parent_span_id),
    service: String(row.service),
    scope: String(row.scope),
    name: String(row.name),
    kind: Number(row.kind),
    startNs: row.start_ns as bigint,
    durationMs: Number((row.end_ns as bigint) - (row.start_ns as bigint)) / 1e6,
    isError: Number(row.status) === 2,
    statusMessage: String(row.status_message ?? ""),
    transactionId: typeof transactionId === "string" ? transactionId : null,
    attributes,
    events: JSON.parse(String(row.events ?? "[]")),
    links,
    resource: JSON.parse(String(row.resource)),
    adjustedCount: Number(row.adjusted_count),
  };
}

/** The ids of the traces that begin with `prefix`, at most two. */
export function traceIds(all: All, prefix: string): string[] {
  // "g" comes after every hex digit: a range of the index, not a look at each trace.
  return all(
    "SELECT trace_id FROM traces WHERE trace_id >= ? AND trace_id < ? LIMIT 2",
    prefix,
    `${prefix}g`,
  )
    .map((row) => String(row.trace_id));
}
