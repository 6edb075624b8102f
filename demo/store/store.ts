import { DatabaseSync } from "node:sqlite";
import type { DecodedLog, DecodedMetric } from "../../lib/testing/mod.ts";
import { bytesReader, evictor } from "./evict.ts";
import type { StoreBooks, StoreLimits, StoreState } from "./model.ts";
import { DROP, SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import type { SpanRow } from "./span_row.ts";
import { logWriter, metricWriter, spanWriter, type Writer, type Written } from "./writers.ts";

/** Writes telemetry into SQLite; {@linkcode Queries} reads it. */
export interface Store {
  readonly database: DatabaseSync;
  addSpans(spans: readonly SpanRow[]): void;
  addLogs(logs: readonly DecodedLog[]): void;
  addMetrics(metrics: readonly DecodedMetric[]): void;
  state(): StoreState;
  close(): void;
}

const LIMITS: StoreLimits = { bytes: 1024 ** 3, ageMs: 24 * 3_600_000 };

/**
 * Opens a store: a file, or memory for `:memory:`.
 *
 * @throws {Error} When the file can't be opened, or is no database.
 */
export function openStore(path: string, limits: Partial<StoreLimits> = {}): Store {
  const most = { ...LIMITS, ...limits };
  const database = new DatabaseSync(path);
  prepare(database);
  const evicted = { spans: 0, logs: 0, points: 0 };
  const evict = evictor(database, most, evicted);
  const books = booksOf(database, evicted);
  const writer = <T>(signal: Signal, { write, clear }: Writer<T>) => (records: readonly T[]) => {
    database.exec("BEGIN");
    try {
      const written = write(records);
      if (evict()) spans.clear();
      database.exec("COMMIT");
      books.add(signal, written);
    } catch (error) {
      clear();
      database.exec("ROLLBACK");
      throw error;
    }
  };
  const spans = spanWriter(database);
  const bytes = bytesReader(database);
  return {
    database,
    addSpans: writer("spans", spans),
    addLogs: writer("logs", logWriter(database)),
    addMetrics: writer("points", metricWriter(database)),
    state: () => ({ bytes: bytes(), limits: most, ...books.read() }),
    close: () => database.close(),
  };
}

type Signal = "spans" | "logs" | "points";

/** Counts what came, beside what was there when the store was opened. */
function booksOf(database: DatabaseSync, evicted: Readonly<Record<Signal, number>>) {
  const count = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n);
  const first = { spans: count("spans"), logs: count("logs"), points: count("metrics") };
  const sums = {
    spans: { added: 0, duplicates: 0 },
    logs: { added: 0, duplicates: 0 },
    points: { added: 0, duplicates: 0 },
  };
  const of = (signal: Signal): StoreBooks => {
    const { added, duplicates } = sums[signal];
    return {
      received: first[signal] + added + duplicates,
      kept: first[signal] + added - evicted[signal],
      duplicates,
      evicted: evicted[signal],
    };
  };
  return {
    add(signal: Signal, { added, duplicates }: Written) {
      sums[signal].added += added;
      sums[signal].duplicates += duplicates;
    },
    read: () => ({ spans: of("spans"), logs: of("logs"), points: of("points") }),
  };
}

/** Makes the tables; those of another version go first. */
function prepare(database: DatabaseSync): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get()!;
  if (version !== SCHEMA_VERSION) database.exec(DROP);
  database.exec(SCHEMA);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/**
 * Opens a store's file to ask it, beside the process that writes it.
 *
 * @throws {Error} When it can't be opened or is of another version.
 */
export function openToRead(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true });
  const { user_version: version } = database.prepare("PRAGMA user_version").get()!;
  if (version === SCHEMA_VERSION) return database;
  database.close();
  throw new Error(
    `${path} was written by another version (${version}, this one reads ${SCHEMA_VERSION}); remove it or run the demo anew`,
  );
}
