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
    .and(`trace_id IN (SELECT trace_id FROM spans WHERE ${attribute})`, ...values);
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

/** When the first of what fits began, and the last. */
export function rangeOf(
  all: All,
  table: string,
  column: string,
  where: Where,
  { sinceMs, untilMs }: { readonly sinceMs?: number; readonly untilMs?: number },
): [fromMs: number, untilMs: number] | undefined {
  const [row] = all(
    `SELECT min(${column}) AS first, max(${column}) AS last FROM ${table} WHERE ${where.sql}`,
    ...where.values,
  );
  if (row.first === null) return undefined;
  if (sinceMs !== undefined && untilMs !== undefined) return [sinceMs, untilMs];
  // An open time is that of what is there: an hour of which a minute is filled shows that minute.
  return [Math.floor(Number(row.first) / 1e6), untilMs ?? Math.floor(Number(row.last) / 1e6) + 1];
}

/** How many fit, and when they began. */
export function traceHistogram(all: All, filter: TraceFilter, bars: number): Histogram {
  const where = whereOf(filter);
  const range = rangeOf(all, "traces", "start_ns", where, filter);
  if (range === undefined) return emptyHistogram(filter, bars);
  const rows = all(
    `SELECT (start_ns - ?) / ? AS bar, count(*) AS count, sum(errors > 0) AS errors,
       sum(adjusted_count) AS adjusted
     FROM traces WHERE ${where.sql} GROUP BY 1`,
    ...barOf(range, bars),
    ...where.values,
  );
  return histogramOf(rows, range, bars);
}

/** Where the first bar begins and how long each is, in nanoseconds. */
export function barOf([fromMs, untilMs]: readonly [number, number], bars: number): bigint[] {
  const lengthNs = BigInt(Math.max(1, Math.ceil((untilMs - fromMs) * 1e6 / bars)));
  return [nsOf(fromMs)!, lengthNs];
}

/** Bars of rows. */
export function histogramOf(
  rows: readonly Row[],
  [fromMs, untilMs]: readonly [number, number],
  length: number,
): Histogram {
  const bars = Array.from({ length }, () => ({ count: 0, errors: 0 }));
  const sum = { total: 0, adjusted: 0, errors: 0 };
  for (const row of rows) {
    const [count, errors] = [Number(row.count), Number(row.errors)];
    const bar = bars[Math.max(0, Math.min(length - 1, Number(row.bar)))];
    bar.count += count;
    bar.errors += errors;
    sum.total += count;
    sum.errors += errors;
    sum.adjusted += Number(row.adjusted ?? count);
  }
  return { fromMs, untilMs, ...sum, bars };
}

/** Of nothing. */
export function emptyHistogram(
  { sinceMs = 0, untilMs = Date.now() }: { readonly sinceMs?: number; readonly untilMs?: number },
  length: number,
): Histogram {
  const bars = Array.from({ length }, () => ({ count: 0, errors: 0 }));
  return { fromMs: sinceMs, untilMs, total: 0, adjusted: 0, errors: 0, bars };
}

const COLUMNS = 96;
const ROWS_PER_DECADE = 8;
/** The shortest duration that has a row of its own: a microsecond. */
const LOW_NS = 1000;

/** Rows that there can be: from a microsecond to a day. */
const ROWS_MAX = 11 * ROWS_PER_DECADE;

/** The least duration of a row in nanoseconds. */
function leastNs(row: number): number {
  return Math.ceil(LOW_NS * 10 ** (row / ROWS_PER_DECADE) - 1e-6);
}

/** The row of a duration, by halves: SQLite here has no logarithm, and a function of ours is slow. */
function rowOf(ns: string, low = 0, high = ROWS_MAX): string {
  if (low === high) return String(low);
  const middle = (low + high + 1) >> 1;
  return `CASE WHEN ${ns} < ${leastNs(middle)} THEN ${rowOf(ns, low, middle - 1)} ELSE ${
    rowOf(ns, middle, high)
  } END`;
}

const ROW = rowOf("(end_ns - start_ns)");

