/// <reference lib="dom" />
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type Difference, differencesOf } from "./differences.ts";
import { Bar, Empty, More, Problem, Scroll, Service } from "./parts.tsx";
import { change, href, type Place, useApi, useColors } from "./state.ts";
import { clockTime, duration, safe } from "./text.ts";
import type { Span, Trace } from "./types.ts";

interface Answer {
  readonly spans: readonly Span[];
}

/** Two traces beside each other: where the time went, what is only in one. */
export function Compare({ place }: { place: Place }): VNode {
  const a = place.params.get("a") ?? "";
  const b = place.params.get("b") ?? "";
  const recent = useApi<Trace[]>("traces?limit=300");
  const first = useApi<Answer>(a === "" ? undefined : `traces/${a}`);
  const second = useApi<Answer>(b === "" ? undefined : `traces/${b}`);
  const traces = recent.data ?? [];
  return (
    <section aria-labelledby="title">
      <h1 id="title">Compare two traces</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Traces">
        <Choice label="Before" name="a" value={a} traces={traces} place={place} />
        <button
          type="button"
          onClick={() => change(place, { a: b, b: a })}
          aria-label="swap the two"
          title="swap the two"
        >
          ⇄
        </button>
        <Choice label="After" name="b" value={b} traces={traces} place={place} />
      </form>
      <Problem text={first.error ?? second.error} />
      {(a === "" || b === "") && (
        <Empty title="Choose two traces">
          Here, or by the boxes at the end of each line of <a href="#/traces">the traces</a>.
        </Empty>
      )}
      {a !== "" && b !== "" && first.data !== undefined && second.data !== undefined && (
        <>
          <div class="sides">
            <Side name="before" id={a} spans={first.data.spans} />
            <Side name="after" id={b} spans={second.data.spans} />
          </div>
          <Table differences={differencesOf(first.data.spans, second.data.spans)} />
        </>
      )}
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: "a" | "b";
  readonly value: string;
  readonly traces: readonly Trace[];
  readonly place: Place;
}

function Choice({ label, name, value, traces, place }: ChoiceProps): VNode {
  const isListed = value === "" || traces.some(({ traceId }) => traceId === value);
  return (
    <label class="grow">
      {label}
      <select
        value={value}
        onChange={(event) => change(place, { [name]: event.currentTarget.value })}
      >
        <option value="">choose…</option>
        {!isListed && <option value={value}>{value.slice(0, 8)}</option>}
        {traces.map((trace) => (
          <option key={trace.traceId} value={trace.traceId}>
            {safe(trace.name, 60)} · {duration(trace.durationMs)}
            {trace.errors > 0 ? " ✗" : ""} · {clockTime(trace.startNs)} ·{" "}
            {trace.traceId.slice(0, 8)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A trace in a few words. */
function Side({ name, id, spans }: { name: string; id: string; spans: readonly Span[] }): VNode {
  const colorOf = useColors();
  const root = spans.find(({ traceId, parentSpanId }) => traceId === id && parentSpanId === "") ??
    spans[0];
  const errors = spans.filter(({ isError }) => isError);
  const message = errors.find(({ statusMessage }) => statusMessage !== "")?.statusMessage;
  return (
    <figure class="tile">
      <figcaption>{name}</figcaption>
      <a href={href(`trace/${id}`)}>
        <Service name={root.service} color={colorOf(root.service)} /> {safe(root.name, 100)}
      </a>
      <output>{duration(root.durationMs)}</output>
      <span class="meta">
        {spans.length} spans
        {errors.length > 0 && (
          <span class="failed-text">
            , {errors.length} failed{message === undefined ? "" : `: ${safe(message, 80)}`}
          </span>
        )}
      </span>
    </figure>
  );
}

/** Rows at first, and more at each wish: a trace may have ten thousand names. */
const PAGE = 200;

function Table({ differences }: { differences: readonly Difference[] }): VNode {
  const colorOf = useColors();
  const [count, setCount] = useState(PAGE);
  const most = differences.reduce((max, { totalsMs }) => Math.max(max, ...totalsMs), 0.001);
  const left = differences.length - count;
  return (
    <>
      <Scroll label="Table: differences">
        <table class="compare">
          <caption>Spans by service and name, where the time differs most first</caption>
          <thead>
            <tr>
              <th>Span</th>
              <th>Before</th>
              <th>After</th>
              <th class="number">Change</th>
            </tr>
          </thead>
          <tbody>
            {differences.slice(0, count).map((one) => (
              <tr
                key={`${one.service} ${one.name}`}
                class={one.errors[1] > one.errors[0] ? "failed" : ""}
              >
                <td class="name">
                  <Service name={one.service} color={colorOf(one.service)} /> {safe(one.name, 80)}
                  {one.counts[0] === 0 && <span class="tag">only after</span>}
                  {one.counts[1] === 0 && <span class="tag">only before</span>}
                </td>
                {([0, 1] as const).map((side) => (
                  <td key={side} class="lasted">
                    <Bar
                      part={one.totalsMs[side] / most}
                      className={one.errors[side] > 0 ? "failed" : colorOf(one.service)}
                    />
                    <span>
                      {one.counts[side] === 0 ? "–" : duration(one.totalsMs[side])}
                      {one.counts[side] > 1 && ` in ${one.counts[side]}`}
                      {one.errors[side] > 0 && <span class="failed-text cross">✗</span>}
                    </span>
                  </td>
                ))}
                <td class={`number ${changeClass(one)}`}>
                  {signed(one.totalsMs[1] - one.totalsMs[0])}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {left > 0 && (
        <More onClick={() => setCount(count + PAGE)}>
          Show {Math.min(PAGE, left)} more of {left.toLocaleString("en")}
        </More>
      )}
    </>
  );
}

/** Slower or faster by a tenth or more. */
function changeClass({ totalsMs: [before, after] }: Difference): string {
  if (after > before * 1.1) return "warned";
  return after < before / 1.1 ? "good" : "faint";
}

function signed(ms: number): string {
  return `${ms < 0 ? "−" : "+"}${duration(Math.abs(ms))}`;
}
