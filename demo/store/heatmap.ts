import { barsOf, type Columns, type Time } from "./histogram.ts";
import type { Heatmap } from "./model.ts";

const COLUMNS = 96;
const ROWS_PER_DECADE = 8;
/** The shortest duration that has a row of its own: a microsecond. */
const LOW_NS = 1000;

/** The least duration of each row in nanoseconds: from a microsecond to a day. */
const LEAST_NS = Array.from(
  { length: 11 * ROWS_PER_DECADE + 1 },
  (_, row) => row === 0 ? 0 : Math.ceil(LOW_NS * 10 ** (row / ROWS_PER_DECADE) - 1e-6),
);

function rowOf(ns: number): number {
  const guess = Math.floor(Math.log10(Math.max(1, ns / LOW_NS)) * ROWS_PER_DECADE);
  const row = Math.min(LEAST_NS.length - 1, guess);
  // The logarithm is not exact at the edges.
  if (ns < LEAST_NS[row]) return row - 1;
  return ns >= LEAST_NS[row + 1] ? row + 1 : row;
}

/** Traces by when they began and how long they took: values are twice their nanoseconds, odd with errors. */
export function heatmapOf(columns: Columns, time: Time): Heatmap {
  const { timesUs, values } = columns;
  const { fromMs, untilMs, indexOf } = barsOf(columns, time, COLUMNS);
  const counts = new Uint32Array(COLUMNS * LEAST_NS.length);
  const errors = new Uint32Array(counts.length);
  const sorted = new Float64Array(values.length);
  let [low, high] = [LEAST_NS.length, 0];
  for (let index = 0; index < timesUs.length; index++) {
    const ns = Math.floor(values[index] / 2);
    const row = rowOf(ns);
    const cell = row * COLUMNS + indexOf(timesUs[index]);
    counts[cell]++;
    errors[cell] += values[index] % 2;
    sorted[index] = ns;
    low = Math.min(low, row);
    high = Math.max(high, row);
  }
  low = Math.min(low, high);
  sorted.sort();
  const durationMs = (part: number) =>
    (sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0) / 1e6;
  const cells: Heatmap["cells"][number][] = [];
  counts.forEach((count, cell) => {
    if (count === 0) return;
    cells.push([cell % COLUMNS, Math.floor(cell / COLUMNS) - low, count, errors[cell]]);
  });
  return {
    fromMs,
    untilMs,
    columns: COLUMNS,
    lowMs: LOW_NS / 1e6 * 10 ** (low / ROWS_PER_DECADE),
    rows: high - low + 1,
    rowsPerDecade: ROWS_PER_DECADE,
    total: timesUs.length,
    p50Ms: durationMs(0.5),
    p95Ms: durationMs(0.95),
    cells,
  };
}
