/// <reference lib="dom" />
// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear } from "d3-scale";
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Times } from "./heatmap.tsx";
import { href } from "./state.ts";
import { clock, safe } from "./text.ts";
import type { MetricChart, MetricSeries } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 280;

/** Which series a reader has turned off, and which one is pointed at. */
export interface Looked {
  readonly off: ReadonlySet<string>;
  readonly at: string | undefined;
}

interface Scale {
  x(timeMs: number): number;
  y(value: number): number;
  readonly ticks: readonly number[];
  readonly fromMs: number;
  readonly untilMs: number;
}

function scaleOf(series: readonly MetricSeries[]): Scale {
  const points = series.flatMap((one) => one.points);
  const fromMs = points.reduce((least, { timeMs }) => Math.min(least, timeMs), Date.now());
  const untilMs = points.reduce((most, { timeMs }) => Math.max(most, timeMs), fromMs + 1);
  // By the lines: one slow exemplar must not flatten them.
  const max = points.reduce((most, { value }) => Math.max(most, value), 1e-9);
  const low = points.reduce((least, { value }) => Math.min(least, value), 0);
  const y = scaleLinear([low, max], [HEIGHT - 8, 8]).nice(5);
  return {
    x: scaleLinear([fromMs, untilMs], [8, WIDTH - 8]),
    y: (value) => Math.max(4, Math.min(HEIGHT - 4, y(value))),
    ticks: y.ticks(5),
    fromMs,
    untilMs,
  };
}

interface PlotProps {
  readonly chart: MetricChart;
  readonly shown: readonly MetricSeries[];
  readonly labels: readonly string[];
  readonly looked: Looked;
  readonly text: (value: number) => string;
}

/** Series as lines over time, with the values where one points, and diamonds that lead to traces. */
export function Plot(props: PlotProps): VNode {
  const { chart, shown } = props;
  const svg = useRef<SVGSVGElement>(null);
  const [atMs, setAtMs] = useState<number>();
  const scale = scaleOf(shown.length === 0 ? chart.series : shown);
  const isRate = chart.shows === "rate" || chart.shows === "per second";
  const exemplars = isRate ? [] : chart.exemplars.filter(({ timeMs }) => timeMs >= scale.fromMs);
  return (
    <>
      <p class="meta" role="status">
        {atMs === undefined
          ? `${
            chart.shows === "value" ? "the value" : chart.shows
          }, ${chart.series.length} series` +
            (exemplars.length > 0 ? "; a diamond is a measurement with its trace" : "")
          : valuesAt(props, atMs)}
      </p>
      <div class="picture chart">
        <ValueAxis scale={scale} text={props.text} />
        <svg
          ref={svg}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="group"
          aria-label={`${safe(chart.name, 100)}, ${chart.shows}, ${shown.length} series`}
          onPointerMove={(event) => {
            const box = svg.current!.getBoundingClientRect();
            const part = (event.clientX - box.left) / box.width;
            setAtMs(scale.fromMs + (scale.untilMs - scale.fromMs) * part);
          }}
          onPointerLeave={() => setAtMs(undefined)}
        >
          {scale.ticks.map((value) => {
            const y = scale.y(value);
            return <line key={value} class="grid-line" x1="0" x2={WIDTH} y1={y} y2={y} />;
          })}
          {atMs !== undefined && (
            <line class="cursor" x1={scale.x(atMs)} x2={scale.x(atMs)} y1="0" y2={HEIGHT} />
          )}
          <Lines {...props} scale={scale} />
          {exemplars.map((one) => (
            <Exemplar
              key={`${one.timeMs} ${one.traceId}`}
              one={one}
              scale={scale}
              text={props.text}
            />
          ))}
        </svg>
      </div>
      <Times fromMs={scale.fromMs} untilMs={scale.untilMs} />
    </>
  );
}

function valuesAt({ chart, shown, labels, text }: PlotProps, atMs: number): string {
  const values = shown.slice(0, 4).map((series) =>
    `${safe(labels[chart.series.indexOf(series)], 30)} ${text(nearest(series, atMs))}`
  );
  return `${clock(atMs)}: ${values.join(" · ")}${shown.length > 4 ? " …" : ""}`;
}

function nearest({ points }: MetricSeries, atMs: number): number {
  let found = points[0];
  for (const point of points) {
    if (Math.abs(point.timeMs - atMs) < Math.abs(found.timeMs - atMs)) found = point;
  }
  return found?.value ?? 0;
}

function ValueAxis({ scale, text }: { scale: Scale; text: PlotProps["text"] }): VNode {
  return (
    <div class="axis" aria-hidden="true">
      <svg class="tick-text" overflow="visible" width="100%" height="100%">
        {scale.ticks.map((value) => {
          const y = `${scale.y(value) / HEIGHT * 100}%`;
          return <text key={value} x="100%" y={y} dy="4" text-anchor="end">{text(value)}</text>;
        })}
      </svg>
    </div>
  );
}

function Lines({ chart, shown, labels, looked, scale }: PlotProps & { scale: Scale }): VNode {
  return (
    <>
      {chart.series.map((series, index) => {
        if (!shown.includes(series)) return null;
        const isPale = looked.at !== undefined && looked.at !== labels[index];
        return (
          <polyline
            key={labels[index]}
            class={`line s${index % 8} ${index >= 8 ? "dashed" : ""} ${isPale ? "pale" : ""}`}
            points={series.points.map(({ timeMs, value }) =>
              `${scale.x(timeMs).toFixed(1)},${scale.y(value).toFixed(1)}`
            ).join(" ")}
          />
        );
      })}
    </>
  );
}

function Exemplar(
  { one, scale, text }: {
    one: MetricChart["exemplars"][number];
    scale: Scale;
    text: PlotProps["text"];
  },
): VNode {
  const [x, y] = [scale.x(one.timeMs).toFixed(1), scale.y(one.value).toFixed(1)];
  const what = `${text(one.value)} in ${safe(one.service, 40)}`;
  return (
    <a href={href(`trace/${one.traceId}`)} aria-label={`trace of ${what}`}>
      <path class="exemplar" transform={`translate(${x} ${y})`} d="M0-6 4 0 0 6-4 0z">
        <title>{what}</title>
      </path>
    </a>
  );
}
