// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear, scaleLog } from "d3-scale";
// @ts-types="npm:@types/d3-shape@3.2.0"
import { line as pathOf } from "d3-shape";
import type { Interval } from "../statistics/bootstrap.ts";
import { armClass, escape, figure, line, spread, text, xAxis, yAxis } from "../report/svg.ts";
import type { StrategyResult } from "./aggregate.ts";
import { percent, rangeText } from "./format.ts";
import { EQUAL_BYTES } from "./families_lines.ts";

const WIDTH = 860;
const LEFT = 60;
const RIGHT = 230;
const TOP = 10;
const PLOT = 330;
const LABEL = 15;
/** Colours before they come again, with another mark. */
const COLOURS = 8;

/** What is drawn against bytes. */
export interface Frontier {
  readonly title: string;
  readonly description: string;
  /** A part of 1; undefined where there is none. */
  readonly value: (one: StrategyResult) => Interval | undefined;
  /** Errors differ by orders of magnitude, recalls don't. */
  readonly isLog?: boolean;
}

interface Point {
  readonly one: StrategyResult;
  readonly value: Interval;
}

/** The same strategy at several budgets is one line: its name without the budget. */
function familyOf({ strategy }: StrategyResult): string {
  return strategy.replace(/, [\d.]+ %$/, "").replace(EQUAL_BYTES, "");
}

/** Families in the order of their first appearance: each has its colour in every plot. */
export function familiesIn(strategies: readonly StrategyResult[]): string[] {
  return [...new Set(strategies.map(familyOf))];
}

function pointsOf(strategies: readonly StrategyResult[], frontier: Frontier): Point[] {
  return strategies.flatMap((one): Point[] => {
    const value = frontier.value(one);
    const isShown = value !== undefined && Number.isFinite(value.estimate) &&
      one.bytesPerTrace.estimate > 0 && (frontier.isLog !== true || value.estimate > 0);
    return isShown ? [{ one, value }] : [];
  });
}

type At = (value: number) => number;

/** A point with its intervals, in both directions. */
function mark({ one, value }: Point, x: At, y: At, isSquare: boolean): string {
  const { bytesPerTrace } = one;
  const [atX, atY] = [x(bytesPerTrace.estimate), y(value.estimate)];
  const shape = isSquare
    ? `<rect x="${(atX - 3.5).toFixed(1)}" y="${(atY - 3.5).toFixed(1)}" width="7" height="7"/>`
    : `<circle cx="${atX.toFixed(1)}" cy="${atY.toFixed(1)}" r="4"/>`;
  const title = `${one.strategy}: ${rangeText(value, percent)}, ${
    bytesPerTrace.estimate.toPrecision(3)
  } bytes a trace`;
  return `<g><title>${escape(title)}</title>` +
    line(atX, y(value.low), atX, y(value.high), "interval thin") +
    line(x(bytesPerTrace.low), atY, x(bytesPerTrace.high), atY, "interval thin") +
    `${shape}</g>`;
}

/** A plot of a frontier; the empty string when there is nothing to draw. */
export function frontierPlot(
  strategies: readonly StrategyResult[],
  frontier: Frontier,
  families: readonly string[] = familiesIn(strategies),
): string {
  const points = pointsOf(strategies, frontier);
  if (points.length === 0) return "";
  const bytes = points.map(({ one }) => one.bytesPerTrace.estimate);
  const xScale = scaleLog([Math.min(...bytes) / 1.4, Math.max(...bytes) * 1.2], [
    LEFT,
    WIDTH - RIGHT,
  ]);
  const values = points.map(({ value }) => value.estimate);
  const yScale = frontier.isLog === true
    ? scaleLog([Math.min(...values) / 1.5, Math.min(100, Math.max(...values) * 1.5)], [PLOT, TOP])
    : scaleLinear([0, 1], [PLOT, TOP]);
  const inside = (at: number, from: number, to: number) => Math.min(to, Math.max(from, at));
  const x: At = (value) => inside(value > 0 ? xScale(value) : LEFT, LEFT, WIDTH - RIGHT);
  const y: At = (value) =>
    inside(frontier.isLog === true && value <= 0 ? PLOT : yScale(value), TOP, PLOT);
  const shown = families.flatMap((name, index) => {
    const own = points.filter(({ one }) => familyOf(one) === name)
      .toSorted((a, b) => a.one.bytesPerTrace.estimate - b.one.bytesPerTrace.estimate);
    return own.length === 0 ? [] : [{ name, index, own }];
  });
  const labels = spread(shown.map(({ own }) => y(own.at(-1)!.value.estimate)), LABEL);
  const path = pathOf<Point>(
    ({ one }) => x(one.bytesPerTrace.estimate),
    ({ value }) => y(value.estimate),
  );
  const bottom = Math.max(PLOT, ...labels);
  const is125 = (tick: number) => /^0?\.?0*[125]0*$/.test(`${tick}`);
  return figure(frontier.title, frontier.description, WIDTH, bottom + 44, [
    xAxis(xScale, TOP, PLOT, (value) => `${value}`, xScale.ticks(8).filter(is125)),
    text((LEFT + WIDTH - RIGHT) / 2, PLOT + 34, "bytes of OTLP a trace", "middle", "tick"),
    yAxis(
      yScale,
      LEFT,
      WIDTH - RIGHT,
      (value) => `${Number((value * 100).toPrecision(2))} %`,
      frontier.isLog === true ? yScale.ticks(8).filter(is125) : yScale.ticks(6),
    ),
    ...shown.map(({ name, index, own }, place) => {
      const last = own.at(-1)!;
      const lastX = x(last.one.bytesPerTrace.estimate);
      return `<g class="${armClass(index % COLOURS + 2)}"><path class="thin" d="${path(own)}"/>` +
        line(lastX + 5, y(last.value.estimate), WIDTH - RIGHT + 4, labels[place] - 1, "lead") +
        own.map((point) => mark(point, x, y, index >= COLOURS)).join("") +
        text(WIDTH - RIGHT + 8, labels[place] + 3, name) + "</g>";
    }),
  ]);
}
