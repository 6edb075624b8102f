import type { Point } from "./types.ts";

/** How many cells the heatmap has. */
export const COLUMNS = 80;
/** From the slowest, at the top, to the fastest. */
export const ROWS = 24;

/** A cell of the heatmap that holds requests. */
export interface Cell {
  readonly key: number;
  readonly column: number;
  readonly row: number;
  readonly count: number;
  readonly errors: number;
  /** How strongly it is drawn, 0 to 1: by the logarithm of the count, so that one slow request shows. */
  readonly strength: number;
}

/** Where times and durations lie in the picture: durations by their logarithm. */
export interface Grid {
  readonly minMs: number;
  readonly maxMs: number;
  readonly p95Ms: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The time at a part of the width, 0 to 1. */
  timeAt(part: number): number;
  /** The duration at a part of the height, 0 the top. */
  durationAt(part: number): number;
  columnOf(startMs: number): number;
  rowOf(durationMs: number): number;
}

/** The grid that holds all points. */
export function gridOf(points: readonly Point[]): Grid {
  const durations = points.map(({ durationMs }) => Math.max(0.001, durationMs)).sort((a, b) =>
    a - b
  );
  const minMs = durations[0] * 0.9;
  const maxMs = durations.at(-1)! * 1.1;
  const times = points.map(({ startMs }) => startMs);
  const fromMs = times.reduce((least, time) => Math.min(least, time), times[0]);
  const untilMs = times.reduce((most, time) => Math.max(most, time), times[0]) + 1;
  const ratio = Math.log(maxMs / minMs);
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most - 1, value));
  return {
    minMs,
    maxMs,
    p95Ms: durations[Math.ceil(durations.length * 0.95) - 1],
    fromMs,
    untilMs,
    timeAt: (part) => fromMs + (untilMs - fromMs) * part,
    durationAt: (part) => maxMs * Math.exp(-ratio * part),
    columnOf: (startMs) =>
      clamp(Math.floor((startMs - fromMs) / (untilMs - fromMs) * COLUMNS), COLUMNS),
    rowOf: (durationMs) =>
      clamp(Math.floor(Math.log(maxMs / Math.max(minMs, durationMs)) / ratio * ROWS), ROWS),
  };
}

/** The cells that hold requests. */
export function cellsOf(points: readonly Point[], grid: Grid): Cell[] {
  const counts = new Map<number, { count: number; errors: number }>();
  for (const point of points) {
    const key = grid.rowOf(point.durationMs) * COLUMNS + grid.columnOf(point.startMs);
    const cell = counts.get(key) ?? { count: 0, errors: 0 };
    cell.count++;
    if (point.isError) cell.errors++;
    counts.set(key, cell);
  }
  let most = 1;
  for (const { count } of counts.values()) most = Math.max(most, count);
  return [...counts].map(([key, { count, errors }]) => ({
    key,
    column: key % COLUMNS,
    row: Math.floor(key / COLUMNS),
    count,
    errors,
    strength: 0.3 + 0.7 * Math.log(count + 1) / Math.log(most + 1),
  }));
}
