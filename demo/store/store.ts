import { DatabaseSync } from "node:sqlite";
import type { DecodedLog, DecodedMetric, DecodedSpan } from "../../lib/testing/mod.ts";
import { adjustedCount } from "./adjusted_count.ts";
import { evictor, type StoreLimits } from "./evict.ts";
import { DROP, SCHEMA, SCHEMA_VERSION } from "./schema.ts";

/** Writes telemetry into SQLite; {@linkcode Queries} reads it. */
export interface Store {
  readonly database: DatabaseSync;
  addSpans(spans: readonly DecodedSpan[]): void;
  addLogs(logs: readonly DecodedLog[]): void;
  addMetrics(metrics: readonly DecodedMetric[]): void;
  close(): void;
}

const LIMITS: StoreLimits = {
  spans: 200_000,
  logs: 200_000,
  points: 200_000,
  bytes: 1024 ** 3,
  ageMs: 24 * 3_600_000,
};

/** Opens a store: a file, or memory for `:memory:`. */
export function openStore(path: string, limits: Partial<StoreLimits> = {}): Store {
  const most = { ...LIMITS, ...limits };
  const database = new DatabaseSync(path);
  prepare(database);
  const inTransaction = (work: () => void) => {
    database.exec("BEGIN");
    try {
      work();
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  };
  const addSpan = spanWriter(database);
  const addLog = logWriter(database);
  const addMetric = metricWriter(database);
  const evict = evictor(database, most);
  return {
    database,
    addSpans: (spans) =>
      inTransaction(() => {
        for (const span of spans) addSpan(span);
        evict();
      }),
    addLogs: (logs) =>
      inTransaction(() => {
        for (const log of logs) addLog(log);
        evict();
      }),
    addMetrics: (metrics) =>
      inTransaction(() => {
        for (const metric of metrics) addMetric(metric);
        evict();
      }),
    close: () => database.close(),
  };
}

/** Makes the tables; those of another version go first. */
function prepare(database: DatabaseSync): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get()!;
  if (version !== SCHEMA_VERSION) database.exec(DROP);
  database.exec(SCHEMA);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

function serviceOf(resource: Readonly<Record<string, unknown>>): string {
  return String(resource["service.name"] ?? "unknown_service");
}

function transactionOf(attributes: Readonly<Record<string, unknown>>): string | null {
  const id = attributes["transaction.id"];
  return typeof id === "string" ? id : null;
}

/** Attributes as JSON, whatever is in them. */
function json(value: unknown): string {
  return JSON.stringify(value, (_key, item) => {
    if (typeof item === "bigint") return item.toString();
    return item instanceof Uint8Array ? item.toBase64() : item;
  });
}

/** Adds a span to the row of its trace; the root names it, or the earliest span until that comes. */
const JOIN_TRACE = `
  INSERT INTO traces VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?2)
  ON CONFLICT (trace_id) DO UPDATE SET
    start_ns = min(start_ns, ?2), end_ns = max(end_ns, ?3), spans = spans + 1,
    errors = errors + ?4, adjusted_count = max(adjusted_count, ?5),
    (root_service, root_name, root_rank, root_start_ns) =
      (SELECT ?6, ?7, ?8, ?2 WHERE (?8, ?2) < (root_rank, root_start_ns)
       UNION ALL SELECT root_service, root_name, root_rank, root_start_ns LIMIT 1)`;

function spanWriter(database: DatabaseSync): (span: DecodedSpan) => void {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO spans (trace_id, span_id, parent_span_id, service, name, kind, start_ns,
      end_ns, status, status_message, transaction_id, attributes, events,
      adjusted_count)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const link = database.prepare("INSERT INTO links VALUES (?, ?, ?, ?)");
  const join = database.prepare(JOIN_TRACE);
  return (span) => {
    const events = span.events.map(({ name, timeUnixNano, attributes }) => ({
      name,
      timeNs: timeUnixNano.toString(),
      attributes,
    }));
    const { changes } = insert.run(
      span.traceId,
      span.spanId,
      span.parentSpanId,
      serviceOf(span.resource),
      span.name,
      span.kind,
      BigInt.asIntN(64, span.startTimeUnixNano),
      BigInt.asIntN(64, span.endTimeUnixNano),
      span.statusCode,
      span.statusMessage,
      transactionOf(span.attributes),
      json(span.attributes),
      json(events),
      adjustedCount(span.traceState),
    );
    // A batch that was sent twice must not link twice.
    if (changes === 0) return;
    join.run(
      span.traceId,
      BigInt.asIntN(64, span.startTimeUnixNano),
      BigInt.asIntN(64, span.endTimeUnixNano),
      span.statusCode === 2 ? 1 : 0,
      adjustedCount(span.traceState),
      serviceOf(span.resource),
      span.name,
      span.parentSpanId === "" ? 0 : 1,
    );
    for (const { traceId, spanId } of span.links) {
      link.run(span.traceId, span.spanId, traceId, spanId);
    }
  };
}

function logWriter(database: DatabaseSync): (log: DecodedLog) => void {
  const insert = database.prepare(
    `INSERT INTO logs (time_ns, severity, service, body, attributes, trace_id, span_id,
      transaction_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (log) =>
    void insert.run(
      BigInt.asIntN(64, log.timeUnixNano),
      log.severityNumber,
      serviceOf(log.resource),
      typeof log.body === "string" ? log.body : json(log.body),
      json(log.attributes),
      log.traceId,
      log.spanId,
      transactionOf(log.attributes),
    );
}

function metricWriter(database: DatabaseSync): (metric: DecodedMetric) => void {
  const insert = database.prepare(
    `INSERT INTO metrics (time_ns, service, name, unit, kind, is_delta, attributes, point)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ resource, name, unit, kind, isMonotonic, temporality, points }) => {
    for (const { attributes, timeUnixNano, startTimeUnixNano, ...point } of points) {
      insert.run(
        BigInt.asIntN(64, timeUnixNano),
        serviceOf(resource),
        name,
        unit,
        // A sum that may go down is read as it is, like a gauge.
        kind === "sum" && !isMonotonic ? "gauge" : kind,
        temporality === 1 ? 1 : 0,
        json(attributes),
        json({ ...point, startNs: startTimeUnixNano }),
      );
    }
  };
}
