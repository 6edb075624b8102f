import type { DatabaseSync } from "node:sqlite";
import type { DecodedLog, DecodedMetric, DecodedSpan } from "../../lib/testing/mod.ts";
import { adjustedCount } from "./adjusted_count.ts";

/** Rows that came, and those that were there already. */
export interface Written {
  readonly added: number;
  readonly duplicates: number;
}

type Json = Readonly<Record<string, unknown>>;

const ADDED: Written = { added: 1, duplicates: 0 };
const DUPLICATE: Written = { added: 0, duplicates: 1 };

function transactionOf(attributes: Json): string | null {
  const id = attributes["transaction.id"];
  return typeof id === "string" ? id : null;
}

/** Attributes as JSON, whatever is in them. */
function json(value: unknown): string {
  return isPlain(value) ? JSON.stringify(value) : JSON.stringify(value, (_key, item) => {
    if (typeof item === "bigint") return item.toString();
    return item instanceof Uint8Array ? item.toBase64() : item;
  });
}

/** Whether JSON knows all that is in it; to be called for each value would take three times as long. */
function isPlain(value: unknown): boolean {
  for (const item of Object.values(value as Json)) {
    if (typeof item === "bigint" || typeof item === "object" && item !== null) return false;
  }
  return true;
}

/** Services and resources by name: a batch has a few of them for thousands of records. */
function resourceWriter(database: DatabaseSync): (resource: Json) => Known {
  const addService = database.prepare("INSERT OR IGNORE INTO services VALUES (?)");
  const add = database.prepare("INSERT OR IGNORE INTO resources (attributes) VALUES (?)");
  const find = database.prepare("SELECT id FROM resources WHERE attributes = ?");
  // The decoder gives all records of a resource the same object.
  const known = new WeakMap<Json, Known>();
  return (resource) => {
    let found = known.get(resource);
    if (found === undefined) {
      const service = String(resource["service.name"] ?? "unknown_service");
      const attributes = json(resource);
      addService.run(service);
      add.run(attributes);
      found = { service, id: Number(find.get(attributes)!.id) };
      known.set(resource, found);
    }
    return found;
  };
}

interface Known {
  readonly service: string;
  readonly id: number;
}

/**
 * Adds a span to the row of its trace; the root names it, or the earliest span until that comes:
 * whatever the order in which they come, the row is the same.
 */
const JOIN_TRACE = `
  INSERT INTO traces (trace_id, start_ns, end_ns, spans, errors, adjusted_count, root_service,
    root_name, root_rank, root_start_ns, root_status, services)
  VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?2, ?9, char(10) || ?6 || char(10))
  ON CONFLICT (trace_id) DO UPDATE SET
    start_ns = min(start_ns, ?2), end_ns = max(end_ns, ?3), spans = spans + 1,
    errors = errors + ?4, adjusted_count = max(adjusted_count, ?5),
    services = CASE WHEN instr(services, char(10) || ?6 || char(10)) THEN services
      ELSE services || ?6 || char(10) END,
    (root_service, root_name, root_rank, root_start_ns, root_status) =
      (SELECT ?6, ?7, ?8, ?2, ?9 WHERE (?8, ?2) < (root_rank, root_start_ns)
       UNION ALL SELECT root_service, root_name, root_rank, root_start_ns, root_status LIMIT 1)`;

/** Makes what writes a span. */
export function spanWriter(database: DatabaseSync): (span: DecodedSpan) => Written {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO spans (trace_id, span_id, parent_span_id, service, name, kind, start_ns,
      end_ns, status, status_message, transaction_id, attributes, events, adjusted_count,
      resource_id, scope)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const link = database.prepare("INSERT INTO links VALUES (?, ?, ?, ?)");
  const join = database.prepare(JOIN_TRACE);
  const resourceOf = resourceWriter(database);
  return (span) => {
    const { service, id } = resourceOf(span.resource);
    const start = BigInt.asIntN(64, span.startTimeUnixNano);
    const end = BigInt.asIntN(64, span.endTimeUnixNano);
    const count = adjustedCount(span.traceState);
    const { changes } = insert.run(
      span.traceId,
      span.spanId,
      span.parentSpanId,
      service,
      span.name,
      span.kind,
      start,
      end,
      span.statusCode,
      span.statusMessage,
      transactionOf(span.attributes),
      json(span.attributes),
      eventsOf(span),
      count,
      id,
      span.scope,
    );
    // A batch that was sent twice must not count twice.
    if (changes === 0) return DUPLICATE;
    const status = span.attributes["http.response.status_code"];
    join.run(
      span.traceId,
      start,
      end,
      span.statusCode === 2 ? 1 : 0,
      count,
      service,
      span.name,
      span.parentSpanId === "" ? 0 : 1,
      typeof status === "number" && Number.isInteger(status) ? status : null,
    );
    for (const { traceId, spanId } of span.links) {
      link.run(span.traceId, span.spanId, traceId, spanId);
    }
    return ADDED;
  };
}

function eventsOf({ events }: DecodedSpan): string {
  if (events.length === 0) return "[]";
  return json(events.map(({ name, timeUnixNano, attributes }) => ({
    name,
    timeNs: timeUnixNano.toString(),
    attributes,
  })));
}

/** Makes what writes a line. */
export function logWriter(database: DatabaseSync): (log: DecodedLog) => Written {
  const insert = database.prepare(
    `INSERT INTO logs (time_ns, severity, service, scope, body, attributes, trace_id, span_id,
      transaction_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const resourceOf = resourceWriter(database);
  return (log) => {
    insert.run(
      BigInt.asIntN(64, log.timeUnixNano),
      log.severityNumber,
      resourceOf(log.resource).service,
      log.scope,
      typeof log.body === "string" ? log.body : json(log.body ?? {}),
      json(log.attributes),
      log.traceId,
      log.spanId,
      transactionOf(log.attributes),
    );
    return ADDED;
  };
}

/** Makes what writes the points of a metric. */
export function metricWriter(database: DatabaseSync): (metric: DecodedMetric) => Written {
  const addSeries = database.prepare(
    `INSERT OR IGNORE INTO series (name, unit, kind, is_delta, service, attributes)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const findSeries = database.prepare(
    `SELECT id FROM series WHERE name = ? AND unit = ? AND kind = ? AND is_delta = ?
       AND service = ? AND attributes = ?`,
  );
  const insert = database.prepare(
    "INSERT INTO metrics (series_id, time_ns, point) VALUES (?, ?, ?)",
  );
  const resourceOf = resourceWriter(database);
  return ({ resource, name, unit, kind, isMonotonic, temporality, points }) => {
    const { service } = resourceOf(resource);
    // A sum that may go down is read as it is, like a gauge.
    const shownAs = kind === "sum" && !isMonotonic ? "gauge" : kind;
    for (const { attributes, timeUnixNano, startTimeUnixNano, ...point } of points) {
      const key = [name, unit, shownAs, temporality === 1 ? 1 : 0, service, json(attributes)];
      addSeries.run(...key);
      insert.run(
        findSeries.get(...key)!.id,
        BigInt.asIntN(64, timeUnixNano),
        json({ ...point, startNs: startTimeUnixNano }),
      );
    }
    return { added: points.length, duplicates: 0 };
  };
}
