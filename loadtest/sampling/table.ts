import type { Interval } from "../statistics/bootstrap.ts";
import type { StrategyResult } from "./aggregate.ts";
import type { Accuracy } from "./estimate.ts";
import type { SamplingResults } from "./experiment.ts";

const HEADER = [
  "strategy",
  "kept",
  "bytes",
  "errors",
  "rarest",
  "paths",
  "count ±",
  "holds",
  "rate ±",
  "p99 ±",
  "faulty",
  "burst",
  "CPU µs",
  "memory",
] as const;

/** A part as a percentage of three digits at most. */
export function percent(part: number): string {
  if (!Number.isFinite(part)) return "-";
  const value = part * 100;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value.toPrecision(2)} %`;
}

function rmse({ rmse, count }: Accuracy): string {
  return count === 0 ? "-" : percent(rmse);
}

/** The recall of the rarest paths. */
export function rarestOf({ rareRecall }: StrategyResult): Interval | undefined {
  return Object.values(rareRecall).at(-1);
}

/** Bytes of a strategy's results, for people. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return bytes.toFixed(0);
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function rowOf(one: StrategyResult): string[] {
  const rarest = rarestOf(one);
  return [
    one.strategy,
    percent(one.tracesKept.estimate),
    one.bytesPerTrace.estimate.toFixed(0),
    percent(one.errorRecall.estimate),
    rarest === undefined ? "-" : percent(rarest.estimate),
    percent(one.pathCoverage.estimate),
    rmse(one.count),
    one.count.count === 0 ? "-" : percent(one.count.coverage),
    rmse(one.errorRate),
    rmse(one.p99),
    percent(one.faultyFound.estimate),
    `×${one.burstPeak.estimate.toFixed(1)}`,
    one.cpuUsPerTrace.estimate.toFixed(1),
    bytesText(one.peakQueuedBytes),
  ];
}

/** The order of the table: by budget, those without one first, then by bytes. */
export function byBudget(results: readonly StrategyResult[]): StrategyResult[] {
  const order = ({ signals, budget }: StrategyResult) =>
    (signals === "traces" ? 0 : 10) + (budget ?? -1);
  return results.toSorted((a, b) =>
    order(a) - order(b) || a.bytesPerTrace.estimate - b.bytesPerTrace.estimate
  );
}

/** The results as lines of text. */
export function tableOf(
  { strategies, traces, seeds, seconds, isWhole }: SamplingResults,
): string[] {
  const rows = byBudget(strategies).map(rowOf);
  const widths = HEADER.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
    ).join("  ").trimEnd();
  return [
    `${traces.toLocaleString("en")} traces of each of ${seeds.length} seeds, ` +
    `${seconds.toFixed(0)} s${isWhole ? "" : " (ended early)"}`,
    "",
    line(HEADER),
    ...rows.map(line),
    "",
    "kept: traces; bytes: a trace; errors, rarest: how many failed traces, and traces of the rarest",
    "paths, were seen; count, rate, p99: root mean square error of what is estimated from them; holds:",
    "how many 95 % intervals of the count hold the truth; faulty: how often the service that fails",
    "most was found; burst: the busiest second over the mean; memory: the most that waited",
    "",
    ...byBudget(strategies).map(({ strategy, sentence }) => `${strategy}: ${sentence}`),
  ];
}
