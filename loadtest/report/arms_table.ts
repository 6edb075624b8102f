import type { Comparison } from "../model/model.ts";
import { escape } from "./svg.ts";

type Arm = Comparison["arms"][number];

/** A column of the report's tables. */
type Column = readonly [name: string, cellOf: (arm: Arm) => string];

const ms = (us: number) => (us / 1000).toFixed(2);
const number = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined ? "" : value.toFixed(digits);
const interval = (one: { low: number; high: number } | null | undefined, digits: number, by = 1) =>
  one === null || one === undefined
    ? ""
    : `${(one.low / by).toFixed(digits)} to ${(one.high / by).toFixed(digits)}`;

function tableOf(arms: readonly Arm[], columns: readonly Column[]): string {
  const used = columns.filter(([, cellOf]) => arms.some((arm) => cellOf(arm) !== ""));
  const rows = arms.map((arm) =>
    `<tr><th scope="row" title="${escape(arm.description)}">${escape(arm.arm)}</th>${
      used.map(([, cellOf]) => `<td>${escape(cellOf(arm))}</td>`).join("")
    }</tr>`
  );
  const header = ["arm", ...used.map(([name]) => name)];
  return `<div class="table" tabindex="0"><table><thead><tr>${
    header.map((name) => `<th scope="col">${escape(name)}</th>`).join("")
  }</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** What each arm costs. */
export function costTable(arms: readonly Arm[]): string {
  return tableOf(arms, [
    ["µs/request", (one) => number(one.cpuUsPerRequest.estimate, 1)],
    ["user", (one) => number(one.userUsPerRequest, 1)],
    ["system", (one) => number(one.systemUsPerRequest, 1)],
    [`more than ${arms[0].arm}`, (one) => number(one.againstFirstUs?.estimate, 1)],
    ["95 % interval", (one) => interval(one.againstFirstUs, 1)],
    ["by bootstrap", (one) => interval(one.bootstrapUs, 1)],
    ["in a duet", (one) => interval(one.duetUs, 1)],
    ["times", (one) => one.ratio === null ? "" : `×${number(one.ratio.estimate, 2)}`],
    ["p (Holm)", (one) => one.p === null ? "" : one.p < 0.001 ? "< 0.001" : number(one.p, 3)],
    ["none above the margin", (one) => one.isEquivalent === true ? "yes" : ""],
    ["detectable", (one) => number(one.detectableUs, 1)],
    ["drift", (one) => number(one.driftUs?.estimate, 1)],
    ["outliers", (one) => String(one.outliers)],
  ]);
}

/** What each arm does to those who wait, and to the wire. */
export function behaviourTable(arms: readonly Arm[]): string {
  return tableOf(arms, [
    ["p50 ms", (one) => ms(one.latencyUs.p50)],
    ["p99 ms", (one) => ms(one.latencyUs.p99)],
    ["p99.9 ms", (one) => ms(one.latencyUs.p999)],
    ["p50 more, ms", (one) => interval(one.latencyAgainstFirstUs?.p50, 2, 1000)],
    ["p99 more, ms", (one) => interval(one.latencyAgainstFirstUs?.p99, 2, 1000)],
    ["loop delay p99 ms", (one) => one.loopDelayUs === null ? "" : ms(one.loopDelayUs.p99)],
    ["saturated, 1/s", (one) => number(one.saturatedPerS?.estimate, 0)],
    ["bytes", (one) => number(one.bytesPerRequest, 0)],
    ["gzipped", (one) => number(one.gzipBytesPerRequest, 0)],
    ["exports/1000", (one) => number(one.exportsPer1000, 2)],
    ["generator busy", (one) => percent(one.generatorBusy)],
    ["sink busy", (one) => percent(one.sinkBusy)],
    ["stolen", (one) => percent(one.stolen)],
  ]);
}

function percent(part: number | null): string {
  return part === null ? "" : `${(part * 100).toFixed(1)} %`;
}
