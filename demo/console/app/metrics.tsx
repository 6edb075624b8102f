/// <reference lib="dom" />
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Empty, Problem, Scroll, Select } from "./parts.tsx";
import { type Looked, Plot } from "./plot.tsx";
import { type Place, useApi } from "./state.ts";
import { bytes, count, duration, safe } from "./text.ts";
import type { MetricChart, MetricName, MetricSeries } from "./types.ts";

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
