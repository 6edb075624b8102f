import type { Histogram } from "./model.ts";
import { type All, nsOf, Where } from "./sql.ts";

/** What charts are made of: the rows that fit, column by column. */
export interface Columns {
  /** Microseconds since the epoch. */
  readonly timesUs: readonly number[];
  readonly values: readonly number[];
  /** How many they stand for when some were sampled away. */
  readonly adjusted: number;
}

/** A time that may be open to either side: milliseconds since the epoch. */
export interface Time {
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** What is read of which rows; expressions in SQL. */
interface Wanted {
  readonly table: "traces" | "logs";
  /** The column of the time in nanoseconds; it has an index. */
  readonly time: string;
  /** A number. */
  readonly value: string;
  /** How many a row stands for. */
  readonly count?: string;
  /** True: a condition beside that of the time has an index. */
  readonly isIndexed?: boolean;
}

/**
 * Reads columns. As two texts they come in half of the time that SQLite takes to put the rows into
 * groups, and that it takes to hand over rows.
 */
export function columnsOf(all: All, wanted: Wanted, filter: Time, where: Where): Columns {
  const { table, time, value, count = "1" } = wanted;
  const [{ base }] = all(`SELECT min(${time}) AS base FROM ${table}`);
  const baseUs = Math.floor(Number(base ?? 0n) / 1000);
  const [row] = all(
    `SELECT json_group_array((${time} - ?) / 1000) AS times, json_group_array(${value}) AS "values",
       total(${count}) AS adjusted FROM ${table}
       ${isMost(all, wanted, filter) ? "NOT INDEXED" : ""} WHERE ${where.sql}`,
    // Short numbers are read faster.
    BigInt(baseUs) * 1000n,
    ...where.values,
  );
  const timesUs = JSON.parse(String(row.times)) as number[];
  for (let index = 0; index < timesUs.length; index++) timesUs[index] += baseUs;
  return { timesUs, values: JSON.parse(String(row.values)), adjusted: Number(row.adjusted) };
}

/** Whether most rows are of that time: to look at all takes half as long, then, as to look up each. */
function isMost(
  all: All,
  { table, time, isIndexed }: Wanted,
  { sinceMs, untilMs }: Time,
): boolean {
  if (isIndexed) return false;
  const where = new Where()
    .and(`${time} >= ?`, nsOf(sinceMs))
    .and(`${time} < ?`, nsOf(untilMs));
  const [row] = all(
    `SELECT 2 * count(*) > (SELECT max(id) FROM ${table}) - (SELECT min(id) FROM ${table}) AS is_most
     FROM ${table} WHERE ${where.sql}`,
    ...where.values,
  );
  return row.is_most === 1n;
}

/** Which bar or column a time is in. */
export interface Bars {
  readonly fromMs: number;
  readonly untilMs: number;
  indexOf(timeUs: number): number;
}

/**
 * Divides the time that is asked for; an open one is that of what is there: an hour of which a minute
 * is filled shows that minute.
 */
export function barsOf(
  { timesUs }: Columns,
  { sinceMs, untilMs }: Time,
  count: number,
): Bars {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const timeUs of timesUs) {
    if (timeUs < first) first = timeUs;
    if (timeUs > last) last = timeUs;
  }
  const isEmpty = timesUs.length === 0;
  const isClosed = sinceMs !== undefined && untilMs !== undefined;
  const fromMs = isEmpty || isClosed ? sinceMs ?? 0 : Math.floor(first / 1000);
  const toMs = untilMs ?? (isEmpty ? Date.now() : Math.floor(last / 1000) + 1);
  const lengthUs = Math.max(1, (toMs - fromMs) * 1000 / count);
  return {
    fromMs,
    untilMs: toMs,
    indexOf: (timeUs) =>
      Math.max(0, Math.min(count - 1, Math.floor((timeUs - fromMs * 1000) / lengthUs))),
  };
}

/** How many fit and when they came; those with a value above 0 are errors. */
export function histogramOf(columns: Columns, time: Time, count: number): Histogram {
  const { fromMs, untilMs, indexOf } = barsOf(columns, time, count);
  const bars = Array.from({ length: count }, () => ({ count: 0, errors: 0 }));
  let errors = 0;
  const total = columns.timesUs.length;
  for (let index = 0; index < total; index++) {
    const bar = bars[indexOf(columns.timesUs[index])];
    bar.count++;
    if (columns.values[index] > 0) {
      bar.errors++;
      errors++;
    }
  }
  return { fromMs, untilMs, total, adjusted: columns.adjusted, errors, bars };
}
