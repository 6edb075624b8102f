/** A difference that was seen between two things. */
export interface Difference {
  readonly from: string;
  readonly to: string;
  /** What `to` has more than `from`. */
  readonly value: number;
}

/**
 * What each name has more than the first, by least squares over differences between pairs of them
 * (paired comparisons, Scheffé 1952): a pair tells of all others by way of its neighbours. Names
 * that no chain of pairs connects with the first are left out.
 */
export function solvePairs(
  first: string,
  differences: readonly Difference[],
): ReadonlyMap<string, number> {
  const names = connected(first, differences);
  const at = new Map(names.map((name, index) => [name, index]));
  // The normal equations: a weighted Laplacian of which the first's row is left out.
  const size = names.length;
  const rows = names.map(() => new Float64Array(size + 1));
  for (const { from, to, value } of differences) {
    for (const [own, other, sign] of [[from, to, -1], [to, from, 1]] as const) {
      const row = at.get(own);
      if (row === undefined) continue;
      rows[row][row]++;
      const column = at.get(other);
      if (column !== undefined) rows[row][column]--;
      rows[row][size] += sign * value;
    }
  }
  eliminate(rows);
  return new Map(names.map((name, index) => [name, rows[index][size] / rows[index][index]]));
}

/** All that can be reached from the first, without it. */
function connected(first: string, differences: readonly Difference[]): string[] {
  const reached = new Set([first]);
  for (let before = 0; before !== reached.size;) {
    before = reached.size;
    for (const { from, to } of differences) {
      if (reached.has(from)) reached.add(to);
      else if (reached.has(to)) reached.add(from);
    }
  }
  reached.delete(first);
  return [...reached];
}

/** Gauss and Jordan; the matrix is positive definite, so that no pivot is 0. */
function eliminate(rows: readonly Float64Array[]): void {
  rows.forEach((pivot, column) => {
    rows.forEach((row, index) => {
      if (index === column) return;
      const factor = row[column] / pivot[column];
      if (factor !== 0) { for (let at = 0; at < row.length; at++) row[at] -= factor * pivot[at]; }
    });
  });
}
