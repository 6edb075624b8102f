import type { DatabaseSync } from "node:sqlite";

/** A span as it is read back. Times in nanoseconds since the epoch. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly isError: boolean;
  readonly statusMessage: string;
  readonly transactionId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly StoredEvent[];
}

/** An event of a span as it is read back. */
export interface StoredEvent {
  readonly name: string;
  /** Nanoseconds since the epoch, as decimal text. */
  readonly timeNs: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A log line as it is read back. */
export interface StoredLog {
  readonly timeNs: bigint;
  readonly severity: number;
  readonly service: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly transactionId: string | null;
}

/** A trace in one line. */
export interface TraceSummary {
  readonly traceId: string;
  readonly service: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly spans: number;
  readonly errors: number;
  /** How many such traces there were for each one that was sampled. */
  readonly adjustedCount: number;
}

/** Which traces are wanted. */
export interface TraceFilter {
  readonly isError?: boolean;
  /** A service that takes part. */
  readonly service?: string;
  /** A part of the name of the root. */
  readonly route?: string;
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  /** `name=value`: an attribute of any of its spans. */
  readonly attribute?: string;
  /** Starts at or after, and before: milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly limit: number;
}

/** Which lines are wanted. */
export interface LogFilter {
  /** Words that must all be there, in message or attributes. */
  readonly text?: string;
  readonly traceId?: string;
  readonly transactionId?: string;
  readonly service?: string;
  /** `name=value`: an attribute of the line. */
  readonly attribute?: string;
  /** The lowest severity number. */
  readonly minSeverity?: number;
  readonly limit: number;
}

/** A call from one service to another, or a message. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "call" | "message";
  readonly requests: number;
  readonly errors: number;
  readonly p95Ms: number;
}

/** A request as a point of the latency heatmap. */
export interface Point {
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly isError: boolean;
}

/** What a route of a service did. */
export interface RouteSummary {
  readonly service: string;
  readonly route: string;
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

type Row = Record<string, unknown>;

/** Asks a store. */
export interface Queries {
  traces(filter: TraceFilter): TraceSummary[];
  /** The spans of a trace and of those linked to it, in the order of their starts. */
  trace(traceId: string): StoredSpan[];
  /** The ids of the traces that begin with `prefix`, at most two. */
  traceIds(prefix: string): string[];
  logs(filter: LogFilter): StoredLog[];
  /** Server and consumer roots since a time, a point each, 20,000 at most. */
  points(sinceMs: number): Point[];
  /**
   * Requests that a service received from outside, among the spans stored after one; failures are
   * those with a status from 402, but for 404.
   */
  requestsAfter(
    id: number,
    service: string,
  ): { lastId: number; requests: number; failures: number };
  services(): string[];
  /** By the newest `spansMax` spans; all by default. */
  graph(spansMax?: number): GraphEdge[];
  /** The 300 busiest, by the newest `spansMax` spans; all by default. */
  routes(spansMax?: number): RouteSummary[];
}

/** Makes the queries of a database. */
export function queriesOf(database: DatabaseSync): Queries {
  const all = (sql: string, ...values: (string | number | null)[]): Row[] => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all(...values) as Row[];
  };
  return {
    traces: (filter) => traces(all, filter),
    trace: (traceId) =>
      all(
        `SELECT * FROM spans WHERE trace_id = ?1
           OR trace_id IN (SELECT trace_id FROM links WHERE to_trace_id = ?1)
           OR trace_id IN (SELECT to_trace_id FROM links WHERE trace_id = ?1)
         ORDER BY start_ns`,
        traceId,
      ).map(spanOf),
    traceIds: (prefix) =>
      all(
        "SELECT trace_id FROM traces WHERE substr(trace_id, 1, ?2) = ?1 LIMIT 2",
        prefix,
        prefix.length,
      ).map((row) => String(row.trace_id)),
    logs: (filter) => logs(all, filter),
    points: (sinceMs) =>
      all(
        `SELECT trace_id, start_ns, end_ns - start_ns AS duration_ns,
           (SELECT errors FROM traces WHERE traces.trace_id = spans.trace_id) > 0 AS failed
         FROM spans
         WHERE start_ns >= ? AND kind IN (2, 5) AND parent_span_id = ''
         ORDER BY start_ns DESC LIMIT 20000`,
        sinceMs * 1e6,
      ).map((row) => ({
        traceId: String(row.trace_id),
        startMs: Number(row.start_ns) / 1e6,
        durationMs: Number(row.duration_ns) / 1e6,
        isError: Number(row.failed) === 1,
      })),
    requestsAfter: (id, service) => {
      const fromOutside = "service = ?2 AND parent_span_id = '' AND kind = 2";
      const status = `attributes ->> '$."http.response.status_code"'`;
      const isFailure = `${status} >= 402 AND ${status} <> 404`;
      const [row] = all(
        `SELECT max(id) AS last_id, count(*) FILTER (WHERE ${fromOutside}) AS requests,
           count(*) FILTER (WHERE ${fromOutside} AND ${isFailure}) AS failures
         FROM spans WHERE id > ?1`,
        id,
        service,
      );
      return {
        lastId: row.last_id === null ? id : Number(row.last_id),
        requests: Number(row.requests ?? 0),
        failures: Number(row.failures ?? 0),
      };
    },
    services: () =>
      all("SELECT DISTINCT service FROM spans UNION SELECT DISTINCT service FROM logs ORDER BY 1")
        .map((row) => String(row.service)),
    graph: (spansMax) => graph(all, spansMax),
    routes: (spansMax) => routes(all, spansMax),
  };
}

type All = (sql: string, ...values: (string | number | null)[]) => Row[];

/** The name and value of `name=value`. */
function attributeOf(text: string | undefined): [name: string, value: string] | [null, null] {
  const equals = text?.indexOf("=") ?? -1;
  if (text === undefined || equals < 1) return [null, null];
  // A quote can't be in a path of SQLite's; no attribute that matters has one.
  return [text.slice(0, equals).replaceAll('"', ""), text.slice(equals + 1)];
}

function traces(all: All, filter: TraceFilter): TraceSummary[] {
  const [name, value] = attributeOf(filter.attribute);
  const rows = all(
    `SELECT * FROM traces
     WHERE start_ns >= ?5 AND start_ns < ?6 AND (?1 = 0 OR errors > 0)
       AND end_ns - start_ns BETWEEN ?3 AND ?7 AND (?10 IS NULL OR instr(root_name, ?10))
       AND (?2 IS NULL OR EXISTS (SELECT 1 FROM spans WHERE spans.trace_id = traces.trace_id
         AND service = ?2))
       AND (?8 IS NULL OR EXISTS (SELECT 1 FROM spans WHERE spans.trace_id = traces.trace_id
         AND CAST(attributes ->> ('$."' || ?8 || '"') AS TEXT) = ?9))
     ORDER BY start_ns DESC LIMIT ?4`,
    filter.isError === true ? 1 : 0,
    filter.service ?? null,
    (filter.minDurationMs ?? 0) * 1e6,
    filter.limit,
    (filter.sinceMs ?? 0) * 1e6,
    filter.untilMs === undefined ? Number.MAX_SAFE_INTEGER * 1000 : filter.untilMs * 1e6,
    filter.maxDurationMs === undefined
      ? Number.MAX_SAFE_INTEGER * 1000
      : filter.maxDurationMs * 1e6,
    name,
    value,
    filter.route ?? null,
  );
  return rows.map((row) => ({
    traceId: String(row.trace_id),
    service: String(row.root_service),
    name: String(row.root_name),
    startNs: row.start_ns as bigint,
    durationMs: Number((row.end_ns as bigint) - (row.start_ns as bigint)) / 1e6,
    spans: Number(row.spans),
    adjustedCount: Number(row.adjusted_count),
    errors: Number(row.errors),
  }));
}

function spanOf(row: Row): StoredSpan {
  return {
    traceId: String(row.trace_id),
    spanId: String(row.span_id),
    parentSpanId: String(row.parent_span_id),
    service: String(row.service),
    name: String(row.name),
    kind: Number(row.kind),
    startNs: row.start_ns as bigint,
    durationMs: Number((row.end_ns as bigint) - (row.start_ns as bigint)) / 1e6,
    isError: Number(row.status) === 2,
    statusMessage: String(row.status_message),
    transactionId: row.transaction_id as string | null,
    attributes: JSON.parse(String(row.attributes)),
    events: JSON.parse(String(row.events)),
  };
}

function logs(
  all: All,
  { text, traceId, transactionId, service, attribute, minSeverity, limit }: LogFilter,
): StoredLog[] {
  // Each word in quotes: what is searched for is text, not the index's query language.
  const words = text?.trim().split(/\s+/).filter((word) => word !== "") ?? [];
  const match = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(" ");
  return all(
    `SELECT * FROM logs WHERE (?1 = '' OR id IN (SELECT rowid FROM logs_text WHERE logs_text MATCH ?1))
       AND (?2 IS NULL OR trace_id = ?2) AND (?3 IS NULL OR transaction_id = ?3)
       AND (?4 IS NULL OR service = ?4) AND severity >= ?6
       AND (?7 IS NULL OR CAST(attributes ->> ('$."' || ?7 || '"') AS TEXT) = ?8)
     ORDER BY time_ns DESC LIMIT ?5`,
    match,
    traceId ?? null,
    transactionId ?? null,
    service ?? null,
    limit,
    minSeverity ?? 0,
    ...attributeOf(attribute),
  ).map((row) => ({
    timeNs: row.time_ns as bigint,
    severity: Number(row.severity),
    service: String(row.service),
    body: String(row.body),
    attributes: JSON.parse(String(row.attributes)),
    traceId: String(row.trace_id),
    spanId: String(row.span_id),
    transactionId: row.transaction_id as string | null,
  })).reverse();
}

/** The value below which a part of the sorted values lies (nearest rank). */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}

function grouped<T>(
  rows: readonly Row[],
  make: (row: Row, ms: number[], errors: number) => T,
): T[] {
  return rows.map((row) => {
    const ms = (JSON.parse(String(row.durations)) as number[]).map((ns) => ns / 1e6);
    return make(row, ms.toSorted((a, b) => a - b), Number(row.errors));
  });
}

/** Holds for the newest `?1` spans. */
const IS_RECENT = "> (SELECT max(id) FROM spans) - ?1";

function graph(all: All, spansMax = Number.MAX_SAFE_INTEGER): GraphEdge[] {
  const columns = `count(*) AS requests, sum(child.status = 2) AS errors,
    json_group_array(child.end_ns - child.start_ns) AS durations`;
  const rows = all(
    `SELECT parent.service AS "from", child.service AS "to", 'call' AS kind, ${columns}
     FROM spans child JOIN spans parent
       ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_span_id
     WHERE child.id ${IS_RECENT} AND parent.service <> child.service GROUP BY 1, 2
     UNION ALL
     SELECT producer.service, child.service, 'message', ${columns}
     FROM links JOIN spans child ON child.trace_id = links.trace_id AND child.span_id = links.span_id
     JOIN spans producer
       ON producer.trace_id = links.to_trace_id AND producer.span_id = links.to_span_id
     WHERE child.id ${IS_RECENT}
     GROUP BY 1, 2 ORDER BY 1, 2`,
    spansMax,
  );
  return grouped(rows, (row, ms, errors) => ({
    from: String(row.from),
    to: String(row.to),
    kind: row.kind as "call" | "message",
    requests: Number(row.requests),
    errors,
    p95Ms: percentile(ms, 0.95),
  }));
}

/** Routes at most, those with most requests: a name with an id in it would make thousands. */
const ROUTES_MAX = 300;

function routes(all: All, spansMax = Number.MAX_SAFE_INTEGER): RouteSummary[] {
  const rows = all(
    `SELECT * FROM (
       SELECT service, name, count(*) AS requests, sum(status = 2) AS errors,
         json_group_array(end_ns - start_ns) AS durations
       FROM spans WHERE id ${IS_RECENT} AND kind IN (2, 5)
       GROUP BY service, name ORDER BY requests DESC LIMIT ${ROUTES_MAX})
     ORDER BY service, name`,
    spansMax,
  );
  return grouped(rows, (row, ms, errors) => ({
    service: String(row.service),
    route: String(row.name),
    requests: Number(row.requests),
    errors,
    p50Ms: percentile(ms, 0.5),
    p95Ms: percentile(ms, 0.95),
  }));
}
