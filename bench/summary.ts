import type { Role } from "./case.ts";

/** What a case came to over all its rounds. */
export interface Result {
  readonly group: string;
  readonly name: string;
  readonly role: Role;
  /** Nanoseconds an operation: the median of the rounds' medians, and their extremes. */
  readonly medianNs: number;
  readonly lowNs: number;
  readonly highNs: number;
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
  readonly ns: readonly number[];
}

/** Sums rounds up; ratios are taken within a round, so that a slow minute is in both. */
export function summarise(cases: readonly Rounds[]): Result[] {
  return cases.map(({ group, name, role, ns }) => {
    const ours = cases.find((one) => one.group === group && one.role === "ours");
    const ratios = ns.map((value, round) => value / (ours?.ns[round] ?? Number.NaN));
    return {
      group,
      name,
      role,
      medianNs: median(ns),
      lowNs: Math.min(...ns),
      highNs: Math.max(...ns),
      ratio: median(ratios),
    };
  });
}

/** What is to be reached: nanoseconds at most, or times that a rival costs at least. */
export interface Mark {
  readonly group: string;
  readonly mostNs?: number;
  readonly rival?: string;
  readonly leastRatio?: number;
}

/** A mark in words, with whether it is reached. */
export function judge(mark: Mark, results: readonly Result[]): string {
  const of = results.filter(({ group }) => group === mark.group);
  const ours = of.find(({ role }) => role === "ours");
  const rival = of.find(({ name }) => name === mark.rival);
  if (mark.mostNs !== undefined && ours !== undefined) {
    const word = ours.medianNs <= mark.mostNs ? "reached" : "MISSED ";
    return `${word}  ${mark.group}: ${ours.medianNs.toFixed(1)} ns, mark ${mark.mostNs} ns`;
  }
  if (mark.leastRatio !== undefined && rival !== undefined) {
    const word = rival.ratio >= mark.leastRatio ? "reached" : "MISSED ";
    return `${word}  ${mark.group}: ${rival.name} costs ${
      rival.ratio.toFixed(1)
    } times ours, mark ${mark.leastRatio}`;
  }
  return `unknown  ${mark.group}: not measured`;
}
