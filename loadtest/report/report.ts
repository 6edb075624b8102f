import { resolve } from "@std/path";
import type { Results } from "../collect/folder.ts";
import type { Comparison } from "../model/model.ts";
import { behaviourTable, costTable } from "./arms_table.ts";
import { bytesPlot, forestPlot, latencyPlot, seriesPlot } from "./charts.ts";
import { dropsTable, loadPlot, memoryPlot, ownMemoryTable, saturationPlot } from "./load_charts.ts";
import { costPerMillion, type Prices, readPrices } from "./prices.ts";
import { escape } from "./svg.ts";
import { STYLE } from "./style.ts";
import { summaryOf, verdictOf } from "./table.ts";

/** Writes report.html: one file that needs nothing else. */
export async function writeReport(
  folder: string,
  comparison: Comparison,
  results: Results,
  given: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const prices = given.prices === undefined ? undefined : await readPrices(given.prices);
  const monthly = given["rate-per-month"] === undefined
    ? undefined
    : Number(given["rate-per-month"]);
  await Deno.writeTextFile(
    resolve(folder, "report.html"),
    reportOf(comparison, results, prices, monthly),
  );
}

/** The page. The same comparison, samples and prices give the same bytes. */
export function reportOf(
  comparison: Comparison,
  results: Results,
  prices?: Prices,
  requestsPerMonth?: number,
): string {
  const { isTrustworthy, run, arms } = comparison;
  const verdict = verdictOf(comparison).map((one) => `<p>${escape(one)}</p>`).join("");
  const summary = summaryOf(comparison).map((one) => `<p>${escape(one)}</p>`).join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What recording costs: ${escape(arms[0].arm)} against ${arms.length - 1} arms</title>
<style>${STYLE}</style></head><body class="${isTrustworthy ? "trusted" : "untrusted"}"><main>
<h1>What recording costs</h1>
<section class="gate ${isTrustworthy ? "passed" : "failed"}"><h2>${
    isTrustworthy ? "The gate is passed" : "Not trustworthy"
  }</h2>${verdict}</section>
<section class="summary">${summary}</section>
${forestPlot(comparison)}
<section class="numbers"><h2>Costs</h2>${costTable(arms)}</section>
<section class="numbers"><h2>Waiting, exporting, measuring</h2>${behaviourTable(arms)}</section>
${loadPlot(comparison, results.plan.load === "open" ? results.plan.ratePerS : null)}
${saturationPlot(arms)}
${latencyPlot(comparison, results)}
${bytesPlot(comparison)}
${seriesPlot(comparison, results.samples)}
${memoryPlot(arms)}
${dropsTable(arms)}
${ownMemoryTable(comparison)}
${prices === undefined ? "" : pricesOf(comparison, prices, requestsPerMonth)}
<section><h2>Where and how</h2><dl>${
    [
      ["Started", run.environment.startedAt],
      ["Command", `deno task loadtest ${run.environment.commandLine.join(" ")}`],
      ["Commit", run.environment.commit ?? "unknown"],
      ["Seed", String(results.plan.seed)],
      ["Load", `${comparison.load}, sent by ${results.plan.driver}`],
      ["Design", designOf(results)],
      ["Warm-up", warmUpOf(results)],
      ["V8's flags", results.plan.v8Flags.join(" ") || "none"],
      ["Deno, V8", `${run.environment.deno}, ${run.environment.v8}`],
      [
        "System",
        `${run.environment.os} ${run.environment.arch}, ${run.environment.cores} cores${
          run.environment.isPinned ? ", server and generator on a core each" : ""
        }${run.environment.isPreferred ? ", preferred to all other processes" : ""}`,
      ],
      ["CPU from", run.environment.cpuSource],
    ].map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`).join("")
  }</dl></section>
<script type="application/json" id="comparison">${
    JSON.stringify(comparison).replaceAll("<", "\\u003c")
  }</script>
</main></body></html>
`;
}

function designOf({ plan }: Results): string {
  const names = { slots: "one arm at a time", duet: "duets", both: "one arm at a time, and duets" };
  return `${names[plan.design]}, slots of ${plan.slotMs} ms, order ${plan.order}, ` +
    `${plan.blocksPerRestart} blocks a restart`;
}

function warmUpOf({ plan, run }: Results): string {
  const rounds = run.warmUps;
  const steady = rounds.filter((one) => one !== null);
  const requests = plan.warmUpRequests.toLocaleString("en");
  const before = `${requests} requests to each arm, or ${plan.warmUpSeconds} s of them`;
  if (plan.warmUpRounds === 0) return before;
  return `${before}, then ` +
    (steady.length === 0
      ? "the rounds were used up"
      : `steady after ${Math.min(...steady)} to ${
        Math.max(...steady)
      } rounds in ${steady.length} of ` +
        `${rounds.length} restarts; in the others the rounds were used up`);
}

function pricesOf({ arms }: Comparison, prices: Prices, requestsPerMonth?: number): string {
  const money = (value: number) => `${value.toPrecision(3)} ${escape(prices.currency)}`;
  const rows = arms.filter(({ againstFirstUs }) => againstFirstUs !== null).map((one) => {
    const { cpu, bytes } = costPerMillion(one, prices);
    const monthly = requestsPerMonth === undefined
      ? ""
      : `<td>${money((cpu + bytes) * requestsPerMonth / 1e6)}</td>`;
    return `<tr><th scope="row">${escape(one.arm)}</th><td>${money(cpu)}</td><td>${
      money(bytes)
    }</td>${monthly}</tr>`;
  });
  const sources = Object.entries(prices).flatMap(([name, value]) =>
    typeof value === "object"
      ? [
        `<li>${escape(name)}: ${value.price} ${escape(prices.currency)} (${escape(value.source)}, ${
          escape(value.date)
        })</li>`,
      ]
      : []
  );
  return `<section class="numbers"><h2>What it costs</h2><p>A million requests, more than ${
    escape(arms[0].arm)
  }.</p>
<div class="table" tabindex="0"><table><thead><tr><th scope="col">arm</th><th scope="col">CPU</th>
<th scope="col">bytes</th>${
    requestsPerMonth === undefined
      ? ""
      : `<th scope="col">a month of ${requestsPerMonth.toLocaleString("en")} requests</th>`
  }</tr></thead><tbody>${rows.join("")}</tbody></table></div><ul>${
    sources.join("")
  }</ul></section>`;
}
