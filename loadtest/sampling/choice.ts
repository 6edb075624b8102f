import type { Interval } from "../statistics/bootstrap.ts";
import type { StrategyResult, Unsaid } from "./aggregate.ts";

/** From here on nearly every one is seen. */
const MOST = 0.95;
/** Below this most are missed. */
const FEW = 0.3;
/** An estimate within so much is good enough to decide by. */
const GOOD_RMSE = 0.15;
/** Intervals of 95 % that hold the truth less often than this are not to be trusted. */
const COVERAGE_LEAST = 0.8;
/** Below this most traces are not whole. */
const HALF = 0.5;
/** A strategy that keeps less than so much of its quiet part in a burst holds it down. */
const HELD_DOWN = 0.5;

/** The rules that sentences are made by, for the reader. */
export const RULES_TEXT = 'Sentences follow rules: a recall of 95 % and above is "sees", below ' +
  '30 % "misses most"; an estimate within 15 % (root mean square) is known; intervals of 95 % that ' +
  "hold the truth in less than 80 of 100 are not to be trusted; a burst of which less than half as " +
  "large a part is kept as in quiet times is held down; a trace is whole " +
  "when every span arrived. Best of its budget is who can't be told from the best by its interval, where " +
  "that is said of a third of the strategies at most.";

/** Says when to choose a strategy, by the rules of {@linkcode RULES_TEXT} alone. */
export function sentenceOf(result: Unsaid, all: readonly Unsaid[]): string {
  const { tracesKept, count, burstRatio, completeness, isOverBudget } = result;
  if (tracesKept.estimate === 0) {
    return "Choose it where nothing need be known: nothing is kept.";
  }
  const { sees, misses } = sightsOf(result);
  const best = bestOf(result, all);
  const isWrong = count.count > 0 && count.coverage.estimate < COVERAGE_LEAST;
  const isBiased = isWrong && count.bias.low * count.bias.high > 0;
  const warnings = [
    ...(isOverBudget ? ["its rules alone take more than the budget"] : []),
    ...(isBiased
      ? [
        `its counts are wrong by ${
          (count.bias.estimate * 100).toFixed(0)
        } % and its intervals not to be trusted`,
      ]
      : isWrong
      ? ["its intervals are not to be trusted"]
      : []),
    ...(completeness.estimate < HALF ? ["most of what it keeps is parts of traces"] : []),
    ...(burstRatio.estimate < HELD_DOWN ? ["a burst is held down"] : []),
  ];
  return [
    sees.length > 0 ? `Choose it to see ${list(sees)}` : "Choose it for little: nothing is certain",
    ...(misses.length > 0 ? [`; it misses ${list(misses)}`] : []),
    ...warnings.map((one) => `; ${one}`),
    ".",
    ...(best.length > 0 ? [` Of its budget it is best for ${list(best)}.`] : []),
  ].join("");
}

/** What strategies are held against each other by; the less the better where it is so. */
const MEASURES:
  readonly (readonly [name: string, take: (one: Unsaid) => Interval, isLess: boolean])[] = [
    ["errors", ({ errorRecall }) => errorRecall, false],
    ["rare traces", ({ rareRecall }) => Object.values(rareRecall).at(-1) ?? NOTHING, false],
    ["paths", ({ treeCoverage }) => treeCoverage, false],
    ["the count", ({ count }) => count.rmse, true],
    ["the error rate", ({ errorRate }) => errorRate.rmse, true],
    ["the 99th percentile", ({ p99 }) => p99.rmse, true],
    ["CPU", ({ cpuUsPerTrace }) => cpuUsPerTrace, true],
  ];
const NOTHING: Interval = { estimate: Number.NaN, low: Number.NaN, high: Number.NaN };

function bestOf(result: Unsaid, all: readonly Unsaid[]): string[] {
  if (result.budget === undefined || result.isOverBudget) return [];
  const peers = all.filter(({ budget, isOverBudget }) => budget === result.budget && !isOverBudget);
  return MEASURES.flatMap(([name, take, isLess]) => {
    const sign = isLess ? -1 : 1;
    const known = peers.map(take).filter(({ estimate }) => Number.isFinite(estimate));
    if (known.length < 3) return [];
    const best = known.reduce((a, b) => sign * b.estimate > sign * a.estimate ? b : a);
    const isAsGood = ({ low, high }: Interval) => low <= best.high && high >= best.low;
    const isSaid = known.filter(isAsGood).length <= known.length / 3 && isAsGood(take(result));
    return isSaid ? [name] : [];
  });
}

function sightsOf(result: Unsaid) {
  const { errorRecall, rareRecall, pathCoverage, treeCoverage, count, errorRate, p99 } = result;
  const rarest = Object.values(rareRecall).at(-1)?.estimate ?? Number.NaN;
  const estimates: readonly [string, StrategyResult["count"]][] = [
    ["how many requests there were", count],
    ["the error rate", errorRate],
    ["the 99th percentile", p99],
  ];
  const isKnown = ({ rmse, coverage }: StrategyResult["count"]) =>
    rmse.estimate <= GOOD_RMSE && coverage.estimate >= COVERAGE_LEAST;
  const sees = [
    ...(errorRecall.estimate >= MOST ? ["every error"] : []),
    ...(treeCoverage.estimate >= MOST
      ? ["every path"]
      : pathCoverage.estimate >= MOST
      ? ["every operation"]
      : []),
    ...(rarest >= MOST ? ["every rare trace"] : []),
    ...estimates.filter(([, one]) => one.count > 0 && isKnown(one)).map(([name]) => name),
  ];
  const misses = [
    ...(errorRecall.estimate < FEW ? ["most errors"] : []),
    ...(rarest < FEW ? ["most rare traces"] : []),
    ...estimates.filter(([, one]) => one.count > 0 && !isKnown(one)).map(([name]) => name),
  ];
  return { sees, misses };
}

/** Words as a list in a sentence. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
