import type { HeatmapData } from "./types.ts";

/** A corner of what is marked: whole cells, the row counted from the lowest. */
export interface Cell {
  readonly column: number;
  readonly row: number;
}

/** What a mark asks of traces. */
export interface Marked {
  readonly since: string;
  readonly until: string;
  readonly slowerThan: string;
  readonly fasterThan: string;
}

/** The shortest duration of a row. */
export function durationOfRow(data: HeatmapData, row: number): number {
  return data.lowMs * 10 ** (row / data.rowsPerDecade);
}

/** The time at which a column begins. */
export function timeOfColumn(data: HeatmapData, column: number): number {
  return data.fromMs + (data.untilMs - data.fromMs) / data.columns * column;
}

/** The row of a duration, counted from the lowest, with its fraction. */
export function rowOfDuration(data: HeatmapData, ms: number): number {
  return Math.log10(Math.max(ms, 1e-6) / data.lowMs) * data.rowsPerDecade;
}

function text(ms: number): string {
  return String(Number(ms.toPrecision(6)));
}

/** What two corners ask: all cells between them, whole. */
export function markedBy(data: HeatmapData, a: Cell, b: Cell): Marked {
  const columns = [Math.min(a.column, b.column), Math.max(a.column, b.column) + 1];
  const rows = [Math.min(a.row, b.row), Math.max(a.row, b.row) + 1];
  const isLowest = rows[0] === 0;
  return {
    since: timeOfColumn(data, columns[0]).toFixed(3),
    until: timeOfColumn(data, columns[1]).toFixed(3),
    // Shorter than a microsecond is in the lowest row as well.
    slowerThan: isLowest ? "0" : text(durationOfRow(data, rows[0])),
    fasterThan: text(durationOfRow(data, rows[1])),
  };
}

/** Durations that are written at the side: a tenfold, or thrice that where there is room. */
export function durationTicks(data: HeatmapData): number[] {
  const decades = data.rows / data.rowsPerDecade;
  const steps = decades > 4 ? [1] : [1, 3];
  const ticks: number[] = [];
  for (let power = -3; power <= 7; power++) {
    for (const step of steps) {
      const ms = step * 10 ** power;
      const row = rowOfDuration(data, ms);
      if (row >= 0 && row <= data.rows) ticks.push(ms);
    }
  }
  return ticks;
}
