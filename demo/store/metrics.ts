import type { DatabaseSync } from "node:sqlite";

/** A metric that was received. */
export interface MetricName {
  readonly name: string;
  readonly unit: string;
  /** `gauge`, `sum`, `histogram` or `exponentialHistogram`. */
  readonly kind: string;
  readonly series: number;
}

/** A line of a chart. */
export interface MetricSeries {
  readonly service: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Values over time: of a gauge as they are, of a sum a second, of a histogram its p95. */
  readonly points: readonly MetricValue[];
}

/** A value of a chart. */
export interface MetricValue {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly value: number;
}

/** A measurement with its trace. */
export interface MetricExemplar extends MetricValue {
  readonly service: string;
  readonly traceId: string;
}

/** What a chart of one metric shows. */
export interface MetricChart {
  readonly name: string;
  readonly unit: string;
  /** What the values are: `value`, `per second` or `p95`. */
  readonly shows: "value" | "per second" | "p95";
  readonly series: readonly MetricSeries[];
  readonly exemplars: readonly MetricExemplar[];
}

/** Asks for metrics. */
export interface MetricQueries {
  metricNames(): MetricName[];
  /** Undefined when there is no such metric since then. */
  metricChart(name: string, sinceMs: number): MetricChart | undefined;
}

/** Lines of one chart at most, those with the newest values. */
const SERIES_MAX = 20;
const POINTS_MAX = 20_000;
const EXEMPLARS_MAX = 200;

/** A point as it was stored. */
interface Stored {
  readonly value?: number;
  readonly count?: number;
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: number;
  readonly positive: { readonly offset: number; readonly counts: readonly number[] };
  readonly exemplars: readonly { readonly value: number; readonly traceId: string }[];
}

interface Row {
  readonly timeMs: number;
  readonly isDelta: boolean;
  readonly kind: string;
  readonly unit: string;
  readonly service: string;
  readonly attributes: string;
  readonly point: Stored;
}

/** Makes the queries of a database. */
export function metricQueriesOf(database: DatabaseSync): MetricQueries {
  return {
    metricNames: () =>
      database.prepare(
        `SELECT name, unit, kind, count(DISTINCT service || attributes) AS series FROM metrics
         GROUP BY name ORDER BY name`,
      ).all().map((row) => ({
        name: String(row.name),
        unit: String(row.unit),
        kind: String(row.kind),
        series: Number(row.series),
      })),
    metricChart(name, sinceMs) {
      const rows = rowsOf(database, name, sinceMs);
      return rows.length === 0 ? undefined : chartOf(name, rows);
    },
  };
}

function rowsOf(database: DatabaseSync, name: string, sinceMs: number): Row[] {
  const statement = database.prepare(
    "SELECT * FROM metrics WHERE name = ? AND time_ns >= ? ORDER BY time_ns DESC LIMIT ?",
  );
  statement.setReadBigInts(true);
  return statement.all(name, BigInt(Math.round(sinceMs)) * 1_000_000n, POINTS_MAX).map((row) => ({
    timeMs: Number(row.time_ns) / 1e6,
    isDelta: row.is_delta === 1n,
    kind: String(row.kind),
    unit: String(row.unit),
    service: String(row.service),
    attributes: String(row.attributes),
    point: JSON.parse(String(row.point)),
  })).reverse();
}

function chartOf(name: string, rows: readonly Row[]): MetricChart {
  const { kind, unit } = rows[0];
  const isHistogram = kind === "histogram" || kind === "exponentialHistogram";
  const bySeries = Map.groupBy(rows, (row) => `${row.service} ${row.attributes}`);
  const series = [...bySeries.values()].slice(-SERIES_MAX).map((all) => ({
    service: all[0].service,
    attributes: JSON.parse(all[0].attributes),
    points: isHistogram ? percentiles(all) : kind === "sum" ? rates(all) : all.map((row) => ({
      timeMs: row.timeMs,
      value: row.point.value ?? 0,
    })),
  }));
  const exemplars = rows.flatMap(({ timeMs, service, point }) =>
    point.exemplars.filter(({ traceId }) => traceId !== "")
      .map(({ value, traceId }) => ({ timeMs, service, value, traceId }))
  );
  return {
    name,
    unit,
    shows: isHistogram ? "p95" : kind === "sum" ? "per second" : "value",
    series,
    exemplars: exemplars.slice(-EXEMPLARS_MAX),
  };
}

/** What came between two points, a second. */
function rates(rows: readonly Row[]): MetricValue[] {
  return rows.slice(1).map((row, index) => {
    const before = rows[index];
    const seconds = Math.max(0.001, (row.timeMs - before.timeMs) / 1000);
    const now = row.point.value ?? 0;
    const last = row.isDelta ? 0 : before.point.value ?? 0;
    // A total below the last one began anew.
    return { timeMs: row.timeMs, value: (now < last ? now : now - last) / seconds };
  });
}

/** The 95th percentile of what came between two points. */
function percentiles(rows: readonly Row[]): MetricValue[] {
  return rows.flatMap((row, index) => {
    const before = row.isDelta || index === 0 ? undefined : rows[index - 1].point;
    // Buckets of another width can't be taken from these.
    if (before !== undefined && before.scale !== row.point.scale) return [];
    const value = percentile(bucketsOf(row.point), before && bucketsOf(before), 0.95);
    return value === undefined ? [] : [{ timeMs: row.timeMs, value }];
  });
}

/** Counts by the upper bound of their bucket. */
function bucketsOf(point: Stored): Map<number, number> {
  const buckets = new Map<number, number>();
  if (point.scale === undefined) {
    point.bucketCounts.forEach((count, index) =>
      buckets.set(point.bounds[index] ?? Number.POSITIVE_INFINITY, count)
    );
    return buckets;
  }
  const base = 2 ** (2 ** -point.scale);
  buckets.set(0, point.zeroCount ?? 0);
  point.positive.counts.forEach((count, index) =>
    buckets.set(base ** (point.positive.offset + index + 1), count)
  );
  return buckets;
}

/** By linear interpolation within its bucket; undefined when nothing came. */
function percentile(
  now: ReadonlyMap<number, number>,
  before: ReadonlyMap<number, number> | undefined,
  part: number,
): number | undefined {
  const bounds = [...now.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => Math.max(0, now.get(bound)! - (before?.get(bound) ?? 0)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = total * part;
  for (let index = 0; index < bounds.length; index++) {
    if (left <= counts[index]) {
      const low = bounds[index - 1] ?? 0;
      const high = Number.isFinite(bounds[index]) ? bounds[index] : low;
      return low + (high - low) * (left / counts[index]);
    }
    left -= counts[index];
  }
  return bounds.at(-2);
}
