import type { DatabaseSync } from "node:sqlite";
import { bulkInserter } from "./bulk.ts";
import type { SpanRow } from "./span_row.ts";

/** A trace in one row, as its spans come. */
interface Summary {
  readonly id: number;
  startNs: bigint;
  endNs: bigint;
  spans: number;
  errors: number;
  adjustedCount: number;
  /** The root names it, or the earliest span until that comes. */
  rootService: string;
  rootName: string;
  /** 0: a root; 1: the root has not come. */
  rootRank: number;
  rootStartNs: bigint;
  rootStatus: number | null;
  /** Names, each after a line's end, and one at the end. */
  services: string;
}

/** Traces kept at hand, since the next span is most likely of one of the last. */
const KEPT_MAX = 8192;

/** What changes most often. */
const COLUMNS = [
  "end_ns",
  "spans",
  "errors",
  "adjusted_count",
  "root_service",
  "root_name",
  "root_rank",
  "root_start_ns",
  "root_status",
  "services",
];

/** The rows of traces: each is read once and written once for all its spans of a transaction. */
export interface TraceBook {
  /** The number of a trace; a new one gets the next. */
  idOf(span: SpanRow): number;
  /** Adds a span that was stored: whatever the order in which they come, the row is the same. */
  add(span: SpanRow): void;
  /** Writes what was added. */
  write(): void;
  /** Forgets what is at hand: rows were removed, or what was written was taken back. */
  clear(): void;
}

/** Makes the book of a database. */
export function traceBook(database: DatabaseSync): TraceBook {
  const find = database.prepare("SELECT * FROM traces WHERE trace_id = ?");
  find.setReadBigInts(true);
  const insert = bulkInserter(database, "traces", ["id", "trace_id", "start_ns", ...COLUMNS]);
  const update = database.prepare(
    `UPDATE traces SET ${COLUMNS.map((name) => `${name} = ?`).join()} WHERE id = ?`,
  );
  // By itself, since it moves the row within the index.
  const updateStart = database.prepare("UPDATE traces SET start_ns = ? WHERE id = ?");
  const last = database.prepare("SELECT max(id) AS id FROM traces");
  const kept = new Map<string, Summary>();
  const fresh = new Map<string, Summary>();
  const changed = new Set<Summary>();
  const moved = new Set<Summary>();
  let lastId: number | undefined;

  const numberOf = (span: SpanRow): Summary => {
    let summary = kept.get(span.traceId);
    if (summary !== undefined) return summary;
    // A text of its own: a part of the request's would keep all of it.
    const traceId = ` ${span.traceId}`.slice(1);
    const row = find.get(traceId);
    if (row === undefined) {
      lastId ??= Number(last.get()!.id ?? 0);
      summary = emptySummary(++lastId, span);
      fresh.set(traceId, summary);
    } else {
      summary = summaryOf(row);
    }
    kept.set(traceId, summary);
    return summary;
  };

  return {
    idOf: (span) => numberOf(span).id,
    add(span) {
      const summary = numberOf(span);
      if (span.startNs < summary.startNs) moved.add(summary);
      join(summary, span);
      changed.add(summary);
    },
    write() {
      for (const summary of fresh.values()) {
        changed.delete(summary);
        moved.delete(summary);
      }
      insert([...fresh].map(([traceId, summary]) => [
        summary.id,
        traceId,
        summary.startNs,
        ...valuesOf(summary),
      ]));
      for (const summary of changed) update.run(...valuesOf(summary), summary.id);
      for (const { startNs, id } of moved) updateStart.run(startNs, id);
      for (const all of [fresh, changed, moved]) all.clear();
      for (const traceId of kept.keys()) {
        if (kept.size <= KEPT_MAX) break;
        kept.delete(traceId);
      }
    },
    clear() {
      for (const all of [kept, fresh, changed, moved]) all.clear();
      lastId = undefined;
    },
  };
}

function valuesOf(summary: Summary) {
  return [
    summary.endNs,
    summary.spans,
    summary.errors,
    summary.adjustedCount,
    summary.rootService,
    summary.rootName,
    summary.rootRank,
    summary.rootStartNs,
    summary.rootStatus,
    summary.services,
  ];
}

function emptySummary(id: number, span: SpanRow): Summary {
  return {
    id,
    startNs: span.startNs,
    endNs: span.endNs,
    spans: 0,
    errors: 0,
    adjustedCount: 0,
    rootService: "",
    rootName: "",
    // Any span goes before it.
    rootRank: 2,
    rootStartNs: span.startNs,
    rootStatus: null,
    services: "\n",
  };
}

function summaryOf(row: Record<string, unknown>): Summary {
  return {
    id: Number(row.id),
    startNs: row.start_ns as bigint,
    endNs: row.end_ns as bigint,
    spans: Number(row.spans),
    errors: Number(row.errors),
    adjustedCount: Number(row.adjusted_count),
    rootService: String(row.root_service),
    rootName: String(row.root_name),
    rootRank: Number(row.root_rank),
    rootStartNs: row.root_start_ns as bigint,
    rootStatus: row.root_status === null ? null : Number(row.root_status),
    services: String(row.services),
  };
}

function join(summary: Summary, span: SpanRow): void {
  const { origin: { service }, startNs } = span;
  if (startNs < summary.startNs) summary.startNs = startNs;
  if (span.endNs > summary.endNs) summary.endNs = span.endNs;
  summary.spans++;
  if (span.statusCode === 2) summary.errors++;
  summary.adjustedCount = Math.max(summary.adjustedCount, span.adjustedCount);
  if (!summary.services.includes(`\n${service}\n`)) summary.services += `${service}\n`;
  const rank = span.parentSpanId === "" ? 0 : 1;
  if (rank < summary.rootRank || rank === summary.rootRank && startNs < summary.rootStartNs) {
    summary.rootService = service;
    summary.rootName = ` ${span.name}`.slice(1);
    summary.rootRank = rank;
    summary.rootStartNs = startNs;
    summary.rootStatus = span.httpStatus;
  }
}
