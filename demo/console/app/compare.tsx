/// <reference lib="dom" />
import type { VNode } from "preact";
import { Scroll } from "./scroll.tsx";
import { duration, href, type Place, safe, useApi } from "./state.ts";
import type { Span, Trace } from "./types.ts";

/** What one kind of span came to in each of two traces. */
export interface Difference {
  readonly service: string;
  readonly name: string;
  readonly counts: readonly [number, number];
  readonly totalsMs: readonly [number, number];
  readonly errors: readonly [number, number];
}

/** Spans of two traces by service and name, those whose time differs most first. */
export function differencesOf(a: readonly Span[], b: readonly Span[]): Difference[] {
  const found = new Map<
    string,
    {
      service: string;
      name: string;
      counts: [number, number];
      totalsMs: [number, number];
      errors: [number, number];
    }
  >();
  [a, b].forEach((spans, side) => {
    for (const { service, name, durationMs, isError } of spans) {
      const key = JSON.stringify([service, name]);
      let one = found.get(key);
      if (one === undefined) {
        one = { service, name, counts: [0, 0], totalsMs: [0, 0], errors: [0, 0] };
        found.set(key, one);
      }
      one.counts[side]++;
      one.totalsMs[side] += durationMs;
      if (isError) one.errors[side]++;
    }
  });
  const change = ({ totalsMs }: Difference) => Math.abs(totalsMs[1] - totalsMs[0]);
  return [...found.values()].sort((x, y) => change(y) - change(x));
}

type Answer = { spans: Span[] };

/** Two traces beside each other: where the time went, what is only in one. */
export function Compare({ place }: { place: Place }): VNode {
  const a = place.params.get("a") ?? "";
  const b = place.params.get("b") ?? "";
  const recent = useApi<Trace[]>("traces?limit=200");
  const first = useApi<Answer>(a === "" ? undefined : `traces/${a}`);
  const second = useApi<Answer>(b === "" ? undefined : `traces/${b}`);
  const set = (side: string, id: string) => location.replace(href("compare", { a, b, [side]: id }));
  const left = first.data?.spans.filter(({ traceId }) => traceId === a);
  const right = second.data?.spans.filter(({ traceId }) => traceId === b);
  const problem = first.error ?? second.error;
  return (
    <section aria-labelledby="title">
      <h1 id="title">Compare two traces</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Before" value={a} traces={recent.data ?? []} set={(id) => set("a", id)} />
        <Choice label="After" value={b} traces={recent.data ?? []} set={(id) => set("b", id)} />
      </form>
      {problem !== undefined && <p class="problem" role="alert">{problem}</p>}
      {(a === "" || b === "") && <p class="empty">Choose two traces.</p>}
      {left !== undefined && right !== undefined && (
        <Table differences={differencesOf(left, right)} a={a} b={b} />
      )}
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly traces: readonly Trace[];
  readonly set: (id: string) => void;
}

function Choice({ label, value, traces, set }: ChoiceProps): VNode {
  const isListed = value === "" || traces.some(({ traceId }) => traceId === value);
  return (
    <label class="grow">
      {label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">choose…</option>
        {!isListed && <option value={value}>{value.slice(0, 8)}</option>}
        {traces.map(({ traceId, name, durationMs, errors }) => (
          <option key={traceId} value={traceId}>
            {safe(name, 60)} · {duration(durationMs)}
            {errors > 0 ? " ✗" : ""} · {traceId.slice(0, 8)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Table(
  { differences, a, b }: { differences: readonly Difference[]; a: string; b: string },
): VNode {
  const most = Math.max(0.001, ...differences.flatMap(({ totalsMs }) => totalsMs));
  return (
    <Scroll label="Table: differences">
      <table>
        <caption>
          Spans by service and name: <a href={href(`trace/${a}`)}>before {a.slice(0, 8)}</a>,{" "}
          <a href={href(`trace/${b}`)}>after {b.slice(0, 8)}</a>
        </caption>
        <thead>
          <tr>
            <th>Span</th>
            <th>Before</th>
            <th>After</th>
            <th class="number">Change</th>
          </tr>
        </thead>
        <tbody>
          {differences.map((one) => (
            <tr
              key={`${one.service} ${one.name}`}
              class={one.errors[1] > one.errors[0] ? "failed" : ""}
            >
              <td class="wide">
                <span class="service">{safe(one.service)}</span> {safe(one.name, 80)}
              </td>
              {[0, 1].map((side) => (
                <td key={side}>
                  <progress max={most} value={one.totalsMs[side]} aria-hidden="true" />{" "}
                  {one.counts[side] === 0 ? "none" : duration(one.totalsMs[side])}
                  {one.counts[side] > 1 && ` in ${one.counts[side]}`}
                  {one.errors[side] > 0 && " ✗"}
                </td>
              ))}
              <td class="number">{signed(one.totalsMs[1] - one.totalsMs[0])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function signed(ms: number): string {
  return `${ms < 0 ? "−" : "+"}${duration(Math.abs(ms))}`;
}
