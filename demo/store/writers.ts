import type { DatabaseSync } from "node:sqlite";
import type { DecodedLog, DecodedMetric } from "../../lib/testing/mod.ts";
import { bulkInserter } from "./bulk.ts";
import { json } from "./json_text.ts";
import { type Origin, serviceOf, type SpanRow } from "./span_row.ts";
import { traceBook } from "./trace_book.ts";

/** Rows that came, and those that were there already. */
export interface Written {
  readonly added: number;
  readonly duplicates: number;
}

/** Writes the records of one signal within a transaction. */
export interface Writer<T> {
  write(records: readonly T[]): Written;
  /** What is at hand of the tables is forgotten: rows were removed or taken back. */
  clear(): void;
}

type Json = Readonly<Record<string, unknown>>;

/** Names kept at hand. */
const KNOWN_MAX = 1000;

/** Services by the resource that names them: a batch has a few of them for thousands of records. */
function serviceWriter(database: DatabaseSync): (resource: Json) => string {
  const add = database.prepare("INSERT OR IGNORE INTO services VALUES (?)");
  // The decoder gives all records of a resource the same object.
  const known = new WeakMap<Json, string>();
  return (resource) => {
    let service = known.get(resource);
    if (service === undefined) {
      service = serviceOf(json(resource["service.name"] ?? null));
      add.run(service);
      known.set(resource, service);
    }
    return service;
  };
}

/** Origins of spans by number. */
function originWriter(database: DatabaseSync) {
  const addService = database.prepare("INSERT OR IGNORE INTO services VALUES (?)");
  const add = database.prepare(
    "INSERT OR IGNORE INTO origins (service, scope, resource) VALUES (?, ?, ?)",
  );
  const find = database.prepare(
    "SELECT id FROM origins WHERE resource = ? AND scope = ? AND service = ?",
  );
  const known = new Map<Origin, number>();
  const byText = new Map<string, number>();
  return {
    idOf(origin: Origin): number {
      let id = known.get(origin);
      if (id !== undefined) return id;
      const { service, scope, resource } = origin;
      const text = `${resource}\n${scope}`;
      id = byText.get(text);
      if (id === undefined) {
        addService.run(service);
        add.run(service, scope, resource);
        id = Number(find.get(resource, scope, service)!.id);
        if (byText.size === KNOWN_MAX) byText.clear();
        byText.set(text, id);
      }
      known.set(origin, id);
      return id;
    },
    /** Objects are of one request. */
    forget: () => known.clear(),
    clear() {
      known.clear();
      byText.clear();
    },
  };
}

/** Makes what writes spans. */
export function spanWriter(database: DatabaseSync): Writer<SpanRow> {
  const insert = bulkInserter(database, "spans", [
    "trace",
    "span_id",
    "parent_span_id",
    "origin",
    "name",
    "kind",
    "start_ns",
    "end_ns",
    "status",
    "adjusted_count",
    "status_message",
    "events",
    "attributes",
  ]);
  const link = database.prepare("INSERT INTO links VALUES (?, ?, ?, ?)");
  const traces = traceBook(database);
  const origins = originWriter(database);
  return {
    write(spans) {
      const there = insert(spans.map((span) => [
        traces.idOf(span),
        span.spanId,
        span.parentSpanId,
        origins.idOf(span.origin),
        span.name,
        span.kind,
        span.startNs,
        span.endNs,
        span.statusCode,
        span.adjustedCount,
        span.statusMessage === "" ? null : span.statusMessage,
        span.events,
        span.attributes,
      ]));
      spans.forEach((span, index) => {
        // A batch that was sent twice must not count twice.
        if (there.has(index)) return;
        traces.add(span);
        for (const { traceId, spanId } of span.links) {
          link.run(span.traceId, span.spanId, traceId, spanId);
        }
      });
      traces.write();
      origins.forget();
      return { added: spans.length - there.size, duplicates: there.size };
    },
    clear() {
      traces.clear();
      origins.clear();
    },
  };
}

function transactionOf(attributes: Json): string | null {
  const id = attributes["transaction.id"];
  return typeof id === "string" ? id : null;
}

/** Makes what writes lines. */
export function logWriter(database: DatabaseSync): Writer<DecodedLog> {
  const insert = bulkInserter(database, "logs", [
    "time_ns",
    "severity",
    "service",
    "scope",
    "body",
    "attributes",
    "trace_id",
    "span_id",
    "transaction_id",
  ]);
  const serviceOfLog = serviceWriter(database);
  return {
    write(logs) {
      insert(logs.map((log) => [
        BigInt.asIntN(64, log.timeUnixNano),
        log.severityNumber,
        serviceOfLog(log.resource),
        log.scope,
        typeof log.body === "string" ? log.body : json(log.body ?? {}),
        json(log.attributes),
        log.traceId,
        log.spanId,
        transactionOf(log.attributes),
      ]));
      return { added: logs.length, duplicates: 0 };
    },
    clear() {},
  };
}

/** Makes what writes the points of metrics. */
export function metricWriter(database: DatabaseSync): Writer<DecodedMetric> {
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
  const serviceOfMetric = serviceWriter(database);
  const add = ({ resource, name, unit, kind, isMonotonic, temporality, points }: DecodedMetric) => {
    const service = serviceOfMetric(resource);
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
    return points.length;
  };
  return {
    write: (metrics) => ({
      added: metrics.reduce((sum, metric) => sum + add(metric), 0),
      duplicates: 0,
    }),
    clear() {},
  };
}
