import type { StrategyResult } from "./aggregate.ts";
import { list } from "./choice.ts";
import { EQUAL_BYTES } from "./families_lines.ts";
import { percent } from "./format.ts";

/** Within so much of the best is as good. */
const AS_GOOD = 0.02;

type Measure = (one: StrategyResult) => number;

interface Part {
  readonly question: string;
  /** The more the better; NaN says nothing. */
  readonly measure: Measure;
  readonly said: (one: StrategyResult) => string;
}

const PARTS: readonly Part[] = [
  {
    question: "finds the faulty service",
    measure: ({ faultyFound }) => faultyFound.estimate,
    said: ({ faultyFound }) => `${percent(faultyFound.estimate)} of the time`,
  },
  {
    question: "sees every error",
    measure: ({ errorRecall }) => errorRecall.estimate,
    said: ({ errorRecall }) => percent(errorRecall.estimate),
  },
  {
    question: "counts requests best",
    measure: ({ count }) => -count.rmse.estimate,
    said: ({ count }) => `± ${percent(count.rmse.estimate)}`,
  },
  {
    question: "knows the error rate best",
    measure: ({ errorRate }) => -errorRate.rmse.estimate,
    said: ({ errorRate }) => `± ${percent(errorRate.rmse.estimate)}`,
  },
  {
    question: "shows the path of a request, as a tree",
    measure: ({ treeCoverage }) => treeCoverage.estimate,
    said: ({ treeCoverage }) => `${percent(treeCoverage.estimate)} of the paths`,
  },
  {
    question: "costs least CPU",
    measure: ({ cpuUsPerTrace }) => -cpuUsPerTrace.estimate,
    said: ({ cpuUsPerTrace }) => `${cpuUsPerTrace.estimate.toFixed(1)} µs`,
  },
];

/** The contenders, without what their names have in common. */
export function contendersOf(strategies: readonly StrategyResult[]): StrategyResult[] {
  return strategies.filter(({ strategy }) => strategy.startsWith(EQUAL_BYTES));
}

/** Logs only, traces only or both, at equal bytes: which does what best, with figures. */
export function questionOf(strategies: readonly StrategyResult[]): string[] {
  const contenders = contendersOf(strategies);
  if (contenders.length === 0) return [];
  const bytes = contenders.map(({ bytesPerTrace }) => bytesPerTrace.estimate);
  return [
    `Logs, traces or both, at equal bytes (${Math.min(...bytes).toFixed(0)} to ${
      Math.max(...bytes).toFixed(0)
    } a trace):`,
    ...PARTS.map(({ question, measure, said }) => {
      const known = contenders.filter((one) => Number.isFinite(measure(one)));
      if (known.length === 0) return `  ${question}: nobody`;
      const sorted = known.toSorted((a, b) => measure(b) - measure(a));
      const best = measure(sorted[0]);
      const winners = sorted.filter((one) =>
        best - measure(one) <= AS_GOOD * Math.max(0.05, Math.abs(best))
      );
      const others = sorted.filter((one) => !winners.includes(one));
      const named = (all: readonly StrategyResult[]) =>
        list(all.map((one) => `${one.strategy.slice(EQUAL_BYTES.length)} (${said(one)})`));
      return `  ${question}: ${named(winners)}` +
        (others.length === 0 ? "" : `; not ${named(others)}`);
    }),
  ];
}
