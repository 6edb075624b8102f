import type { Interval } from "../statistics/bootstrap.ts";
import { restartEffect } from "../statistics/restarts.ts";
import type { Accuracy } from "./estimate.ts";
import type { Score } from "./score.ts";
import type { Strategy, StrategySpec } from "./strategy.ts";

/** How far estimates are from the truth, each figure with its interval over seeds. */
export interface AccuracyResult {
  readonly bias: Interval;
  readonly rmse: Interval;
  /** The part of the 95 % intervals that hold the truth. */
  readonly coverage: Interval;
  /** How many estimates there were, of all seeds. */
  readonly count: number;
}

/** Figures that are one number a seed. */
const FIGURES = [
  "spansKept",
  "tracesKept",
  "bytesPerTrace",
  "linesPerTrace",
  "errorRecall",
  "pathCoverage",
  "treeCoverage",
  "completeness",
  "faultyFound",
  "cpuUsPerTrace",
  "burstRatio",
  "recoverySeconds",
  "delayMeanMs",
  "delayP99Ms",
] as const satisfies readonly (keyof Score)[];
const ESTIMATES = ["count", "errorRate", "p50", "p99"] as const satisfies readonly (keyof Score)[];

/** A strategy's scores over several seeds: each figure with its interval. */
export type StrategyResult =
  & Readonly<Record<typeof FIGURES[number], Interval>>
  & Readonly<Record<typeof ESTIMATES[number], AccuracyResult>>
  & {
    readonly strategy: string;
    readonly signals: Strategy["signals"];
    readonly topology: "process" | "services";
    readonly budget: number | undefined;
    /** True when what its rules keep is more than the budget. */
    readonly isOverBudget: boolean;
    readonly configuration: string;
    /** By how likely the path is. */
    readonly rareRecall: Readonly<Record<string, Interval>>;
    readonly peakWaitingBytes: number;
    /** When to choose it, by the rules in `choice.ts`. */
    readonly sentence: string;
  };

/** A result of which nothing has been said yet. */
export type Unsaid = Omit<StrategyResult, "sentence">;

/** The mean over seeds, with Student's t; a single seed has no interval. */
export function overSeeds(values: readonly number[]): Interval {
  const known = values.filter(Number.isFinite);
  if (known.length < 2) {
    const value = known[0] ?? Number.NaN;
    return { estimate: value, low: value, high: value };
  }
  const { estimate, low, high } = restartEffect([known]);
  return { estimate, low, high };
}

function accuracyOf(all: readonly Accuracy[]): AccuracyResult {
  const known = all.filter(({ count }) => count > 0);
  const of = (take: (one: Accuracy) => number) => overSeeds(known.map(take));
  return {
    bias: of(({ bias }) => bias),
    rmse: of(({ rmse }) => rmse),
    coverage: of(({ coverage }) => coverage),
    count: known.reduce((sum, { count }) => sum + count, 0),
  };
}

/** Joins the scores of a strategy over seeds. */
export function resultOf(
  spec: StrategySpec,
  strategy: Strategy,
  scores: readonly Score[],
): Unsaid {
  const each = <K extends string, V>(names: readonly K[], make: (name: K) => V) =>
    Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, V>;
  const rarities = [...new Set(scores.flatMap(({ rareRecall }) => Object.keys(rareRecall)))];
  return {
    strategy: spec.name,
    signals: strategy.signals,
    topology: strategy.topology ?? "process",
    budget: spec.budget,
    isOverBudget: spec.isOverBudget === true,
    configuration: strategy.configuration,
    ...each(FIGURES, (name) => overSeeds(scores.map((one) => one[name]))),
    ...each(ESTIMATES, (name) => accuracyOf(scores.map((one) => one[name]))),
    rareRecall: each(
      rarities.toSorted((a, b) => Number(b) - Number(a)),
      (rarity) => overSeeds(scores.map((one) => one.rareRecall[rarity] ?? Number.NaN)),
    ),
    peakWaitingBytes: Math.max(...scores.map((one) => one.peakWaitingBytes)),
  };
}
