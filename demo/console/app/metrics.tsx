/// <reference lib="dom" />
// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear } from "d3-scale";
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Times } from "./heatmap.tsx";
import { Empty, Problem, Scroll, Select } from "./parts.tsx";
import { href, type Place, useApi } from "./state.ts";
import { bytes, clock, count, duration, safe } from "./text.ts";
import type { MetricChart, MetricName, MetricSeries } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 280;
const MINUTES = [["1", "last minute"], ["5", "last 5 minutes"], ["15", "last 15 minutes"], [
  "60",
  "last hour",
], ["1440", "last day"]] as const;
const STATISTICS = [
  ["p50", "half are below (p50)"],
  ["p95", "95 of 100 are below (p95)"],
  [
    "p99",
    "99 of 100 are below (p99)",
  ],
  ["mean", "mean"],
  ["rate", "how many a second"],
] as const;

/** One metric over time, its series as lines, its exemplars as ways into traces. */
export function Metrics({ place }: { place: Place }): VNode {
  const { params } = place;
  const names = useApi<MetricName[]>("metric-names", 5000);
  const name = params.get("name") ??
    names.data?.find((one) => one.name.startsWith("http.server"))?.name ??
    names.data?.[0]?.name ?? "";
  const query = new URLSearchParams({
    name,
    minutes: params.get("minutes") ?? "5",
    statistic: params.get("statistic") ?? "p95",
  });
  const { data, error } = useApi<MetricChart>(name === "" ? undefined : `metrics?${query}`, 3000);
  const kind = names.data?.find((one) => one.name === name)?.kind ?? "";
  const isShown = data !== undefined && data.name === name;
  return (
    <section aria-labelledby="title">
      <h1 id="title">Metrics</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
        <Select
          place={place}
          name="name"
          label="Metric"
          fallback={name}
          options={(names.data ?? []).map((one) => [
            one.name,
            `${one.name}${one.unit === "" ? "" : `, ${one.unit}`} · ${one.series} series`,
          ])}
        />
        {kind.toLowerCase().endsWith("histogram") && (
          <Select
            place={place}
            name="statistic"
            label="Shows"
            fallback="p95"
            options={STATISTICS}
          />
        )}
        <Select place={place} name="minutes" label="Time" fallback="5" options={MINUTES} />
      </form>
      <Problem text={names.error ?? error} />
      {names.data?.length === 0 && (
        <Empty title="No metric has come yet">
          They are sent to <code>{location.origin}/v1/metrics</code>
        </Empty>
      )}
      {isShown && data.series.length === 0 && (
        <Empty title="Nothing of it in this time">Choose a longer time.</Empty>
      )}
      {isShown && data.series.length > 0 && <Chart key={name} chart={data} />}
    </section>
  );
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

/** A value in the metric's unit. */
function textOf({ unit, shows }: MetricChart): (value: number) => string {
  if (shows === "rate" || shows === "per second") return (value) => `${number(value)}/s`;
  if (unit === "s") return (value) => duration(value * 1000);
  if (unit === "ms") return duration;
  if (unit === "By") return bytes;
  return number;
}

function number(value: number): string {
  return value >= 100 || Number.isInteger(value) ? count(value) : value.toPrecision(3);
}

/** Which series a reader has turned off, and which one is pointed at. */
interface Looked {
  readonly off: ReadonlySet<string>;
  readonly at: string | undefined;
}

function Chart({ chart }: { chart: MetricChart }): VNode {
  const [looked, setLooked] = useState<Looked>({ off: new Set(), at: undefined });
  const labels = labelsOf(chart.series);
  const shown = chart.series.filter((_, index) => !looked.off.has(labels[index]));
  const text = textOf(chart);
  const toggle = (label: string) =>
    setLooked(({ off, at }) => {
      const next = new Set(off);
      if (!next.delete(label)) next.add(label);
      return { off: next, at };
    });
  return (
    <>
      <Plot chart={chart} shown={shown} labels={labels} looked={looked} text={text} />
      <Scroll label="Table: series">
        <table class="series">
          <caption class="hidden">Series of {safe(chart.name, 100)}</caption>
          <thead>
            <tr>
              <th>Series</th>
              <th class="number">Last</th>
              <th class="number">Least</th>
              <th class="number">Most</th>
            </tr>
          </thead>
          <tbody>
            {chart.series.map((series, index) => {
              const values = series.points.map(({ value }) => value);
              const label = labels[index];
              return (
                <tr
                  key={label}
                  onPointerEnter={() => setLooked(({ off }) => ({ off, at: label }))}
                  onPointerLeave={() => setLooked(({ off }) => ({ off, at: undefined }))}
                >
                  <td class="name">
                    <label class="check">
                      <input
                        type="checkbox"
                        checked={!looked.off.has(label)}
                        onChange={() => toggle(label)}
                      />
                      <span class={`dot s${index % 8}`} aria-hidden="true" /> {safe(label, 120)}
                    </label>
                  </td>
                  <td class="number">{text(values.at(-1) ?? 0)}</td>
                  <td class="number faint">
                    {text(values.length === 0 ? 0 : Math.min(...values))}
                  </td>
                  <td class="number faint">{text(Math.max(0, ...values))}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

interface PlotProps {
  readonly chart: MetricChart;
  readonly shown: readonly MetricSeries[];
  readonly labels: readonly string[];
  readonly looked: Looked;
  readonly text: (value: number) => string;
}

function Plot({ chart, shown, labels, looked, text }: PlotProps): VNode {
  const svg = useRef<SVGSVGElement>(null);
  const [atMs, setAtMs] = useState<number>();
  const scale = scaleOf(shown.length === 0 ? chart.series : shown);
  const exemplars = chart.shows === "rate" || chart.shows === "per second"
    ? []
    : chart.exemplars.filter(({ timeMs }) => timeMs >= scale.fromMs);
  return (
    <>
      <p class="meta" role="status">
        {atMs === undefined
          ? `${
            chart.shows === "value" ? "the value" : chart.shows
          }, ${chart.series.length} series` +
            (exemplars.length > 0 ? "; a diamond is a measurement with its trace" : "")
          : `${clock(atMs)}: ${
            shown.slice(0, 4).map((series) => {
              const label = labels[chart.series.indexOf(series)];
              return `${safe(label, 30)} ${text(nearest(series, atMs))}`;
            }).join(" · ")
          }${shown.length > 4 ? " …" : ""}`}
      </p>
      <div class="picture chart">
        <div class="axis" aria-hidden="true">
          <svg class="tick-text" overflow="visible" width="100%" height="100%">
            {scale.ticks.map((value) => (
              <text
                key={value}
                x="100%"
                y={`${scale.y(value) / HEIGHT * 100}%`}
                dy="4"
                text-anchor="end"
              >
                {text(value)}
              </text>
            ))}
          </svg>
        </div>
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
          {scale.ticks.map((value) => (
            <line
              key={value}
              class="grid-line"
              x1="0"
              x2={WIDTH}
              y1={scale.y(value)}
              y2={scale.y(value)}
            />
          ))}
          {atMs !== undefined && (
            <line class="cursor" x1={scale.x(atMs)} x2={scale.x(atMs)} y1="0" y2={HEIGHT} />
          )}
          {chart.series.map((series, index) =>
            shown.includes(series) && (
              <polyline
                key={labels[index]}
                class={`line s${index % 8} ${index >= 8 ? "dashed" : ""} ${
                  looked.at === undefined || looked.at === labels[index] ? "" : "pale"
                }`}
                points={series.points.map(({ timeMs, value }) =>
                  `${scale.x(timeMs).toFixed(1)},${scale.y(value).toFixed(1)}`
                ).join(" ")}
              />
            )
          )}
          {exemplars.map((exemplar) => (
            <a
              key={`${exemplar.timeMs} ${exemplar.traceId}`}
              href={href(`trace/${exemplar.traceId}`)}
              aria-label={`trace of ${text(exemplar.value)} in ${safe(exemplar.service, 40)}`}
            >
              <path
                class="exemplar"
                transform={`translate(${scale.x(exemplar.timeMs).toFixed(1)} ${
                  scale.y(exemplar.value).toFixed(1)
                })`}
                d="M0-6 4 0 0 6-4 0z"
              >
                <title>{`${text(exemplar.value)} in ${safe(exemplar.service, 40)}`}</title>
              </path>
            </a>
          ))}
        </svg>
      </div>
      <Times fromMs={scale.fromMs} untilMs={scale.untilMs} />
    </>
  );
}

function nearest({ points }: MetricSeries, atMs: number): number {
  let found = points[0];
  for (const point of points) {
    if (Math.abs(point.timeMs - atMs) < Math.abs(found.timeMs - atMs)) found = point;
  }
  return found?.value ?? 0;
}

/** What tells each series from the others: attributes that all have alike say nothing. */
function labelsOf(series: readonly MetricSeries[]): string[] {
  const names = new Set(series.flatMap(({ attributes }) => Object.keys(attributes)));
  const telling = [...names].filter((name) =>
    !/^(server|network|url)\.(address|port|scheme|protocol)/.test(name) &&
    new Set(series.map(({ attributes }) => JSON.stringify(attributes[name]))).size > 1
  );
  const seen = new Map<string, number>();
  return series.map(({ service, attributes }) => {
    const values = telling.flatMap((name) =>
      attributes[name] === undefined ? [] : [String(attributes[name])]
    );
    // A status is also an error's type: once is enough.
    const label = [service, ...new Set(values)].join(" ");
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return before === 0 ? label : `${label} (${before + 1})`;
  });
}
