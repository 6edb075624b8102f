import { DatabaseSync } from "node:sqlite";
import type { DecodedLog, DecodedSpan } from "../../lib/testing/mod.ts";
import { SCHEMA } from "./schema.ts";

/** How much a store keeps; the oldest traces and lines go first. */
export interface StoreLimits {
  /** Spans at most; default 200,000. */
  readonly spans: number;
  /** Log lines at most; default 200,000. */
  readonly logs: number;
}

/** Writes telemetry into SQLite; {@linkcode Queries} reads it. */
export interface Store {
  readonly database: DatabaseSync;
  addSpans(spans: readonly DecodedSpan[]): void;
  addLogs(logs: readonly DecodedLog[]): void;
  close(): void;
}

const LIMITS: StoreLimits = { spans: 200_000, logs: 200_000 };

/** Opens a store: a file, or memory for `:memory:`. */
export function openStore(path: string, limits: Partial<StoreLimits> = {}): Store {
  const most = { ...LIMITS, ...limits };
  const database = new DatabaseSync(path);
  database.exec(SCHEMA);
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
    close: () => database.close(),
  };
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

function spanWriter(database: DatabaseSync): (span: DecodedSpan) => void {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO spans (trace_id, span_id, parent_span_id, service, name, kind, start_ns,
      end_ns, status, status_message, transaction_id, attributes, events)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const link = database.prepare("INSERT INTO links VALUES (?, ?, ?, ?)");
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
    );
    // A batch that was sent twice must not link twice.
    if (changes === 0) return;
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

/** How many are removed at once past a limit, as a part of it: not at every insert. */
const EVICT_PART = 0.05;

function evictor(database: DatabaseSync, limits: StoreLimits): () => void {
  const countSpans = database.prepare("SELECT count(*) AS count FROM spans");
  const countLogs = database.prepare("SELECT count(*) AS count FROM logs");
  // Whole traces, those whose first span is oldest: half a trace explains nothing.
  const oldest = database.prepare(
    "SELECT trace_id FROM spans GROUP BY trace_id ORDER BY min(start_ns) LIMIT ?",
  );
  const removeSpans = database.prepare("DELETE FROM spans WHERE trace_id = ?");
  const removeLinks = database.prepare("DELETE FROM links WHERE trace_id = ?");
  const removeTraceLogs = database.prepare("DELETE FROM logs WHERE trace_id = ?");
  const removeLogs = database.prepare(
    "DELETE FROM logs WHERE id IN (SELECT id FROM logs ORDER BY time_ns LIMIT ?)",
  );
  const count = (statement: typeof countSpans) => Number(statement.get()!.count);
  return () => {
    let spans = count(countSpans);
    if (spans > limits.spans) {
      const target = limits.spans * (1 - EVICT_PART);
      for (const { trace_id } of oldest.all(Math.ceil(spans - target))) {
        if (spans <= target) break;
        spans -= Number(removeSpans.run(trace_id).changes);
        removeLinks.run(trace_id);
        removeTraceLogs.run(trace_id);
      }
    }
    const logs = count(countLogs);
    if (logs > limits.logs) removeLogs.run(Math.ceil(logs - limits.logs * (1 - EVICT_PART)));
  };
}
