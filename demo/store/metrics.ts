import type { DatabaseSync } from "node:sqlite";
import { type All, asker } from "./sql.ts";

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
  readonly kind: string;
  readonly shows: "value" | "per second" | Statistic;
  readonly series: readonly MetricSeries[];
  readonly exemplars: readonly MetricExemplar[];
}

/** What can be read off a histogram over time. */
export type Statistic = "p50" | "p95" | "p99" | "mean" | "rate";

/** Asks for metrics. */
export interface MetricQueries {
  metricNames(): MetricName[];
  /** Undefined when there is no such metric since then. */
  metricChart(name: string, sinceMs: number, statistic?: Statistic): MetricChart | undefined;
}

/** Lines of one chart at most, those with the newest values. */
const SERIES_MAX = 20;
const POINTS_MAX = 20_000;
/** Exemplars of one chart at most: the largest of each short time, the traces one wants to see. */
const EXEMPLARS_MAX = 60;

/** A point as it was stored. */
interface Stored {
  readonly value?: number;
  readonly count?: number | string;
  readonly sum?: number;
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
  const all = asker(database);
  return {
    metricNames: () =>
      all("SELECT name, unit, kind, count(*) AS series FROM series GROUP BY name ORDER BY name")
        .map((row) => ({
          name: String(row.name),
          unit: String(row.unit),
          kind: String(row.kind),
          series: Number(row.series),
        })),
    metricChart(name, sinceMs, statistic = "p95") {
      const rows = rowsOf(all, name, sinceMs);
      return rows.length === 0 ? undefined : chartOf(name, rows, statistic);
    },
  };
}

function rowsOf(all: All, name: string, sinceMs: number): Row[] {
  return all(
    `SELECT * FROM metrics JOIN series ON series.id = series_id
     WHERE name = ? AND time_ns >= ? ORDER BY time_ns DESC LIMIT ?`,
    name,
    BigInt(Math.round(sinceMs)) * 1_000_000n,
    POINTS_MAX,
  ).map((row) => ({
    timeMs: Number(row.time_ns) / 1e6,
    isDelta: row.is_delta === 1n,
    kind: String(row.kind),
    unit: String(row.unit),
    service: String(row.service),
    attributes: String(row.attributes),
    point: JSON.parse(String(row.point)),
  })).reverse();
}

function chartOf(name: string, rows: readonly Row[], statistic: Statistic): MetricChart {
  const { kind, unit } = rows[0];
  const isHistogram = kind === "histogram" || kind === "exponentialHistogram";
  const bySeries = Map.groupBy(rows, (row) => `${row.service} ${row.attributes}`);
  const newest = [...bySeries.values()].sort((a, b) => b.at(-1)!.timeMs - a.at(-1)!.timeMs);
  const series = newest.slice(0, SERIES_MAX).map((all) => ({
    service: all[0].service,
    attributes: JSON.parse(all[0].attributes),
    points: isHistogram
      ? statistics(all, statistic)
      : kind === "sum"
      ? rates(all, ({ value = 0 }) => value)
      : all.map((row) => ({ timeMs: row.timeMs, value: row.point.value ?? 0 })),
  }));
  return {
    name,
    unit,
    kind,
    shows: isHistogram ? statistic : kind === "sum" ? "per second" : "value",
    series: series.sort((a, b) => mostOf(b) - mostOf(a)),
    exemplars: exemplarsOf(rows),
  };
}

function mostOf({ points }: MetricSeries): number {
  return points.reduce((most, { value }) => Math.max(most, value), 0);
}

function exemplarsOf(rows: readonly Row[]): MetricExemplar[] {
  const fromMs = rows[0].timeMs;
  const lengthMs = rows.at(-1)!.timeMs - fromMs + 1;
  const largest = new Map<number, MetricExemplar>();
  for (const { timeMs, service, point } of rows) {
    const slot = Math.floor((timeMs - fromMs) / lengthMs * EXEMPLARS_MAX);
    for (const { value, traceId } of point.exemplars) {
      if (traceId === "" || value < (largest.get(slot)?.value ?? Number.NEGATIVE_INFINITY)) {
        continue;
      }
      largest.set(slot, { timeMs, service, value, traceId });
    }
  }
  return [...largest.values()];
}

/** What came between two points, a second. */
function rates(rows: readonly Row[], valueOf: (point: Stored) => number): MetricValue[] {
  return rows.slice(1).map((row, index) => {
    const before = rows[index];
    const seconds = Math.max(0.001, (row.timeMs - before.timeMs) / 1000);
    const now = valueOf(row.point);
    const last = row.isDelta ? 0 : valueOf(before.point);
    // A total below the last one began anew.
    return { timeMs: row.timeMs, value: (now < last ? now : now - last) / seconds };
  });
}

const PARTS = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** A statistic of what came between two points. */
function statistics(rows: readonly Row[], statistic: Statistic): MetricValue[] {
  if (statistic === "rate") return rates(rows, ({ count = 0 }) => Number(count));
  return rows.flatMap((row, index) => {
    // The first total is of the time before the chart.
    if (!row.isDelta && index === 0) return [];
    const before = row.isDelta ? undefined : rows[index - 1].point;
    // Buckets of another width can't be taken from these.
    if (before !== undefined && before.scale !== row.point.scale) return [];
    const value = statistic === "mean"
      ? mean(row.point, before)
      : percentile(bucketsOf(row.point), before && bucketsOf(before), PARTS[statistic]);
    return value === undefined ? [] : [{ timeMs: row.timeMs, value }];
  });
}

function mean(now: Stored, before: Stored | undefined): number | undefined {
  const count = Number(now.count ?? 0) - Number(before?.count ?? 0);
  return count > 0 ? ((now.sum ?? 0) - (before?.sum ?? 0)) / count : undefined;
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
