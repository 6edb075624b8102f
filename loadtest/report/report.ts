import { resolve } from "@std/path";
import type { Results } from "../collect/folder.ts";
import type { Comparison } from "../model/model.ts";
import { bytesPlot, forestPlot, latencyPlot, memoryPlot, seriesPlot } from "./charts.ts";
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
<style>${STYLE}</style></head><body><main>
<h1>What recording costs</h1>
<section class="gate ${isTrustworthy ? "passed" : "failed"}"><h2>${
    isTrustworthy ? "The gate is passed" : "Not trustworthy"
  }</h2>${verdict}</section>
<section class="summary">${summary}</section>
${forestPlot(comparison)}
${tableOf(comparison)}
${latencyPlot(comparison, results)}
${bytesPlot(comparison)}
${seriesPlot(comparison, results.samples)}
${memoryPlot(arms)}
${prices === undefined ? "" : pricesOf(comparison, prices, requestsPerMonth)}
<section><h2>Where and how</h2><dl>${
    [
      ["Started", run.environment.startedAt],
      ["Command", `deno task loadtest ${run.environment.commandLine.join(" ")}`],
      ["Seed", String(results.plan.seed)],
      ["Load", comparison.load],
      ["Deno, V8", `${run.environment.deno}, ${run.environment.v8}`],
      [
        "System",
        `${run.environment.os} ${run.environment.arch}, ${run.environment.cores} cores${
          run.environment.isPinned ? ", server and generator on a core each" : ""
        }`,
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

function tableOf({ arms }: Comparison): string {
  const number = (value: number, digits: number) => value.toFixed(digits);
  const rows = arms.map((one) => {
    const effect = one.againstFirstUs;
    const cells = [
      number(one.cpuUsPerRequest.estimate, 1),
      effect === null ? "" : number(effect.estimate, 1),
      effect === null ? "" : `${number(effect.low, 1)} to ${number(effect.high, 1)}`,
      one.ratio === null ? "" : `×${number(one.ratio.estimate, 2)}`,
      one.p === null ? "" : one.p < 0.001 ? "< 0.001" : number(one.p, 3),
      number(one.bytesPerRequest, 0),
      number(one.exportsPer1000, 2),
      number(one.latencyUs.p50 / 1000, 2),
      number(one.latencyUs.p99 / 1000, 2),
      number(one.latencyUs.p999 / 1000, 2),
      String(one.dropped),
      String(one.errors),
    ];
    return `<tr><th scope="row" title="${escape(one.description)}">${escape(one.arm)}</th>${
      cells.map((cell) => `<td>${cell}</td>`).join("")
    }</tr>`;
  });
  const header = [
    "arm",
    "µs/request",
    `more than ${arms[0].arm}`,
    "95 % interval",
    "times",
    "p (Holm)",
    "bytes",
    "exports/1000",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "dropped",
    "errors",
  ];
  return `<div class="table" tabindex="0"><table><thead><tr>${
    header.map((name) => `<th scope="col">${escape(name)}</th>`).join("")
  }</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
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
  return `<section><h2>What it costs</h2><p>A million requests, more than ${
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
