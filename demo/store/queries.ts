import type { DatabaseSync } from "node:sqlite";
import { graph, type Recent, routes } from "./graph_queries.ts";
import { logHistogram, logs } from "./log_queries.ts";
import { type MetricQueries, metricQueriesOf } from "./metrics.ts";
import type {
  GraphEdge,
  Heatmap,
  Histogram,
  LogFilter,
  Page,
  RouteSummary,
  StoredLog,
  StoredSpan,
  TraceFilter,
  TraceSummary,
} from "./model.ts";
import { type All, asker } from "./sql.ts";
import { heatmap, trace, traceHistogram, traceIds, traces } from "./trace_queries.ts";

/** Requests that were seen. */
export interface Seen {
  readonly lastId: number;
  readonly requests: number;
  readonly failures: number;
}

/** Asks a store. */
export interface Queries extends MetricQueries {
  /** Traces that fit, newest first. */
  traces(filter: TraceFilter & Page): TraceSummary[];
  /** How many fit, and when they began, in so many bars. */
  traceHistogram(filter: TraceFilter, bars: number): Histogram;
  /** Traces that fit, by when they began and how long they took. */
  heatmap(filter: TraceFilter): Heatmap;
  /** The spans of a trace and of those linked to it, in the order of their starts. */
  trace(traceId: string): StoredSpan[];
  /** The ids of the traces that begin with `prefix`, at most two. */
  traceIds(prefix: string): string[];
  /** The newest lines that fit, in the order of their times. */
  logs(filter: LogFilter & Page): StoredLog[];
  /** How many lines fit, and when they were written, in so many bars. */
  logHistogram(filter: LogFilter, bars: number): Histogram;
  /**
   * Requests that a service received from outside, among the spans stored after one; failures are
   * those with a status from 402, but for 404.
   */
  requestsAfter(id: number, service: string): Seen;
  services(): string[];
  /** By the newest spans. */
  graph(recent?: Recent): GraphEdge[];
  /** The 300 busiest, by the newest spans. */
  routes(recent?: Recent): RouteSummary[];
}

/** The same, from another thread or this one. */
export type Asked = {
  readonly [K in keyof Queries]: (
    ...args: Parameters<Queries[K]>
  ) => ReturnType<Queries[K]> | Promise<ReturnType<Queries[K]>>;
};

/** Makes the queries of a database. */
export function queriesOf(database: DatabaseSync): Queries {
  const all = asker(database);
  return {
    ...metricQueriesOf(database),
    traces: (filter) => traces(all, filter),
    traceHistogram: (filter, bars) => traceHistogram(all, filter, bars),
    heatmap: (filter) => heatmap(all, filter),
    trace: (traceId) => trace(all, traceId),
    traceIds: (prefix) => traceIds(all, prefix),
    logs: (filter) => logs(all, filter),
    logHistogram: (filter, bars) => logHistogram(all, filter, bars),
    requestsAfter: (id, service) => requestsAfter(all, id, service),
    services: () => all("SELECT name FROM services ORDER BY name").map((row) => String(row.name)),
    graph: (recent) => graph(all, recent),
    routes: (recent) => routes(all, recent),
  };
}

function requestsAfter(all: All, id: number, service: string): Seen {
  const fromOutside = `parent_span_id = '' AND kind = 2
    AND origin IN (SELECT id FROM origins WHERE service = ?2)`;
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
}
