import { STYLE } from "../report/style.ts";
import { escape } from "../report/svg.ts";
import type { StrategyResult } from "./aggregate.ts";
import { RULES_TEXT } from "./choice.ts";
import type { SamplingResults } from "./experiment.ts";
import { familiesIn, type Frontier, frontierPlot } from "./frontier.ts";
import { contendersOf, questionOf } from "./question.ts";
import { byBudget, LEGEND, rarestOf, rowsOf, summaryOf } from "./table.ts";

const RMSE =
  "Root mean square error of what is estimated from 10,000 traces. Down and left is better.";

/** The plots, in the order of the page. */
export const FRONTIERS: readonly Frontier[] = [
  {
    title: "Bytes against the error of the error rate",
    description: RMSE,
    isLog: true,
    value: ({ errorRate }) => errorRate.rmse,
  },
  {
    title: "Bytes against the error of the count",
    description: RMSE,
    isLog: true,
    value: ({ count }) => count.rmse,
  },
  {
    title: "Bytes against the error of the 99th percentile",
    description: RMSE,
    isLog: true,
    value: ({ p99 }) => p99.rmse,
  },
  {
    title: "Bytes against errors seen",
    description:
      "The part of the failed traces of which the failure arrived. Up and left is better.",
    value: ({ errorRecall }) => errorRecall,
  },
  {
    title: "Bytes against paths seen",
    description: "The part of the different paths that were seen whole at least once.",
    value: ({ pathCoverage }) => pathCoverage,
  },
  {
    title: "Bytes against the rarest traces",
    description: "The part of the traces on the rarest paths that were kept.",
    value: rarestOf,
  },
];

/** What is not at a budget by its own name: that of lines, and the contenders at equal bytes. */
function isTraces({ signals, strategy }: StrategyResult): boolean {
  return signals === "traces" && !strategy.startsWith("equal bytes") && strategy !== "always off";
}

/** The page: frontiers, the table and the sentences, in one file that needs nothing else. */
export function samplingReport(results: SamplingResults): string {
  const { strategies } = results;
  const traces = strategies.filter(isTraces);
  const lines = strategies.filter(({ signals, strategy }) =>
    signals === "logs" && !strategy.startsWith("equal bytes")
  );
  const families = familiesIn(traces);
  const sentences = byBudget(strategies).map(({ strategy, sentence, configuration }) =>
    `<dt>${escape(strategy)}</dt><dd>${escape(sentence)}<br><code>${
      escape(configuration)
    }</code></dd>`
  );
  const contenders = contendersOf(strategies);
  const [question, ...answers] = questionOf(strategies);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What sampling costs and what it hides</title>
<style>${STYLE} .interval.thin { stroke-width: 1.5; opacity: 0.7; }
pre { overflow-x: auto; font-size: 12px; } code { font-size: 12px; }</style></head><body><main>
<h1>What sampling costs and what it hides</h1>
<section class="summary"><p>${escape(summaryOf(results))}</p>
<p>Lines join a strategy at several budgets; bars are 95 % intervals over seeds.</p></section>
${FRONTIERS.map((one) => frontierPlot(traces, one, families)).join("\n")}
${
    question === undefined
      ? ""
      : `<section><h2>Logs, traces or both</h2><p>${escape(question)}</p><ul>${
        answers.map((one) => `<li>${escape(one.trim())}</li>`).join("")
      }</ul></section>`
  }
${FRONTIERS.slice(3, 5).map((one) => frontierPlot([...lines, ...contenders], one)).join("\n")}
<section><h2>Every figure</h2><pre tabindex="0">${
    escape(rowsOf(strategies).join("\n"))
  }</pre><p class="summary">${escape(LEGEND.join(" "))}</p></section>
<section><h2>When to choose which</h2><p class="summary">${escape(RULES_TEXT)}</p>
<dl>${sentences.join("")}</dl></section>
<script type="application/json" id="sampling">${
    JSON.stringify(results).replaceAll("<", "\\u003c")
  }</script>
</main></body></html>
`;
}
