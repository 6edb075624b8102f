import type { DatabaseSync } from "node:sqlite";

/** How much a store keeps; the oldest traces and lines go first. */
export interface StoreLimits {
  /** Spans at most; default 200,000. */
  readonly spans: number;
  /** Log lines at most; default 200,000. */
  readonly logs: number;
  /** Points of metrics at most; default 200,000. */
  readonly points: number;
  /** Bytes of the database at most; default 1 GiB. */
  readonly bytes: number;
  /** Milliseconds that anything is kept; default a day. */
  readonly ageMs: number;
}

/** How much is removed at once past a limit, as a part of it: not at every insert. */
const PART = 0.05;
/** How often age is looked at. */
const AGE_CHECK_MS = 10_000;

/** Makes what is called after each insert, within its transaction. */
export function evictor(database: DatabaseSync, limits: StoreLimits): () => void {
  const number = (sql: string) => {
    const statement = database.prepare(sql);
    return () => Number(Object.values(statement.get()!)[0]);
  };
  const spans = number("SELECT count(*) FROM spans");
  const logs = number("SELECT count(*) FROM logs");
  const bytes = number(
    `SELECT (page_count - freelist_count) * page_size
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  );
  const removeSpans = spanRemover(database);
  const removeLogs = database.prepare(
    "DELETE FROM logs WHERE id IN (SELECT id FROM logs ORDER BY time_ns LIMIT ?)",
  );
  const points = number("SELECT count(*) FROM metrics");
  const removePoints = database.prepare(
    "DELETE FROM metrics WHERE id IN (SELECT id FROM metrics ORDER BY id LIMIT ?)",
  );
  const removeOld = ageRemover(database, limits.ageMs);
  return () => {
    removeOld();
    const isTooLarge = bytes() > limits.bytes;
    const spanCount = spans();
    const spansKept = isTooLarge ? spanCount : limits.spans;
    if (isTooLarge || spanCount > limits.spans) {
      removeSpans(spanCount - Math.floor(spansKept * (1 - PART)));
    }
    const logCount = logs();
    const logsKept = isTooLarge ? logCount : limits.logs;
    if (isTooLarge || logCount > limits.logs) {
      removeLogs.run(logCount - Math.floor(logsKept * (1 - PART)));
    }
    const pointCount = points();
    if (pointCount > limits.points) {
      removePoints.run(pointCount - Math.floor(limits.points * (1 - PART)));
    }
  };
}

/** Removes whole traces, those whose first span is oldest: half a trace explains nothing. */
function spanRemover(database: DatabaseSync): (count: number) => void {
  const oldest = database.prepare(
    "SELECT trace_id FROM traces ORDER BY start_ns LIMIT ?",
  );
  const removers = ["spans", "traces", "links", "logs"].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE trace_id = ?`)
  );
  return (count) => {
    let left = count;
    for (const { trace_id } of oldest.all(count)) {
      if (left <= 0) return;
      const [{ changes }] = removers.map((remover) => remover.run(trace_id));
      left -= Number(changes);
    }
  };
}

function ageRemover(database: DatabaseSync, ageMs: number): () => void {
  const removers = [
    "DELETE FROM links WHERE trace_id IN (SELECT trace_id FROM traces WHERE end_ns < ?)",
    "DELETE FROM spans WHERE start_ns < ?",
    "DELETE FROM traces WHERE end_ns < ?",
    "DELETE FROM logs WHERE time_ns < ?",
    "DELETE FROM metrics WHERE time_ns < ?",
  ].map((sql) => database.prepare(sql));
  let checkedMs = 0;
  return () => {
    const nowMs = Date.now();
    if (nowMs - checkedMs < AGE_CHECK_MS) return;
    checkedMs = nowMs;
    for (const remover of removers) remover.run((nowMs - ageMs) * 1e6);
  };
}
