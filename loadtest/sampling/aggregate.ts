import { restartEffect } from "../statistics/restarts.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import type { Accuracy } from "./estimate.ts";
import type { Score } from "./score.ts";
import type { Strategy } from "./strategy.ts";

/** A strategy's scores over several seeds: each figure with its interval. */
export interface StrategyResult {
  readonly strategy: string;
  readonly signals: Strategy["signals"];
  readonly budget: number | undefined;
  readonly configuration: string;
  readonly spansKept: Interval;
  readonly tracesKept: Interval;
  readonly bytesPerTrace: Interval;
  readonly errorRecall: Interval;
  readonly rareRecall: Readonly<Record<string, Interval>>;
  readonly pathCoverage: Interval;
  readonly completeness: Interval;
  readonly faultyFound: Interval;
  readonly cpuUsPerTrace: Interval;
  readonly burstPeak: Interval;
  readonly recoverySeconds: Interval;
  readonly peakQueuedBytes: number;
  readonly count: Accuracy;
  readonly errorRate: Accuracy;
  readonly p50: Accuracy;
  readonly p99: Accuracy;
  /** When to choose it, by the rules in `choice.ts`. */
  readonly sentence: string;
}

/** The mean over seeds, with Student's t; a single seed has no interval. */
function overSeeds(values: readonly number[]): Interval {
  const known = values.filter(Number.isFinite);
  if (known.length < 2) {
    const value = known[0] ?? Number.NaN;
    return { estimate: value, low: value, high: value };
  }
  const { estimate, low, high } = restartEffect([known]);
  return { estimate, low, high };
}

/** Accuracies of the same number of estimates as one. */
function joined(all: readonly Accuracy[]): Accuracy {
  const mean = (take: (one: Accuracy) => number) =>
    all.reduce((sum, one) => sum + take(one), 0) / all.length;
  return {
    bias: mean(({ bias }) => bias),
    rmse: Math.sqrt(mean(({ rmse }) => rmse ** 2)),
    coverage: mean(({ coverage }) => coverage),
    count: all.reduce((sum, { count }) => sum + count, 0),
  };
}

/** Joins the scores of a strategy over seeds. */
export function resultOf(
  strategy: Strategy,
  scores: readonly Score[],
  sentenceOf: (result: Omit<StrategyResult, "sentence">) => string,
): StrategyResult {
  const of = (take: (score: Score) => number) => overSeeds(scores.map(take));
  const rarities = [...new Set(scores.flatMap(({ rareRecall }) => Object.keys(rareRecall)))];
  const result = {
    strategy: strategy.name,
    signals: strategy.signals,
    budget: strategy.budget,
    configuration: strategy.configuration,
    spansKept: of((one) => one.spansKept),
    tracesKept: of((one) => one.tracesKept),
    bytesPerTrace: of((one) => one.bytesPerTrace),
    errorRecall: of((one) => one.errorRecall),
    rareRecall: Object.fromEntries(
      rarities.map((rarity) => [rarity, of((one) => one.rareRecall[rarity] ?? Number.NaN)]),
    ),
    pathCoverage: of((one) => one.pathCoverage),
    completeness: of((one) => one.completeness),
    faultyFound: of((one) => one.faultyFound),
    cpuUsPerTrace: of((one) => one.cpuUsPerTrace),
    burstPeak: of((one) => one.burstPeak),
    recoverySeconds: of((one) => one.recoverySeconds),
    peakQueuedBytes: Math.max(...scores.map((one) => one.peakQueuedBytes)),
    count: joined(scores.map((one) => one.count)),
    errorRate: joined(scores.map((one) => one.errorRate)),
    p50: joined(scores.map((one) => one.p50)),
    p99: joined(scores.map((one) => one.p99)),
  };
  return { ...result, sentence: sentenceOf(result) };
}
