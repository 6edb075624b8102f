/** Changes with the tables: a file of another version is emptied, since it is a cache. */
export const SCHEMA_VERSION = 6;

/** Removes the tables of any version. */
export const DROP = `
  DROP TABLE IF EXISTS spans; DROP TABLE IF EXISTS traces; DROP TABLE IF EXISTS links;
  DROP TABLE IF EXISTS logs; DROP TABLE IF EXISTS logs_text; DROP TABLE IF EXISTS metrics;
  DROP TABLE IF EXISTS series; DROP TABLE IF EXISTS resources;
  DROP TABLE IF EXISTS services; DROP TABLE IF EXISTS origins;
`;

/**
 * The store's tables: spans and edges for causal graphs, lines with a full-text index apart. A trace in
 * one row is kept as its spans come, so that a list needs no spans. Spans have the number of their
 * trace, since an index of numbers that grow costs a fraction of one of random ids, and no other
 * index: each costs a good part of the rate at which they can come.
 */
export const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -65536;
  CREATE TABLE IF NOT EXISTS services (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS origins (
    id INTEGER PRIMARY KEY, service TEXT NOT NULL, scope TEXT NOT NULL, resource TEXT NOT NULL,
    UNIQUE (resource, scope, service)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS spans (
    id INTEGER PRIMARY KEY, trace INTEGER NOT NULL, span_id TEXT NOT NULL,
    parent_span_id TEXT NOT NULL, origin INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,
    start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, status INTEGER NOT NULL,
    adjusted_count REAL NOT NULL, status_message TEXT, events TEXT, attributes TEXT NOT NULL,
    UNIQUE (trace, span_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS traces (
    id INTEGER PRIMARY KEY, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
    errors INTEGER NOT NULL, adjusted_count REAL NOT NULL, root_status INTEGER,
    spans INTEGER NOT NULL, root_rank INTEGER NOT NULL, root_start_ns INTEGER NOT NULL,
    trace_id TEXT NOT NULL UNIQUE, root_service TEXT NOT NULL, root_name TEXT NOT NULL,
    services TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS traces_by_start ON traces (start_ns);
  CREATE TABLE IF NOT EXISTS links (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, to_trace_id TEXT NOT NULL,
    to_span_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS links_from ON links (trace_id);
  CREATE INDEX IF NOT EXISTS links_to ON links (to_trace_id);
  CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, severity INTEGER NOT NULL,
    service TEXT NOT NULL, scope TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, transaction_id TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS logs_by_time ON logs (time_ns);
  CREATE INDEX IF NOT EXISTS logs_by_trace ON logs (trace_id);
  CREATE INDEX IF NOT EXISTS logs_by_transaction ON logs (transaction_id);
  CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL,
    is_delta INTEGER NOT NULL, service TEXT NOT NULL, attributes TEXT NOT NULL,
    UNIQUE (name, service, attributes, unit, kind, is_delta)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS metrics (
    id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, time_ns INTEGER NOT NULL, point TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS metrics_by_series ON metrics (series_id, time_ns);
  CREATE INDEX IF NOT EXISTS metrics_by_time ON metrics (time_ns);
  CREATE VIRTUAL TABLE IF NOT EXISTS logs_text USING fts5 (
    body, attributes, content = 'logs', content_rowid = 'id'
  );
  CREATE TRIGGER IF NOT EXISTS logs_added AFTER INSERT ON logs BEGIN
    INSERT INTO logs_text (rowid, body, attributes) VALUES (new.id, new.body, new.attributes);
  END;
  CREATE TRIGGER IF NOT EXISTS logs_removed AFTER DELETE ON logs BEGIN
    INSERT INTO logs_text (logs_text, rowid, body, attributes)
    VALUES ('delete', old.id, old.body, old.attributes);
  END;
`;