/** Traces that fit, by when they began and how long they took. */
export function heatmap(all: All, filter: TraceFilter): Heatmap {
  const where = whereOf(filter);
  const range = rangeOf(all, "traces", "start_ns", where, filter);
  const rows = range === undefined ? [] : all(
    `SELECT min(${COLUMNS - 1}, max(0, (start_ns - ?) / ?)) AS col,
       ${ROW} AS row,
       count(*) AS count, sum(errors > 0) AS errors
     FROM traces WHERE ${where.sql} GROUP BY 1, 2`,
    ...barOf(range, COLUMNS),
    ...where.values,
  );
  const numbers = rows.map((one) =>
    [Number(one.col), Number(one.row), Number(one.count), Number(one.errors)] as const
  );
  const low = numbers.reduce((least, [, row]) => Math.min(least, row), numbers[0]?.[1] ?? 0);
  const high = numbers.reduce((most, [, row]) => Math.max(most, row), 0);
  const total = numbers.reduce((sum, [, , count]) => sum + count, 0);
  const durationAt = (part: number) => durationOf(all, where, numbers, Math.ceil(total * part));
  return {
    fromMs: range?.[0] ?? filter.sinceMs ?? 0,
    untilMs: range?.[1] ?? filter.untilMs ?? 0,
    columns: COLUMNS,
    lowMs: LOW_NS / 1e6 * 10 ** (low / ROWS_PER_DECADE),
    rows: high - low + 1,
    rowsPerDecade: ROWS_PER_DECADE,
    total,
    p50Ms: durationAt(0.5),
    p95Ms: durationAt(0.95),
    cells: numbers.map(([column, row, count, errors]) => [column, row - low, count, errors]),
  };
}

/** The nth shortest duration in milliseconds: only the row that holds it is sorted. */
function durationOf(
  all: All,
  where: Where,
  cells: readonly (readonly [number, number, number, number])[],
  nth: number,
): number {
  let left = nth;
  for (const row of [...new Set(cells.map((cell) => cell[1]))].sort((a, b) => a - b)) {
    const count = cells.reduce((sum, cell) => cell[1] === row ? sum + cell[2] : sum, 0);
    if (left > count) {
      left -= count;
      continue;
    }
    const [one] = all(
      `SELECT end_ns - start_ns AS ns FROM traces
       WHERE ${where.sql} AND end_ns - start_ns >= ? AND end_ns - start_ns < ?
       ORDER BY 1 LIMIT 1 OFFSET ?`,
      ...where.values,
      row === 0 ? 0 : leastNs(row),
      row === ROWS_MAX ? Number.MAX_SAFE_INTEGER : leastNs(row + 1),
      Math.max(0, left - 1),
    );
    return Number(one?.ns ?? 0) / 1e6;
  }
  return 0;
}

/** The spans of a trace and of those linked to it, in the order of their starts. */
export function trace(all: All, traceId: string): StoredSpan[] {
  const links = new Map<string, StoredLink[]>();
  const family = `(SELECT ?1 UNION SELECT trace_id FROM links WHERE to_trace_id = ?1
    UNION SELECT to_trace_id FROM links WHERE trace_id = ?1)`;
  for (const row of all(`SELECT * FROM links WHERE trace_id IN ${family}`, traceId)) {
    const key = `${row.trace_id} ${row.span_id}`;
    const link = { traceId: String(row.to_trace_id), spanId: String(row.to_span_id) };
    links.set(key, [...links.get(key) ?? [], link]);
  }
  return all(
    `SELECT spans.*, resources.attributes AS resource
     FROM spans JOIN resources ON resources.id = resource_id
     WHERE trace_id IN ${family} ORDER BY start_ns`,
    traceId,
  ).map((row) => spanOf(row, links.get(`${row.trace_id} ${row.span_id}`) ?? []));
}

function spanOf(row: Row, links: readonly StoredLink[]): StoredSpan {
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
    statusMessage: String(row.status_message),
    transactionId: row.transaction_id as string | null,
    attributes: JSON.parse(String(row.attributes)),
    events: JSON.parse(String(row.events)),
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
