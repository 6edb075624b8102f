import type { DatabaseSync } from "node:sqlite";
import type { Value } from "./sql.ts";

/** Rows of a statement: with more of them a row costs no less. */
const ROWS = 32;

/**
 * Makes what inserts rows, many to a statement: by itself a row takes more than twice as long. It
 * answers which were there already, by their positions; these are left out.
 */
export function bulkInserter(
  database: DatabaseSync,
  table: string,
  columns: readonly string[],
): (rows: readonly (readonly Value[])[]) => ReadonlySet<number> {
  const row = `(${columns.map(() => "?").join()})`;
  const into = `INTO ${table} (${columns.join()}) VALUES`;
  const many = database.prepare(`INSERT ${into} ${Array(ROWS).fill(row).join()}`);
  const one = database.prepare(`INSERT OR IGNORE ${into} ${row}`);
  return (rows) => {
    const there = new Set<number>();
    for (let from = 0; from < rows.length; from += ROWS) {
      const part = rows.slice(from, from + ROWS);
      if (part.length === ROWS && isTaken(() => many.run(...part.flat()))) continue;
      part.forEach((values, index) => {
        if (one.run(...values).changes === 0) there.add(from + index);
      });
    }
    return there;
  };
}

/** False when one of the rows can't be taken: none of them is, then. */
function isTaken(insert: () => void): boolean {
  try {
    insert();
    return true;
  } catch {
    return false;
  }
}
