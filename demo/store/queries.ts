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
}

/** Which traces are wanted. */
export interface TraceFilter {
  readonly isError?: boolean;
  readonly service?: string;
  readonly minDurationMs?: number;
  readonly limit: number;
}

/** Which lines are wanted. */
export interface LogFilter {
  /** Words that must all be there, in message or attributes. */
  readonly text?: string;
  readonly traceId?: string;
  readonly transactionId?: string;
  readonly service?: string;
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
  graph(): GraphEdge[];
  routes(): RouteSummary[];
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
        "SELECT DISTINCT trace_id FROM spans WHERE substr(trace_id, 1, ?2) = ?1 LIMIT 2",
        prefix,
        prefix.length,
      ).map((row) => String(row.trace_id)),
    logs: (filter) => logs(all, filter),
    graph: () => graph(all),
    routes: () => routes(all),
  };
}

type All = (sql: string, ...values: (string | number | null)[]) => Row[];

function traces(all: All, filter: TraceFilter): TraceSummary[] {
  const rows = all(
    `SELECT trace_id, min(start_ns) AS start_ns, max(end_ns) - min(start_ns) AS duration_ns,
       count(*) AS spans, sum(status = 2) AS errors,
       group_concat(service || char(31) || name, char(30) ORDER BY parent_span_id <> '', start_ns)
         AS names
     FROM spans GROUP BY trace_id
     HAVING (?1 = 0 OR errors > 0) AND (?2 IS NULL OR sum(service = ?2) > 0)
       AND duration_ns >= ?3
     ORDER BY start_ns DESC LIMIT ?4`,
    filter.isError === true ? 1 : 0,
    filter.service ?? null,
    (filter.minDurationMs ?? 0) * 1e6,
    filter.limit,
  );
  return rows.map((row) => {
    const [service, name] = String(row.names).split("\u001e")[0].split("\u001f");
    return {
      traceId: String(row.trace_id),
      service,
      name,
      startNs: row.start_ns as bigint,
      durationMs: Number(row.duration_ns) / 1e6,
      spans: Number(row.spans),
      errors: Number(row.errors),
    };
  });
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
  };
}

function logs(all: All, { text, traceId, transactionId, service, limit }: LogFilter): StoredLog[] {
  // Each word in quotes: what is searched for is text, not the index's query language.
  const words = text?.trim().split(/\s+/).filter((word) => word !== "") ?? [];
  const match = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(" ");
  return all(
    `SELECT * FROM logs WHERE (?1 = '' OR id IN (SELECT rowid FROM logs_text WHERE logs_text MATCH ?1))
       AND (?2 IS NULL OR trace_id = ?2) AND (?3 IS NULL OR transaction_id = ?3)
       AND (?4 IS NULL OR service = ?4)
     ORDER BY time_ns DESC LIMIT ?5`,
    match,
    traceId ?? null,
    transactionId ?? null,
    service ?? null,
    limit,
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

function graph(all: All): GraphEdge[] {
  const columns = `count(*) AS requests, sum(child.status = 2) AS errors,
    json_group_array(child.end_ns - child.start_ns) AS durations`;
  const rows = all(
    `SELECT parent.service AS "from", child.service AS "to", 'call' AS kind, ${columns}
     FROM spans child JOIN spans parent
       ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_span_id
     WHERE parent.service <> child.service GROUP BY 1, 2
     UNION ALL
     SELECT producer.service, child.service, 'message', ${columns}
     FROM links JOIN spans child ON child.trace_id = links.trace_id AND child.span_id = links.span_id
     JOIN spans producer
       ON producer.trace_id = links.to_trace_id AND producer.span_id = links.to_span_id
     GROUP BY 1, 2 ORDER BY 1, 2`,
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

function routes(all: All): RouteSummary[] {
  const rows = all(
    `SELECT service, name, count(*) AS requests, sum(status = 2) AS errors,
       json_group_array(end_ns - start_ns) AS durations
     FROM spans WHERE kind IN (2, 5) GROUP BY service, name ORDER BY service, name`,
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
