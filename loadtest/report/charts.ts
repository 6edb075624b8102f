// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear, scaleLog } from "d3-scale";
// @ts-types="npm:@types/d3-shape@3.2.0"
import { line as pathOf } from "d3-shape";
import type { Results } from "../collect/folder.ts";
import { type Comparison, latencyLoadOf, type Sample } from "../model/model.ts";
import { keyOf, mergedOf } from "../collect/latency.ts";
import { isOutlier } from "./measured.ts";
import { armClass, escape, figure, line, logTicks, spread, text, xAxis, yAxis } from "./svg.ts";

const WIDTH = 860;
const LABELS = 150;
const ROW = 26;
const TOP = 10;
const PLOT = 300;

/** The effects with their intervals, the A/A row first. */
export function forestPlot({ arms }: Comparison): string {
  const rows = arms.filter(({ againstFirstUs }) => againstFirstUs !== null);
  const all = rows.flatMap(({ againstFirstUs: one, duetUs: duet }) => [
    one!.low,
    one!.high,
    ...(duet === null ? [] : [duet.low, duet.high]),
  ]);
  const x = scaleLinear([Math.min(0, ...all), Math.max(1, ...all)], [LABELS, WIDTH - 20]).nice();
  const bottom = TOP + rows.length * ROW;
  const marks = rows.map(({ arm, againstFirstUs: one, duetUs: duet }, index) => {
    const y = TOP + (index + 0.5) * ROW;
    const title = `${arm}: ${one!.estimate.toFixed(2)} µs (${one!.low.toFixed(2)} to ${
      one!.high.toFixed(2)
    })`;
    return `<g class="${armClass(index + 1)}"><title>${escape(title)}</title>` +
      text(LABELS - 10, y + 4, arm, "end") +
      line(x(one!.low), y, x(one!.high), y, "interval") +
      `<circle cx="${x(one!.estimate).toFixed(1)}" cy="${y}" r="5"/>` +
      (duet === null ? "" : line(x(duet.low), y + 7, x(duet.high), y + 7, "interval duet")) +
      `</g>`;
  });
  return figure(
    `What each arm costs more than ${arms[0].arm}`,
    "Microseconds of CPU a request, with 95 % intervals. The first row is the first arm again: it " +
      "shows how far equal arms differ." +
      (rows.some(({ duetUs }) => duetUs !== null) ? " The thin lines are the duet's." : ""),
    WIDTH,
    bottom + 30,
    [
      xAxis(x, TOP, bottom, (value) => `${value} µs`),
      line(x(0), TOP, x(0), bottom, "zero"),
      ...marks,
    ],
  );
}

const PERCENTILES = [1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99];

/** Latency by percentile, the percentile on a log axis towards 100. */
export function latencyPlot({ arms }: Comparison, { plan, latencies }: Results): string {
  const load = latencyLoadOf(plan);
  const height = PLOT;
  const rest = (percentile: number) => 1 / (1 - percentile / 100);
  const x = scaleLog([1, rest(99.99)], [60, WIDTH - LABELS]);
  const curves = arms.map(({ arm }) => {
    const histogram = mergedOf(latencies, keyOf(arm, load));
    return PERCENTILES.map((percentile): [number, number] => [
      rest(percentile),
      Math.max(1, histogram?.getValueAtPercentile(percentile) ?? 1) / 1000,
    ]);
  });
  const values = curves.flat().map(([, ms]) => ms);
  const y = scaleLog([Math.min(...values), Math.max(...values)], [height, TOP]).nice();
  const path = pathOf<[number, number]>((point) => x(point[0]), (point) => y(point[1]));
  const ends = spread(curves.map((curve) => y(curve.at(-1)![1])), 14);
  return figure(
    "Latency by percentile",
    `Milliseconds from the moment a request was due, merged over all slots${
      load === "slots" ? "" : ` at ${load} requests a second`
    }. Towards the right a tenth, a hundredth, a thousandth of the requests are slower.`,
    WIDTH,
    Math.max(height, ...ends) + 40,
    [
      xAxis(x, TOP, height, percentLabel, [50, 90, 99, 99.9, 99.99].map(rest)),
      yAxis(y, 60, WIDTH - LABELS, (value) => `${value}`, logTicks(y)),
      ...curves.map((curve, index) =>
        `<g class="${armClass(index)}"><path d="${path(curve)}"/>` +
        text(WIDTH - LABELS + 6, ends[index] + 4, arms[index].arm) + "</g>"
      ),
    ],
  );
}

