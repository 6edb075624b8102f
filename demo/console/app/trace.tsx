/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Details } from "./details.tsx";
import { type Frame, Minimap } from "./minimap.tsx";
import { Empty, Problem, Service } from "./parts.tsx";
import { change, href, type Place, useApi, useColors } from "./state.ts";
import { dateTime, duration, safe } from "./text.ts";
import { stepOf, zoomed } from "./trace_keys.ts";
import type { Log, Span } from "./types.ts";
import { type Row, rowsOf, type Tree, treeOf } from "./waterfall.ts";
import { Waterfall } from "./waterfall.tsx";

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
      <Body tree={tree} place={place} />
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

function Body({ tree, place }: { tree: Tree; place: Place }): VNode {
  const colorOf = useColors();
  const [hasLogs, setLogs] = useState(true);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState("");
  const whole: Frame = { fromNs: 0, untilNs: tree.lengthNs };
  const [frame, setFrame] = useState<Frame | undefined>();
  const find = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => rowsOf(tree, closed, hasLogs), [tree, closed, hasLogs]);
  const [selected, select] = useState(() => firstRow(rows, place.params.get("span")));
  const index = Math.min(selected, rows.length - 1);
  const isFound = (row: Row) => text !== "" && textOf(row).includes(text.toLowerCase());
  const toggle = (key: string) =>
    setClosed((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  const go = (to: number | undefined) => {
    if (to !== undefined && to !== index) select(to);
  };
  const seek = (step: number, fits: (row: Row) => boolean) => {
    for (let at = index + step; at >= 0 && at < rows.length; at += step) {
      if (fits(rows[at])) return go(at);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { node, log } = rows[index];
    const { key } = event;
    if (key === "/") find.current!.focus();
    else if (key === "e") seek(1, (row) => row.log === undefined && row.node.span.isError);
    else if (key === "n") seek(1, isFound);
    else if (key === "p") seek(-1, isFound);
    else if (key === "l") setLogs(!hasLogs);
    else if ("+=-0z".includes(key)) setFrame(zoomed(key, frame ?? whole, node, tree.lengthNs));
    else if (key === "ArrowLeft" || key === "ArrowRight" || key === "Enter") {
      const isOpen = !closed.has(node.key);
      const canFold = node.below > 0 && log === undefined;
      if (canFold && (key === "Enter" || (key === "ArrowLeft") === isOpen)) toggle(node.key);
      else if (key === "ArrowLeft") seek(-1, (row) => row.node.depth < node.depth);
      else return;
    } else {
      const to = stepOf(key, index, rows.length);
      if (to === undefined) return;
      go(to);
    }
    event.preventDefault();
  };
  const row = rows[index];
  useEffect(() => {
    const { spanId } = row.node.span;
    if (selected > 0 && place.params.get("span") !== spanId) change(place, { span: spanId });
  }, [selected]);
  const wanted = place.params.get("span");
  useEffect(() => {
    if (wanted !== null && wanted !== row.node.span.spanId) select(firstRow(rows, wanted));
  }, [wanted]);
  return (
    <>
      <Minimap tree={tree} colorOf={colorOf} frame={frame ?? whole} setFrame={setFrame} />
      <div class="tools">
        <label>
          <span class="hidden">Find in the trace</span>
          <input
            ref={find}
            type="search"
            placeholder="find in the trace"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") seek(1, isFound);
            }}
          />
        </label>
        {text !== "" && <span role="status">{rows.filter(isFound).length} found</span>}
        <label class="check">
          <input
            type="checkbox"
            checked={hasLogs}
            onChange={(event) => setLogs(event.currentTarget.checked)}
          />
          log lines
        </label>
        {frame !== undefined && (frame.fromNs > 0 || frame.untilNs < tree.lengthNs) && (
          <button
            type="button"
            onClick={() => setFrame(undefined)}
          >
            show the whole time
          </button>
        )}
        <span class="keys wide-only">
          <kbd>↑↓</kbd> rows <kbd>←→</kbd> fold <kbd>e</kbd> next error <kbd>/</kbd> find{" "}
          <kbd>z</kbd> zoom <kbd>0</kbd> all
        </span>
      </div>
      <div class="split">
        <Waterfall
          rows={rows}
          frame={frame ?? whole}
          selected={index}
          closed={closed}
          isFound={isFound}
          colorOf={colorOf}
          select={select}
          toggle={toggle}
          onKeyDown={onKeyDown}
        />
        <Details row={row} colorOf={colorOf} />
      </div>
    </>
  );
}

/** The row of a span, else the first. */
function firstRow(rows: readonly Row[], spanId: string | null): number {
  if (spanId === null) return 0;
  return Math.max(0, rows.findIndex(({ node, log }) => !log && node.span.spanId === spanId));
}

function textOf({ node, log }: Row): string {
  if (log !== undefined) return `${log.body} ${JSON.stringify(log.attributes)}`.toLowerCase();
  return `${node.span.service} ${node.span.name} ${JSON.stringify(node.span.attributes)}`
    .toLowerCase();
}
