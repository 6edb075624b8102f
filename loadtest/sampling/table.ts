import type { Interval } from "../statistics/bootstrap.ts";
import type { AccuracyResult, StrategyResult } from "./aggregate.ts";
import { RULES_TEXT } from "./choice.ts";
import type { SamplingResults } from "./experiment.ts";
import { EQUAL_BYTES } from "./families_lines.ts";
import { bytesText, percent } from "./format.ts";
import { questionOf } from "./question.ts";

/** The recall of the rarest paths. */
export function rarestOf({ rareRecall }: StrategyResult): Interval | undefined {
  return Object.values(rareRecall).at(-1);
}

type Column = readonly [header: string, cell: (one: StrategyResult) => string];

const rmse = ({ rmse, count }: AccuracyResult) => count === 0 ? "-" : percent(rmse.estimate);
const fixed = (value: number, digits: number, before = "") =>
  Number.isFinite(value) ? `${before}${value.toFixed(digits)}` : "-";

const COLUMNS: readonly Column[] = [
  ["spans", ({ signals, spansKept }) => signals === "logs" ? "-" : percent(spansKept.estimate)],
  [
    "bytes",
    ({ bytesPerTrace }) => fixed(bytesPerTrace.estimate, bytesPerTrace.estimate < 9.95 ? 1 : 0),
  ],
  ["errors", ({ errorRecall }) => percent(errorRecall.estimate)],
  ["rarest", (one) => percent(rarestOf(one)?.estimate ?? Number.NaN)],
  ["paths", ({ pathCoverage }) => percent(pathCoverage.estimate)],
  ["whole", ({ completeness }) => percent(completeness.estimate)],
  ["count ±", ({ count }) => rmse(count)],
  ["holds", ({ count }) => percent(count.coverage.estimate)],
  ["rate ±", ({ errorRate }) => rmse(errorRate)],
  ["holds", ({ errorRate }) => percent(errorRate.coverage.estimate)],
  ["p50 ±", ({ p50 }) => rmse(p50)],
  ["p99 ±", ({ p99 }) => rmse(p99)],
  ["faulty", ({ faultyFound }) => percent(faultyFound.estimate)],
  ["burst", ({ burstRatio }) => fixed(burstRatio.estimate, 2, "×")],
  ["back", ({ recoverySeconds }) => fixed(recoverySeconds.estimate, 0)],
  ["delay", ({ delayMeanMs }) => fixed(delayMeanMs.estimate, 0)],
  ["µs", ({ cpuUsPerTrace }) => fixed(cpuUsPerTrace.estimate, 1)],
  ["waits", ({ peakWaitingBytes }) => peakWaitingBytes === 0 ? "-" : bytesText(peakWaitingBytes)],
];

/** What the columns are. */
export const LEGEND = [
  "spans: the part kept; bytes: of OTLP, a trace; errors, rarest: how many failed traces, and traces of",
  "the rarest paths, were seen; paths: different ones seen whole; whole: traces kept with every span;",
  "count, rate, p50, p99 ±: root mean square error of what is estimated from 10,000 traces each; holds:",
  "how many of their 95 % intervals hold the truth; faulty: how often the service that fails most was",
  "found; burst: the part kept in a burst over that in quiet times; back: seconds after it until quiet",
  "times are back; delay: ms from a span's end to its decision, in the mean; µs: of CPU, a trace, with",
  "what the replay takes itself; waits: the most that waited for a decision; *: its rules alone take more",
  "than the budget",
];

/** The order of the table: by budget, those without one first, then by bytes; lines come last. */
export function byBudget(results: readonly StrategyResult[]): StrategyResult[] {
  const order = ({ strategy, signals, budget }: StrategyResult) =>
    (strategy.startsWith(EQUAL_BYTES) ? 100 : signals === "traces" ? 0 : 10) + (budget ?? -1);
  return results.toSorted((a, b) =>
    order(a) - order(b) || a.bytesPerTrace.estimate - b.bytesPerTrace.estimate
  );
}

/** The table alone, a line a strategy. */
export function rowsOf(strategies: readonly StrategyResult[]): string[] {
  const header = ["strategy", ...COLUMNS.map(([name]) => name)];
  const rows = byBudget(strategies).map((one) => [
    one.isOverBudget ? `${one.strategy} *` : one.strategy,
    ...COLUMNS.map(([, cell]) => cell(one)),
  ]);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length))
  );
  return [header, ...rows].map((cells) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
    ).join("  ").trimEnd()
  );
}

/** A run in a line. */
export function summaryOf(
  { traces, seeds, strategies, seconds, isWhole, peakRssBytes, equalBy, capture }: SamplingResults,
): string {
  return `${traces.toLocaleString("en")} traces${capture === undefined ? "" : ` of ${capture}`}, ` +
    `${seeds.length} seeds, through ${strategies.length} strategies, budgets equal in ${equalBy}; ` +
    `${seconds.toFixed(0)} s, ${bytesText(peakRssBytes)} of memory` +
    (isWhole ? "" : " (ended early)");
}

/** The results as lines of text. */
export function tableOf(results: SamplingResults): string[] {
  const { strategies } = results;
  if (strategies.length === 0) return [summaryOf(results), "", "Nothing was finished."];
  return [
    summaryOf(results),
    "",
    ...rowsOf(strategies),
    "",
    ...LEGEND,
    "",
    ...questionOf(strategies),
    "",
    ...byBudget(strategies).map(({ strategy, sentence }) => `${strategy}: ${sentence}`),
    "",
    RULES_TEXT,
  ];
}
