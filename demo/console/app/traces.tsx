/// <reference lib="dom" />
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import {
  Bar,
  ClearFilters,
  Empty,
  More,
  Problem,
  RangeSelect,
  rowKeys,
  Scroll,
  Select,
  Service,
  ServiceSelect,
  Text,
} from "./parts.tsx";
import { change, href, type Place, questionOf, useApi, useColors } from "./state.ts";
import { Strip } from "./strip.tsx";
import { clockTime, count, dateTime, duration, safe } from "./text.ts";
import type { Trace } from "./types.ts";

const STATUSES = ["", "ok", "error", "2xx", "3xx", "4xx", "5xx"]
  .map((one) => [one, one || "all"] as const);
const PAGE = 100;
const EVERY_MS = 3000;
/** What is shown before a time was chosen. */
export const FALLBACK_MINUTES = "60";

/** The parameters of a question, with the time that is shown when none was chosen. */
export function timed(params: URLSearchParams): URLSearchParams {
  const minutes = params.get("minutes") ?? FALLBACK_MINUTES;
  return questionOf(params, {
    minutes: minutes === "all" || params.has("since") ? undefined : minutes,
  });
}

/** The filters that traces have in common, whatever shows them. */
export function TraceFilters({ place }: { place: Place }): VNode {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
      <ServiceSelect place={place} />
      <Text place={place} name="route" label="Route" placeholder="part of the name" />
      <Select place={place} name="status" label="Status" options={STATUSES} />
      <Text place={place} name="slowerThan" label="Slower than, ms" type="number" placeholder="0" />
      <Text place={place} name="fasterThan" label="Faster than, ms" type="number" placeholder="∞" />
      <Text place={place} name="attribute" label="Attribute" placeholder="sku=tea" />
      <RangeSelect place={place} fallback={FALLBACK_MINUTES} />
      <ClearFilters place={place} />
    </form>
  );
}

/** The newest traces, by what is asked for. */
export function Traces({ place }: { place: Place }): VNode {
  const limit = Number(place.params.get("limit") ?? PAGE);
  const query = timed(place.params);
  query.set("limit", String(limit));
  // A marked time stands still.
  const everyMs = place.params.has("until") ? 0 : EVERY_MS;
  const { data, error } = useApi<Trace[]>(`traces?${query}`, everyMs);
  query.delete("limit");
  return (
    <section aria-labelledby="title">
      <h1 id="title">Traces</h1>
      <TraceFilters place={place} />
      <Problem text={error} />
      <Strip
        place={place}
        what="traces"
        question={`traces/histogram?${query}`}
        everyMs={everyMs}
      />
      {data?.length === 0 && <NoTrace place={place} />}
      {data !== undefined && data.length > 0 && <TraceTable traces={data} />}
      {data !== undefined && data.length >= limit && (
        <More onClick={() => change(place, { limit: String(limit + PAGE) })}>Show older ones</More>
      )}
    </section>
  );
}

function NoTrace({ place }: { place: Place }): VNode {
  const isFiltered = [...place.params.keys()].length > 0;
  return isFiltered
    ? <Empty title="No trace fits">Widen the filters or the time.</Empty>
    : (
      <Empty title="No trace in the last hour">
        Send OTLP over HTTP to this address: for an OpenTelemetry SDK, set{" "}
        <code>OTEL_EXPORTER_OTLP_ENDPOINT={location.origin}</code>
      </Empty>
    );
}

/** Where a duration lies between the shortest and the longest, by its logarithm, 0 to 1. */
function scaleOf(traces: readonly Trace[]): (ms: number) => number {
  const logs = traces.map(({ durationMs }) => Math.log(Math.max(0.001, durationMs)));
  const low = Math.min(...logs) - 0.5;
  const high = Math.max(...logs, low + 1);
  return (ms) => (Math.log(Math.max(0.001, ms)) - low) / (high - low);
}

/** Traces in a table; a bar shows each duration, by its logarithm; two can be chosen to compare. */
export function TraceTable({ traces }: { traces: readonly Trace[] }): VNode {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const colorOf = useColors();
  const partOf = scaleOf(traces);
  const isSampled = traces.some(({ adjustedCount }) => adjustedCount > 1);
  const choose = (id: string) =>
    setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-2));
  return (
    <>
      <Scroll label="Table: traces">
        <table class="traces" onKeyDown={rowKeys}>
          <caption class="hidden">Traces, newest first; arrow keys go from row to row</caption>
          <thead>
            <tr>
              <th>Start</th>
              <th>Root</th>
              <th>Services</th>
              <th class="number">Status</th>
              <th>Duration</th>
              <th class="number">Spans</th>
              <th class="number">Errors</th>
              {isSampled && <th class="number">Stands for</th>}
              <th>
                <span class="hidden">Compare</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {traces.map((trace) => (
              <TraceRow
                key={trace.traceId}
                trace={trace}
                part={partOf(trace.durationMs)}
                colorOf={colorOf}
                isSampled={isSampled}
                isChosen={chosen.includes(trace.traceId)}
                choose={choose}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
      {chosen.length > 0 && (
        <p class="chosen" role="status">
          {chosen.length === 1
            ? "One trace is chosen; choose another to compare them."
            : <a href={href("compare", { a: chosen[0], b: chosen[1] })}>Compare the two traces</a>}
        </p>
      )}
    </>
  );
}

interface TraceRowProps {
  readonly trace: Trace;
  readonly part: number;
  readonly colorOf: (service: string) => string;
  readonly isSampled: boolean;
  readonly isChosen: boolean;
  readonly choose: (id: string) => void;
}

function TraceRow(
  { trace, part, colorOf, isSampled, isChosen, choose }: TraceRowProps,
): VNode {
  const isFailed = trace.errors > 0;
  return (
    <tr class={isFailed ? "failed" : ""}>
      <td class="time" title={dateTime(trace.startNs)}>{clockTime(trace.startNs)}</td>
      <td class="name">
        <a class="row-link" href={href(`trace/${trace.traceId}`)}>
          <Service name={trace.service} color={colorOf(trace.service)} /> {safe(trace.name, 120)}
        </a>
      </td>
      <td class="dots" title={trace.services.map((one) => safe(one, 60)).join(", ")}>
        {trace.services.slice(0, 8).map((one) => (
          <span key={one} class={`dot ${colorOf(one)}`} aria-hidden="true" />
        ))}
        <span class="faint">{trace.services.length}</span>
      </td>
      <td class={`number ${(trace.status ?? 0) >= 400 ? "warned" : "faint"}`}>
        {trace.status ?? "–"}
      </td>
      <td class="lasted">
        <Bar part={part} className={isFailed ? "failed" : ""} />
        <span>{duration(trace.durationMs)}</span>
      </td>
      <td class="number">{trace.spans}</td>
      <td class={`number ${isFailed ? "failed-text" : "faint"}`}>{trace.errors}</td>
      {isSampled && <td class="number">{count(trace.adjustedCount)}</td>}
      <td class="pick">
        <input
          type="checkbox"
          checked={isChosen}
          onChange={() => choose(trace.traceId)}
          aria-label={`compare ${trace.traceId.slice(0, 8)}`}
        />
      </td>
    </tr>
  );
}
