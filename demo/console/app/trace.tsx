/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Empty, Problem, Service } from "./parts.tsx";
import { href, type Place, useApi, useColors } from "./state.ts";
import { dateTime, duration, safe } from "./text.ts";
import { TraceBody } from "./trace_body.tsx";
import type { Log, Span } from "./types.ts";
import { type Tree, treeOf } from "./waterfall.ts";

interface Answer {
  readonly traceId: string;
  readonly spans: readonly Span[];
  readonly logs: readonly Log[];
}

/** How often a trace is asked for again while it is young: late spans join it. */
const YOUNG_MS = 5000;

/** One trace as a waterfall, with what it caused over the queue, and its log lines. */
export function TraceView({ place }: { place: Place }): VNode {
  const [isYoung, setYoung] = useState(true);
  const { data, error } = useApi<Answer>(`traces/${place.id}`, isYoung ? 2000 : 0);
  useEffect(() => {
    const timer = setTimeout(() => setYoung(false), YOUNG_MS);
    return () => clearTimeout(timer);
  }, []);
  // The same spans again must not draw everything anew.
  const key = data === undefined ? "" : `${data.traceId} ${data.spans.length} ${data.logs.length}`;
  const tree = useMemo(() => treeOf(data?.spans ?? [], data?.logs ?? []), [key]);
  if (data === undefined) {
    return error === undefined ? <p class="loading">Loading…</p> : (
      <section aria-labelledby="title">
        <h1 id="title">Trace {place.id.slice(0, 8)}</h1>
        <Problem text={error} />
        <Empty title="It is not here">
          What is oldest makes room for what comes. <a href="#/traces">Back to the traces</a>
        </Empty>
      </section>
    );
  }
  return (
    <section aria-labelledby="title">
      <Head tree={tree} data={data} />
      <TraceBody tree={tree} place={place} />
    </section>
  );
}

function Head({ tree, data }: { tree: Tree; data: Answer }): VNode {
  const colorOf = useColors();
  const root = tree.nodes[0];
  const { traceId } = data;
  const services = [...new Set(tree.nodes.map(({ span }) => span.service))];
  const errors = tree.nodes.filter(({ span }) => span.isError).length;
  return (
    <>
      <h1 id="title">
        <Service name={root.span.service} color={colorOf(root.span.service)} />{" "}
        {safe(root.span.name, 200)}
      </h1>
      <p class="meta">
        <strong>{duration(root.span.durationMs)}</strong>
        {tree.lengthNs > root.endNs + 1 && <>, {duration(tree.lengthNs / 1e6)} with what followed
        </>} · {tree.nodes.length} spans · {data.logs.length} lines
        {errors > 0 && (
          <>
            {" "}· <strong class="failed-text">{errors} {errors === 1 ? "error" : "errors"}</strong>
          </>
        )} · {dateTime(root.span.startNs)} · <code>{traceId.slice(0, 16)}…</code> ·{" "}
        <a href={href("logs", { trace: traceId })}>its log lines</a> ·{" "}
        <a href={href("compare", { a: traceId })}>compare</a>
        {root.span.transactionId !== null && (
          <>
            {" "}·{" "}
            <a href={href("logs", { transaction: root.span.transactionId })}>its transaction</a>
          </>
        )}
      </p>
      <ul class="legend">
        {services.map((service) => (
          <li key={service}>
            <Service name={service} color={colorOf(service)} />
          </li>
        ))}
        <li>
          <span class="swatch pale" />
          pale: not on the critical path
        </li>
        {tree.nodes.some(({ producer }) => producer !== undefined) && (
          <li>
            <span class="swatch waiting" />⤷ over the queue
          </li>
        )}
      </ul>
    </>
  );
}
