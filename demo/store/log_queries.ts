import { columnsOf, histogramOf } from "./histogram.ts";
import type { Histogram, LogFilter, Page, StoredLog } from "./model.ts";
import { type All, attributeIs, nsOf, Where } from "./sql.ts";

function whereOf(filter: LogFilter): Where {
  // Each word in quotes: what is searched for is text, not the index's query language.
  const words = filter.text?.trim().split(/\s+/).filter((word) => word !== "") ?? [];
  const match = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(" ");
  const [attribute, values = []] = attributeIs(filter.attribute) ?? [];
  return new Where()
    .and(
      "id IN (SELECT rowid FROM logs_text WHERE logs_text MATCH ?)",
      match === "" ? undefined : match,
    )
    .and("trace_id = ?", filter.traceId)
    .and("transaction_id = ?", filter.transactionId)
    .and("service = ?", filter.service)
    .and("severity >= ?", filter.minSeverity)
    .and("time_ns >= ?", nsOf(filter.sinceMs))
    .and("time_ns < ?", nsOf(filter.untilMs))
    .and(`(${attribute})`, ...values);
}

/** Lines that fit: the newest, in the order of their times. */
export function logs(all: All, filter: LogFilter & Page): StoredLog[] {
  const where = whereOf(filter);
  return all(
    `SELECT * FROM logs WHERE ${where.sql} ORDER BY time_ns DESC, id DESC LIMIT ? OFFSET ?`,
    ...where.values,
    filter.limit,
    filter.offset ?? 0,
  ).map((row) => ({
    timeNs: row.time_ns as bigint,
    severity: Number(row.severity),
    service: String(row.service),
    scope: String(row.scope),
    body: String(row.body),
    attributes: JSON.parse(String(row.attributes)),
    traceId: String(row.trace_id),
    spanId: String(row.span_id),
    transactionId: row.transaction_id as string | null,
  })).reverse();
}

/** How many lines fit, and when they were written. */
export function logHistogram(all: All, filter: LogFilter, bars: number): Histogram {
  const { text = "", traceId, transactionId } = filter;
  const columns = columnsOf(
    all,
    {
      table: "logs",
      time: "time_ns",
      value: "severity >= 17",
      isIndexed: text !== "" || traceId !== undefined || transactionId !== undefined,
    },
    filter,
    whereOf(filter),
  );
  return histogramOf(columns, filter, bars);
}
