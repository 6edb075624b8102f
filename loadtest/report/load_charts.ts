// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear, scaleLog } from "d3-scale";
// @ts-types="npm:@types/d3-shape@3.2.0"
import { line as pathOf } from "d3-shape";
import type { Comparison } from "../model/model.ts";
import { armClass, escape, figure, line, logTicks, spread, text, xAxis, yAxis } from "./svg.ts";

const WIDTH = 860;
const LABELS = 150;
const ROW = 26;
const TOP = 10;
const PLOT = 300;

type Arm = Comparison["arms"][number];

interface Point {
  readonly perS: number;
  readonly us: number;
  readonly low: number;
  readonly high: number;
}

/** What each arm costs more than the first under each load: the plan's own and the curve's. */
function pointsOf(
  { arms, curve }: Comparison,
  index: number,
  planRatePerS: number | null,
): Point[] {
  const { arm, againstFirstUs, answeredPerS, saturatedPerS, duetUs } = arms[index];
  // The mean of slots and duets is no load that was there; the plan's own says which it was, and in
  // a closed loop it is what was answered.
  const perS = duetUs === null ? answeredPerS : planRatePerS ?? saturatedPerS?.estimate ?? 0;
  const own = againstFirstUs === null || perS === 0 ? [] : [{ perS, effect: againstFirstUs }];
  const others = curve.flatMap(({ arms: at }) => {
    const one = at.find((other) => other.arm === arm);
    return one === undefined || one.againstFirstUs === null
      ? []
      : [{ perS: one.answeredPerS, effect: one.againstFirstUs }];
  });
  return [...own, ...others].map(({ perS, effect }) => ({
    perS,
    us: effect.estimate,
    low: effect.low,
    high: effect.high,
  }));
}

/** The cost under several loads; nothing where only one was measured. */
export function loadPlot(comparison: Comparison, planRatePerS: number | null): string {
  const { arms, curve } = comparison;
  if (curve.length === 0) return "";
  const lines = arms.map((_, index) =>
    pointsOf(comparison, index, planRatePerS).toSorted((a, b) => a.perS - b.perS)
  );
  const all = lines.flat();
  const rates = all.map(({ perS }) => perS).filter((perS) => perS > 0);
  // A decade more for a round end would leave half of the plot empty.
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  const x = scaleLog([least / 1.1, most * 1.1], [60, WIDTH - LABELS]);
  const values = all.map(({ us }) => us);
  const y = scaleLinear([Math.min(0, ...values), Math.max(1, ...values)], [PLOT, TOP]).nice();
  const path = pathOf<Point>((point) => x(point.perS), (point) => y(point.us));
  const ends = spread(lines.map((points) => y(points.at(-1)?.us ?? 0)), 14);
  return figure(
    "The cost under other loads",
    `Microseconds of CPU a request more than ${arms[0].arm}, against requests answered a second. ` +
      "The last point of each line is as much as the arm could answer. Bars are 95 % intervals.",
    WIDTH,
    Math.max(PLOT, ...ends) + 40,
    [
      xAxis(x, TOP, PLOT, (value) => `${value}/s`, logTicks(x)),
      yAxis(y, 60, WIDTH - LABELS, (value) => `${value}`),
      ...lines.map((points, index) =>
        points.length === 0 ? "" : `<g class="${armClass(index)}"><title>${
          escape(
            points.map(({ perS, us }) => `${perS.toFixed(0)}/s: ${us.toFixed(1)} µs`).join(", "),
          )
        }</title><path d="${path(points)}"/>${
          points.map((point) =>
            line(
              x(point.perS),
              Math.min(PLOT, y(point.low)),
              x(point.perS),
              Math.max(TOP, y(point.high)),
              "whisker",
            ) +
            `<circle cx="${x(point.perS).toFixed(1)}" cy="${y(point.us).toFixed(1)}" r="3"/>`
          ).join("")
        }${text(WIDTH - LABELS + 6, ends[index] + 4, arms[index].arm)}</g>`
      ),
    ],
  );
}

