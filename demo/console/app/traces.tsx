/// <reference lib="dom" />
import type { VNode } from "preact";
import { Scroll } from "./scroll.tsx";
import { clockTime, duration, href, type Place, safe, useApi } from "./state.ts";
import { Strip } from "./strip.tsx";
import type { Trace } from "./types.ts";

const FILTERS = [
  ["route", "Route", "search", "part of the name"],
  ["slowerThan", "Slower than (ms)", "number", "100"],
  ["attribute", "Attribute", "search", "order.id=o_1"],
] as const;

/** The newest traces, by what is asked for. */
export function Traces({ place }: { place: Place }): VNode {
  const { params } = place;
  const services = useApi<string[]>("services");
  const { data, error } = useApi<Trace[]>(`traces?${params}`, 3000);
  const set = (name: string, value: string) =>
    location.replace(href("traces", { ...Object.fromEntries(params), [name]: value }));
  return (
    <section aria-labelledby="title">
      <h1 id="title">Traces</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Service
          <select
            value={params.get("service") ?? ""}
            onChange={(event) => set("service", event.currentTarget.value)}
          >
            <option value="">all</option>
            {services.data?.map((one) => <option key={one} value={one}>{safe(one)}</option>)}
          </select>
        </label>
        {FILTERS.map(([name, label, type, placeholder]) => (
          <label key={name}>
            {label}
            <input
              type={type}
              placeholder={placeholder}
              value={params.get(name) ?? ""}
              onChange={(event) => set(name, event.currentTarget.value)}
            />
          </label>
        ))}
        <label class="check">
          <input
            type="checkbox"
            checked={params.get("error") === "true"}
            onChange={(event) => set("error", event.currentTarget.checked ? "true" : "")}
          />
          with errors
        </label>
      </form>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data !== undefined && (
        <Strip
          what="traces"
          marks={data.map(({ startNs, errors }) => ({ timeNs: startNs, isError: errors > 0 }))}
        />
      )}
      {data !== undefined && <Sampled traces={data} />}
      {data !== undefined && <TraceTable traces={data} />}
    </section>
  );
}

/** Says for how many the shown traces stand, when some were sampled away. */
function Sampled({ traces }: { traces: readonly Trace[] }): VNode | null {
  const all = traces.reduce((sum, { adjustedCount }) => sum + adjustedCount, 0);
  if (all < traces.length + 0.5) return null;
  return (
    <p class="meta">
      {traces.length} traces shown, sampled: they stand for about {Math.round(all)}.
    </p>
  );
}

/** Traces in a table; a bar shows each duration against the longest. */
export function TraceTable({ traces }: { traces: readonly Trace[] }): VNode {
  if (traces.length === 0) return <p class="empty">No trace fits. Widen the filters.</p>;
  const longest = Math.max(...traces.map(({ durationMs }) => durationMs));
  return (
    <Scroll label="Table: traces">
      <table>
        <caption class="hidden">Traces, newest first</caption>
        <thead>
          <tr>
            <th>Start</th>
            <th>Root</th>
            <th>Duration</th>
            <th class="number">Spans</th>
            <th class="number">Errors</th>
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <tr key={trace.traceId} class={trace.errors > 0 ? "failed" : ""}>
              <td class="time">{clockTime(trace.startNs)}</td>
              <td>
                <a href={href(`trace/${trace.traceId}`)}>
                  <span class="service">{safe(trace.service)}</span> {safe(trace.name, 120)}
                </a>
              </td>
              <td class="wide">
                <progress max={longest} value={trace.durationMs} aria-hidden="true" />{" "}
                {duration(trace.durationMs)}
              </td>
              <td class="number">{trace.spans}</td>
              <td class="number">{trace.errors}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
