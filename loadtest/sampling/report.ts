// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear, scaleLog } from "d3-scale";
// @ts-types="npm:@types/d3-shape@3.2.0"
import { line as pathOf } from "d3-shape";
import { STYLE } from "../report/style.ts";
import { armClass, escape, figure, line, spread, text, xAxis, yAxis } from "../report/svg.ts";
import type { StrategyResult } from "./aggregate.ts";
import type { SamplingResults } from "./experiment.ts";
import { byBudget, percent, rarestOf, tableOf } from "./table.ts";

const WIDTH = 860;
const LEFT = 60;
const RIGHT = 230;
const PLOT = 330;

interface Frontier {
  readonly title: string;
  readonly description: string;
  /** Between 0 and 1; undefined where there is none. */
  readonly value: (one: StrategyResult) => number | undefined;
  readonly low?: (one: StrategyResult) => number | undefined;
  readonly high?: (one: StrategyResult) => number | undefined;
}

const FRONTIERS: readonly Frontier[] = [
  {
    title: "Bytes against errors seen",
    description: "The part of the failed traces of which anything arrived. Up and left is better.",
    value: (one) => one.errorRecall.estimate,
    low: (one) => one.errorRecall.low,
    high: (one) => one.errorRecall.high,
  },
  {
    title: "Bytes against paths seen",
    description: "The part of the different paths that were seen whole at least once.",
    value: (one) => one.pathCoverage.estimate,
    low: (one) => one.pathCoverage.low,
    high: (one) => one.pathCoverage.high,
  },
  {
    title: "Bytes against the rarest paths",
    description: "The part of the traces of the rarest paths that were kept.",
    value: (one) => rarestOf(one)?.estimate,
    low: (one) => rarestOf(one)?.low,
    high: (one) => rarestOf(one)?.high,
  },
  {
    title: "Bytes against the error of the error rate",
    description:
      "The root mean square error of the error rate as estimated from what was kept, cut " +
      "off at 100 %. Down and left is better.",
    value: (one) => one.errorRate.count === 0 ? undefined : Math.min(1, one.errorRate.rmse),
  },
];

interface Point {
  readonly one: StrategyResult;
  readonly value: number;
}

/** The same strategy at several budgets is one line: its name without the budget. */
function familiesOf(
  strategies: readonly StrategyResult[],
  frontier: Frontier,
): [name: string, points: Point[]][] {
  const points = strategies.flatMap((one): Point[] => {
    const value = frontier.value(one);
    const isShown = value !== undefined && Number.isFinite(value) && one.bytesPerTrace.estimate > 0;
    return isShown ? [{ one, value }] : [];
  });
  return [...Map.groupBy(points, ({ one }) => one.strategy.replace(/, [\d.]+ %$/, ""))]
    .map(([name, own]) => [
      name,
      own.toSorted((a, b) => a.one.bytesPerTrace.estimate - b.one.bytesPerTrace.estimate),
    ]);
}

function frontierPlot(strategies: readonly StrategyResult[], frontier: Frontier): string {
  const families = familiesOf(strategies, frontier);
  const bytes = families.flatMap(([, own]) => own.map(({ one }) => one.bytesPerTrace.estimate));
  if (bytes.length === 0) return "";
  const x = scaleLog([Math.min(...bytes) / 1.3, Math.max(...bytes) * 1.3], [LEFT, WIDTH - RIGHT]);
  const y = scaleLinear([0, 1], [PLOT, 10]);
  const clamp = (part: number) => Math.min(1, Math.max(0, part));
  const path = pathOf<Point>(
    ({ one }) => x(one.bytesPerTrace.estimate),
    ({ value }) => y(clamp(value)),
  );
  const labels = spread(families.map(([, own]) => y(clamp(own.at(-1)!.value))), 14);
  return figure(frontier.title, frontier.description, WIDTH, Math.max(PLOT, ...labels) + 40, [
    xAxis(
      x,
      10,
      PLOT,
      (value) => `${value} B`,
      x.ticks(6).filter((tick) => /^[125]/.test(`${tick}`)),
    ),
    yAxis(y, LEFT, WIDTH - RIGHT, (value) => `${Math.round(value * 100)} %`),
    ...families.map(([name, own], index) => {
      const marks = own.map(({ one, value }) => {
        const at = x(one.bytesPerTrace.estimate);
        const low = frontier.low?.(one) ?? Number.NaN;
        const high = frontier.high?.(one) ?? Number.NaN;
        return `<g><title>${escape(`${one.strategy}: ${percent(value)}`)}</title>` +
          (Number.isFinite(low + high)
            ? line(at, y(clamp(low)), at, y(clamp(high)), "interval")
            : "") +
          `<circle cx="${at.toFixed(1)}" cy="${y(clamp(value)).toFixed(1)}" r="4"/></g>`;
      });
      const last = own.at(-1)!;
      return `<g class="${armClass(index + 2)}"><path class="thin" d="${path(own)}"/>` +
        marks.join("") +
        line(
          x(last.one.bytesPerTrace.estimate) + 5,
          y(clamp(last.value)),
          WIDTH - RIGHT + 4,
          labels[index],
          "lead",
        ) + text(WIDTH - RIGHT + 8, labels[index] + 4, name) + "</g>";
    }),
  ]);
}

/** The page: frontiers, the table and the sentences, in one file that needs nothing else. */
export function samplingReport(results: SamplingResults): string {
  const sorted = byBudget(results.strategies);
  const traces = sorted.filter(({ strategy, signals }) =>
    signals === "traces" && !strategy.endsWith("equal bytes")
  );
  const equal = sorted.filter(({ strategy }) => strategy.endsWith("equal bytes"));
  const lines = [...sorted.filter(({ signals }) => signals === "logs"), ...equal];
  const sentences = sorted.map(({ strategy, sentence, configuration }) =>
    `<dt>${escape(strategy)}</dt><dd>${escape(sentence)}<br><code>${
      escape(configuration)
    }</code></dd>`
  );
  const [summary, , ...table] = tableOf(results).slice(0, 4 + sorted.length);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What sampling costs and what it hides</title>
<style>${STYLE} .lead { stroke: var(--grid); } pre { overflow-x: auto; font-size: 12px; }
code { font-size: 12px; }</style></head><body><main>
<h1>What sampling costs and what it hides</h1>
<section class="summary"><p>${escape(summary)}</p></section>
${FRONTIERS.map((one) => frontierPlot(traces, one)).join("\n")}
<section><h2>Logs, traces, both</h2><p>Lines by strategy, and all three at equal bytes.</p></section>
${FRONTIERS.slice(0, 2).map((one) => frontierPlot(lines, one)).join("\n")}
<section><h2>Every figure</h2><pre tabindex="0">${escape(table.join("\n"))}</pre></section>
<section><h2>When to choose which</h2><dl>${sentences.join("")}</dl></section>
<script type="application/json" id="sampling">${
    JSON.stringify(results).replaceAll("<", "\\u003c")
  }</script>
</main></body></html>
`;
}