/** A bar for each arm, with words behind it. */
function bars(
  title: string,
  description: string,
  arms: readonly Arm[],
  valueOf: (arm: Arm) => number,
  wordsOf: (arm: Arm) => string,
): string {
  const x = scaleLinear([0, Math.max(1e-9, ...arms.map(valueOf))], [LABELS, WIDTH - 190]);
  const bottom = TOP + arms.length * ROW;
  return figure(title, description, WIDTH, bottom + 30, [
    xAxis(x, TOP, bottom, (value) => `${value}`),
    ...arms.map((arm, index) => {
      const y = TOP + index * ROW + 5;
      const width = (x(valueOf(arm)) - LABELS).toFixed(1);
      return `<g class="${armClass(index)}">${text(LABELS - 10, y + 12, arm.arm, "end")}` +
        `<rect x="${LABELS}" y="${y}" width="${width}" height="16"/>` +
        text(x(valueOf(arm)) + 6, y + 12, wordsOf(arm)) + "</g>";
    }),
  ]);
}

/** Resident memory at most, as bars. */
export function memoryPlot(arms: readonly Arm[]): string {
  return bars(
    "Memory",
    "The most resident memory of each arm's process in MiB, and how its used heap grew within a " +
      "restart, in the median.",
    arms,
    ({ rssMiB }) => rssMiB,
    ({ rssMiB, heapGrowthMiB }) =>
      `${rssMiB.toFixed(0)}, heap ${heapGrowthMiB >= 0 ? "+" : ""}${heapGrowthMiB.toFixed(1)}`,
  );
}

/** What was answered in a closed loop; nothing where that was not measured. */
export function saturationPlot(arms: readonly Arm[]): string {
  const measured = arms.filter(({ saturatedPerS }) => saturatedPerS !== null);
  if (measured.length === 0) return "";
  return bars(
    "Throughput at saturation",
    "Requests a second on one core when every connection asks again at once, with 95 % intervals. " +
      "On a shared machine this is the noisiest figure of all: CPU a request says more.",
    measured,
    ({ saturatedPerS }) => saturatedPerS!.estimate,
    ({ saturatedPerS: one }) =>
      `${one!.estimate.toFixed(0)} (${one!.low.toFixed(0)} to ${one!.high.toFixed(0)})`,
  );
}

/** Records lost, by reason, of all that were made for the sink. */
export function dropsTable(arms: readonly Arm[]): string {
  const rows = arms.flatMap(({ arm, dropped, missing, errors, unsent }) => [
    ...Object.entries(dropped).map(([reason, count]) =>
      [arm, `dropped: ${reason}`, count] as const
    ),
    ...(missing === 0 ? [] : [[arm, "delivered, it says, and not in the sink", missing] as const]),
    ...(errors === 0 ? [] : [[arm, "answered with an error, or never", errors] as const]),
    ...(unsent === 0 ? [] : [[arm, "requests never sent", unsent] as const]),
  ]);
  const body = rows.length === 0
    ? "<p>Nothing was dropped or lost by any arm, and every request was sent and answered.</p>"
    : `<div class="table" tabindex="0"><table><tbody>${
      rows.map(([arm, reason, count]) =>
        `<tr><th scope="row">${escape(arm)}</th><td>${escape(reason)}</td><td>${count}</td></tr>`
      ).join("")
    }</tbody></table></div>`;
  return `<section><h2>Lost and dropped</h2>${body}</section>`;
}

/** The load test's own memory, tenth by tenth: it does not grow with the number of requests. */
export function ownMemoryTable({ ownRssMiB }: Comparison): string {
  const cells = (take: (one: Comparison["ownRssMiB"][number]) => string) =>
    ownRssMiB.map((one) => `<td>${take(one)}</td>`).join("");
  return `<section><h2>The load test's own memory</h2><p>Its most resident MiB in each tenth of ` +
    `the run: latencies are counted in histograms, and a slot is a line on the disk.</p>` +
    `<div class="table" tabindex="0"><table><tbody><tr><th scope="row">requests so far</th>${
      cells(({ requests }) => requests.toLocaleString("en"))
    }</tr><tr><th scope="row">MiB</th>${cells(({ rssMiB }) => rssMiB.toFixed(0))}</tr></tbody>` +
    `</table></div></section>`;
}
