/// <reference lib="dom" />
import type { VNode } from "preact";
import { duration, href, type Place, safe, useApi } from "./state.ts";
import type { MetricChart, MetricName, MetricSeries } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 240;
const MINUTES = [1, 5, 15, 60];

/** One metric over time, its series as lines, its exemplars as ways into traces. */
export function Metrics({ place }: { place: Place }): VNode {
  const { params } = place;
  const names = useApi<MetricName[]>("metric-names", 5000);
  const name = params.get("name") ?? names.data?.[0]?.name ?? "";
  const minutes = params.get("minutes") ?? "5";
  const query = new URLSearchParams({ name, minutes });
  const { data, error } = useApi<MetricChart>(name === "" ? undefined : `metrics?${query}`, 3000);
  const set = (key: string, value: string) =>
    location.replace(href("metrics", { name, minutes, [key]: value }));
  return (
    <section aria-labelledby="title">
      <h1 id="title">Metrics</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          Metric
          <select value={name} onChange={(event) => set("name", event.currentTarget.value)}>
            {names.data?.map((one) => (
              <option key={one.name} value={one.name}>
                {safe(one.name, 100)} {one.unit === "" ? "" : `(${safe(one.unit, 20)})`}
              </option>
            ))}
          </select>
        </label>
        <label>
          Last
          <select value={minutes} onChange={(event) => set("minutes", event.currentTarget.value)}>
            {MINUTES.map((one) => <option key={one} value={one}>{one} min</option>)}
          </select>
        </label>
      </form>
      {(names.error ?? error) !== undefined && (
        <p class="problem" role="alert">{names.error ?? error}</p>
      )}
      {names.data?.length === 0 && <p class="empty">No metric has come yet.</p>}
      {data !== undefined && data.series.length > 0 && <Chart chart={data} />}
    </section>
  );
}

interface Scale {
  x(timeMs: number): number;
  y(value: number): number;
  readonly max: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

function scaleOf({ series, exemplars }: MetricChart): Scale {
  const points = [...series.flatMap((one) => one.points), ...exemplars];
  const times = points.map(({ timeMs }) => timeMs);
  const fromMs = times.reduce((least, time) => Math.min(least, time), Date.now());
  const untilMs = Math.max(
    fromMs + 1,
    times.reduce((most, time) => Math.max(most, time), fromMs),
  );
  // By the lines: one slow exemplar must not flatten them.
  const max = series.flatMap((one) => one.points)
    .reduce((most, { value }) => Math.max(most, value), 1e-9) * 1.15;
  return {
    x: (timeMs) => (timeMs - fromMs) / (untilMs - fromMs) * WIDTH,
    y: (value) => HEIGHT - Math.min(1, value / max) * (HEIGHT - 8),
    max,
    fromMs,
    untilMs,
  };
}

function Chart({ chart }: { chart: MetricChart }): VNode {
  const scale = scaleOf(chart);
  const text = (value: number) => chart.unit === "s" ? duration(value * 1000) : number(value);
  return (
    <>
      <p class="meta">
        {chart.shows}
        {chart.unit === "" ? "" : ` in ${safe(chart.unit, 30)}`}, {chart.series.length} series
        {chart.exemplars.length > 0 && `, ${chart.exemplars.length} measurements with their trace`}
      </p>
      <div class="picture chart">
        <div class="axis" aria-hidden="true">
          {[1, 0.5, 0].map((part) => <span key={part}>{text(scale.max * part)}</span>)}
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="group"
          aria-label={`${safe(chart.name, 100)}, ${chart.shows}, at most ${text(scale.max / 1.15)}`}
        >
          {chart.series.map((series, index) => (
            <polyline
              key={index}
              class={`line s${index % 8}`}
              points={series.points.map(({ timeMs, value }) =>
                `${scale.x(timeMs).toFixed(1)},${scale.y(value).toFixed(1)}`
              ).join(" ")}
            />
          ))}
          {chart.exemplars.map((exemplar, index) => (
            <a
              key={index}
              href={href(`trace/${exemplar.traceId}`)}
              aria-label={`trace of ${text(exemplar.value)} in ${safe(exemplar.service, 40)}`}
            >
              <path
                class="exemplar"
                transform={`translate(${scale.x(exemplar.timeMs)} ${scale.y(exemplar.value)})`}
                d="M0-5 5 0 0 5-5 0z"
              />
            </a>
          ))}
        </svg>
      </div>
      <div class="axis below" aria-hidden="true">
        {[scale.fromMs, scale.untilMs].map((ms) => (
          <span key={ms}>{new Date(ms).toISOString().slice(11, 19)}</span>
        ))}
      </div>
      <ul class="legend">
        {chart.series.map((series, index) => (
          <li key={index}>
            <span class={`swatch s${index % 8}`}>
              <span class="span" />
            </span>
            {labelOf(series)} <strong>{text(series.points.at(-1)?.value ?? 0)}</strong>
          </li>
        ))}
      </ul>
    </>
  );
}

function labelOf({ service, attributes }: MetricSeries): string {
  const values = Object.values(attributes).map(String).join(" ");
  return safe(`${service} ${values}`.trim(), 100);
}

function number(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}
