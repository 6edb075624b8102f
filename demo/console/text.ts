/** Characters that could forge or hide a line in a terminal. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text from anywhere, safe on one line of a terminal. */
export function safe(text: string): string {
  return text.toWellFormed().replace(UNSAFE, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`);
}

/** Paints, or leaves as it is. */
export interface Paint {
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** Paint with colour, or without any. */
export function paintWith(hasColor: boolean): Paint {
  const sgr = (code: number) => (text: string) =>
    hasColor ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { dim: sgr(2), red: sgr(31), yellow: sgr(33), green: sgr(32), bold: sgr(1) };
}

/** A duration for people. */
export function duration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)}µs`;
  return ms < 1000 ? `${ms.toFixed(1)}ms` : `${(ms / 1000).toFixed(2)}s`;
}

/** Rows in columns; numbers to the right. */
export function table(header: readonly string[], rows: readonly (string | number)[][]): string[] {
  const cells = [header, ...rows.map((row) => row.map((cell) => safe(String(cell))))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const isRight = header.map((_, column) =>
    rows.some((row) => /^[\d.]+/.test(String(row[column])))
  );
  return cells.map((row) =>
    row.map((cell, column) =>
      isRight[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
    ).join("  ").trimEnd()
  );
}
