import type { GraphEdge, RouteSummary } from "./model.ts";
import { type All, percentile, type Row } from "./sql.ts";

/** What is asked about the newest spans: since when, and how many of them at most. */
export interface Recent {
  /** Milliseconds since the epoch; all by default. */
  readonly sinceMs?: number;
  /** All by default. */
  readonly spansMax?: number;
}

const NUMBERS = `sum(child.adjusted_count) AS requests,
  sum(CASE child.status WHEN 2 THEN child.adjusted_count ELSE 0.0 END) AS errors,
  json_group_array(child.end_ns - child.start_ns) AS durations,
  json_group_array(child.adjusted_count) AS weights`;
/** Holds for the newest `?1` spans that began at `?2` or later. */
const IS_RECENT = "child.id > (SELECT max(id) FROM spans) - ?1 AND child.start_ns >= ?2";

function valuesOf({ sinceMs = 0, spansMax = Number.MAX_SAFE_INTEGER }: Recent) {
  return [spansMax, BigInt(Math.round(sinceMs)) * 1_000_000n] as const;
}

/** Values by their sizes, each with its weight. */
function numbersOf(row: Row) {
  const durations = JSON.parse(String(row.durations)) as number[];
  const weights = JSON.parse(String(row.weights)) as number[];
  const order = durations.map((_, index) => index).sort((a, b) => durations[a] - durations[b]);
  const sorted = order.map((index) => durations[index] / 1e6);
  const weighed = order.map((index) => weights[index]);
  return {
    requests: Math.round(Number(row.requests)),
    errors: Math.round(Number(row.errors)),
    at: (part: number) => percentile(sorted, part, weighed),
  };
}

/** Who calls whom, and who sends messages to whom. */
export function graph(all: All, recent: Recent = {}): GraphEdge[] {
  return all(
    `SELECT caller.service AS "from", called.service AS "to", 'call' AS kind, ${NUMBERS}
     FROM spans child JOIN spans parent
       ON parent.trace = child.trace AND parent.span_id = child.parent_span_id
     JOIN origins caller ON caller.id = parent.origin JOIN origins called ON called.id = child.origin
     WHERE ${IS_RECENT} AND caller.service <> called.service GROUP BY 1, 2
     UNION ALL
     SELECT sender.service, receiver.service, 'message', ${NUMBERS}
     FROM links JOIN traces received ON received.trace_id = links.trace_id
     JOIN spans child ON child.trace = received.id AND child.span_id = links.span_id
     JOIN traces sent ON sent.trace_id = links.to_trace_id
     JOIN spans producer ON producer.trace = sent.id AND producer.span_id = links.to_span_id
     JOIN origins sender ON sender.id = producer.origin
     JOIN origins receiver ON receiver.id = child.origin
     WHERE ${IS_RECENT} GROUP BY 1, 2 ORDER BY 1, 2`,
    ...valuesOf(recent),
  ).map((row) => {
    const { requests, errors, at } = numbersOf(row);
    return {
      from: String(row.from),
      to: String(row.to),
      kind: row.kind as "call" | "message",
      requests,
      errors,
      p95Ms: at(0.95),
    };
  });
}

/** Routes at most, those with most requests: a name with an id in it would make thousands. */
const ROUTES_MAX = 300;

/** What each route did. */
export function routes(all: All, recent: Recent = {}): RouteSummary[] {
  return all(
    `SELECT * FROM (SELECT service, name, ${NUMBERS} FROM spans child JOIN origins ON origins.id = origin
       WHERE ${IS_RECENT} AND kind IN (2, 5)
       GROUP BY service, name ORDER BY requests DESC LIMIT ${ROUTES_MAX})
     ORDER BY service, name`,
    ...valuesOf(recent),
  ).map((row) => {
    const { requests, errors, at } = numbersOf(row);
    return {
      service: String(row.service),
      route: String(row.name),
      requests,
      errors,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
    };
  });
}
