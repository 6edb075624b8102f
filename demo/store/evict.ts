import type { DatabaseSync } from "node:sqlite";
import type { StoreLimits } from "./model.ts";

/** How many went, by signal. */
export interface Evicted {
  spans: number;
  logs: number;
  points: number;
}

/** Rows that go at a time: twice what comes in one transaction, so that it gets smaller. */
const ROWS = 2000;
/** Traces that go at a time: each has a few spans. */
const TRACES = 400;
/** Rounds at most in one go: a limit far below what is there must not stop everything. */
const ROUNDS_MAX = 20;
/** How often age is looked at. */
const AGE_CHECK_MS = 10_000;

/**
 * Makes what is called within each transaction that adds: the oldest goes, of whatever signal. It
 * answers whether anything went.
 */
export function evictor(
  database: DatabaseSync,
  { bytes, ageMs }: StoreLimits,
  evicted: Evicted,
): () => boolean {
  const used = bytesReader(database);
  const removeBefore = remover(database, evicted);
  const oldest = oldestReader(database);
  const toFit = (): boolean => {
    let round = 0;
    for (; round < ROUNDS_MAX && used() > bytes; round++) {
      const horizonNs = oldest();
      if (horizonNs === undefined) break;
      removeBefore(horizonNs + 1n);
    }
    return round > 0;
  };
  let checkedMs = 0;
  return () => {
    const nowMs = Date.now();
    const isDue = nowMs - checkedMs > AGE_CHECK_MS;
    if (isDue) {
      checkedMs = nowMs;
      removeBefore(BigInt(Math.max(0, Math.round(nowMs - ageMs))) * 1_000_000n);
    }
    return toFit() || isDue;
  };
}

/** Reads how many bytes the database uses: pages that hold nothing are left out. */
export function bytesReader(database: DatabaseSync): () => number {
  const statement = database.prepare(
    `SELECT (page_count - freelist_count) * page_size AS bytes
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  return () => Number(statement.get()!.bytes);
}

/** Reads until when a good part of what is oldest goes, of any signal; undefined when all is empty. */
function oldestReader(database: DatabaseSync): () => bigint | undefined {
  const nth = (table: string, column: string, rows: number) =>
    `SELECT max(${column}) AS at FROM (SELECT ${column} FROM ${table} ORDER BY ${column} LIMIT ${rows})`;
  const statement = database.prepare(
    `SELECT min(at) AS at FROM (${nth("traces", "start_ns", TRACES)} UNION ALL
       ${nth("logs", "time_ns", ROWS)} UNION ALL ${nth("metrics", "time_ns", ROWS)})`,
  );
  statement.setReadBigInts(true);
  return () => (statement.get()!.at ?? undefined) as bigint | undefined;
}

/** Removes whole traces, since half of one explains nothing, and lines and points of that time. */
function remover(database: DatabaseSync, evicted: Evicted): (beforeNs: bigint) => void {
  const spans = database.prepare(
    "DELETE FROM spans WHERE trace IN (SELECT id FROM traces WHERE start_ns < ?)",
  );
  const links = database.prepare(
    "DELETE FROM links WHERE trace_id IN (SELECT trace_id FROM traces WHERE start_ns < ?)",
  );
  const traces = database.prepare("DELETE FROM traces WHERE start_ns < ?");
  const logs = database.prepare("DELETE FROM logs WHERE time_ns < ?");
  const points = database.prepare("DELETE FROM metrics WHERE time_ns < ?");
  return (beforeNs) => {
    evicted.spans += Number(spans.run(beforeNs).changes);
    links.run(beforeNs);
    traces.run(beforeNs);
    evicted.logs += Number(logs.run(beforeNs).changes);
    evicted.points += Number(points.run(beforeNs).changes);
  };
}
