import type { Role } from "./case.ts";

/** What is measured. */
export type Unit = "ns" | "bytes";

/** What a case came to over all its rounds. */
export interface Result {
  readonly group: string;
  readonly name: string;
  readonly role: Role;
  /** Nanoseconds an operation, or bytes of each that is held. */
  readonly unit: Unit;
  /** The median of the rounds' medians, and their extremes. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How many times what ours costs: the median of the ratios round by round. */
  readonly ratio: number;
}

/** The middle value; the mean of the two middle ones of an even number; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One case: the median of each round, in the order of the rounds. */
export interface Rounds {
  readonly group: string;
  readonly name: string;
  readonly role: Role;
  readonly unit: Unit;
  readonly values: readonly number[];
}

/** Sums rounds up; ratios are taken within a round, so that a slow minute is in both. */
export function summarise(cases: readonly Rounds[]): Result[] {
  return cases.map(({ group, name, role, unit, values }) => {
    const ours = cases.find((one) => one.group === group && one.role === "ours");
    const ratios = values.map((value, round) => value / (ours?.values[round] ?? Number.NaN));
    return {
      group,
      name,
      role,
      unit,
      median: median(values),
      low: Math.min(...values),
      high: Math.max(...values),
      ratio: median(ratios),
    };
  });
}

/** What is to be reached: nanoseconds or bytes at most, or times that a rival costs at least. */
export interface Mark {
  readonly group: string;
  readonly most?: number;
  readonly rival?: string;
  readonly leastRatio?: number;
}

/** A mark in words, with whether it is reached. */
export function judge(mark: Mark, results: readonly Result[]): string {
  const of = results.filter(({ group }) => group === mark.group);
  const ours = of.find(({ role }) => role === "ours");
  const rival = of.find(({ name }) => name === mark.rival);
  if (mark.most !== undefined && ours !== undefined) {
    const word = ours.median <= mark.most ? "reached" : "MISSED ";
    return `${word}  ${mark.group}: ${
      ours.median.toFixed(1)
    } ${ours.unit}, mark ${mark.most} ${ours.unit}`;
  }
  if (mark.leastRatio !== undefined && rival !== undefined) {
    const word = rival.ratio >= mark.leastRatio ? "reached" : "MISSED ";
    return `${word}  ${mark.group}: ${rival.name} costs ${
      rival.ratio.toFixed(1)
    } times ours, mark ${mark.leastRatio}`;
  }
  return `unknown  ${mark.group}: not measured`;
}