function percentLabel(rest: number): string {
  return `p${Number((100 - 100 / rest).toFixed(2))}`;
}

/** CPU a request in each block; outliers are marked, none is left out. */
export function seriesPlot({ arms }: Comparison, samples: readonly Sample[]): string {
  const isDuetOnly = samples.every(({ design }) => design !== "slots");
  const wanted = isDuetOnly ? "duet" : "slots";
  const slots = samples.filter(({ design, requests }) => requests > 0 && design === wanted);
  if (slots.length === 0) return "";
  const cost = ({ cpuUs, requests }: Sample) => cpuUs / requests;
  const blocks = Math.max(...slots.map(({ block }) => block));
  const x = scaleLinear([0, Math.max(1, blocks)], [60, WIDTH - LABELS]);
  const y = scaleLog(
    [Math.min(...slots.map(cost)), Math.max(...slots.map(cost))],
    [PLOT, TOP],
  ).nice();
  const restarts = [...Map.groupBy(slots, ({ restart }) => restart).values()].slice(1)
    .map(([first]) => line(x(first.block), TOP, x(first.block), PLOT, "restart"));
  const path = pathOf<Sample>((one) => x(one.block), (one) => y(cost(one)));
  const own = arms.map(({ arm }) => slots.filter((one) => one.arm === arm));
  const ends = spread(own.map((all) => y(all.length === 0 ? 1 : cost(all.at(-1)!))), 14);
  return figure(
    "CPU a request, block by block",
    "Microseconds. The upright lines are restarts; circles are blocks beyond Tukey's fences " +
      "(1.5 times the width of the middle half), which count like all others.",
    WIDTH,
    Math.max(PLOT, ...ends) + 40,
    [
      xAxis(x, TOP, PLOT, (value) => `${value}`),
      yAxis(y, 60, WIDTH - LABELS, (value) => `${value}`, logTicks(y)),
      ...restarts,
      ...own.map((all, index) => {
        const isFar = isOutlier(all.map(cost));
        const far = all.filter((one) => isFar(cost(one))).map((one) =>
          `<circle cx="${x(one.block).toFixed(1)}" cy="${y(cost(one)).toFixed(1)}" r="3"/>`
        );
        return `<g class="${armClass(index)}"><path class="thin" d="${path(all)}"/>${far.join("")}${
          text(WIDTH - LABELS + 6, ends[index] + 4, arms[index].arm)
        }</g>`;
      }),
    ],
  );
}

/** What is paid against what is sent. */
export function bytesPlot({ arms }: Comparison): string {
  const points = arms.filter(({ againstFirstUs }) => againstFirstUs !== null);
  const x = scaleLinear([0, Math.max(1, ...arms.map(({ bytesPerRequest }) => bytesPerRequest))], [
    60,
    WIDTH - LABELS,
  ]).nice();
  const all = points.flatMap(({ againstFirstUs: one }) => [one!.low, one!.high]);
  const y = scaleLinear([Math.min(0, ...all), Math.max(1, ...all)], [PLOT, TOP]).nice();
  const labels = spread(points.map(({ againstFirstUs: one }) => y(one!.estimate)), 14);
  return figure(
    "CPU against bytes",
    `Microseconds a request more than ${arms[0].arm}, against bytes exported a request.`,
    WIDTH,
    Math.max(PLOT, ...labels) + 40,
    [
      xAxis(x, TOP, PLOT, (value) => `${value} B`),
      yAxis(y, 60, WIDTH - LABELS, (value) => `${value}`),
      ...points.map(({ arm, againstFirstUs: one, bytesPerRequest }, index) => {
        const [atX, atY] = [x(bytesPerRequest), y(one!.estimate)];
        return `<g class="${armClass(index + 1)}">` +
          line(atX, y(one!.low), atX, y(one!.high), "interval") +
          line(atX + 6, atY, WIDTH - LABELS + 4, labels[index], "lead") +
          `<circle cx="${atX.toFixed(1)}" cy="${atY.toFixed(1)}" r="5"/>` +
          text(WIDTH - LABELS + 8, labels[index] + 4, arm) + "</g>";
      }),
    ],
  );
}
