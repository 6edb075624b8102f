/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { clockTime, duration, href, levelOf, type Place, safe, useApi } from "./state.ts";
import type { Log, Span } from "./types.ts";
import { type Row, rowsOf } from "./waterfall.ts";

const ROW_PX = 26;
const VIEW_PX = 520;

/** One trace as a waterfall, with what it caused over the queue, and its log lines. */
export function TraceView({ place }: { place: Place }): VNode {
  const { data, error } = useApi<{ spans: Span[]; logs: Log[] }>(`traces/${place.id}`);
  const rows = useMemo(() => rowsOf(data?.spans ?? []), [data]);
  const [selected, select] = useState(0);
  if (error !== undefined) return <p class="problem" role="alert">{error}</p>;
  if (data === undefined) return <p class="empty">Loading…</p>;
  const row = rows[Math.min(selected, rows.length - 1)];
  const total = rows[0].span.durationMs;
  const services = [...new Set(rows.map(({ span }) => span.service))];
  const colors: Colors = new Map(services.map((service, index) => [service, `s${index % 8}`]));
  return (
    <section aria-labelledby="title">
      <h1 id="title">
        {safe(rows[0].span.name)}{" "}
        <small>{duration(total)}, {data.spans.length} spans, {data.logs.length} lines</small>
      </h1>
      <p class="meta">
        trace <code>{place.id}</code> ·{" "}
        <a href={href("logs", { trace: place.id })}>its log lines</a> ·{" "}
        <a href={href("compare", { a: place.id })}>compare</a>
        {rows[0].span.transactionId !== null && (
          <>
            {" "}· transaction{" "}
            <a href={href("logs", { transaction: rows[0].span.transactionId })}>
              {safe(rows[0].span.transactionId)}
            </a>
          </>
        )}
      </p>
      <Legend services={services} />
      <Minimap rows={rows} colors={colors} />
      <div class="split">
        <Waterfall
          rows={rows}
          logs={data.logs}
          colors={colors}
          selected={selected}
          select={select}
        />
        <Details span={row.span} logs={data.logs.filter((log) => log.spanId === row.span.spanId)} />
      </div>
    </section>
  );
}

/** The colour class of each service. */
type Colors = ReadonlyMap<string, string>;

function Legend({ services }: { services: readonly string[] }): VNode {
  return (
    <ul class="legend">
      {services.map((service, index) => (
        <li key={service}>
          <span class={`swatch s${index % 8}`}>
            <span class="span" />
          </span>
          {safe(service)}
        </li>
      ))}
      <li>
        <span class="swatch pale s0">
          <span class="span" />
        </span>
        pale: not on the critical path
      </li>
    </ul>
  );
}

function Minimap({ rows, colors }: { rows: readonly Row[]; colors: Colors }): VNode {
  const height = Math.min(rows.length, 60);
  return (
    <svg
      class="minimap"
      viewBox={`0 0 1000 ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {rows.slice(0, 2000).map((row, index) => (
        <rect
          key={row.span.spanId}
          class={row.span.isError ? "bar error" : `bar ${colors.get(row.span.service)}`}
          x={row.left * 1000}
          width={Math.max(1, row.width * 1000)}
          y={index / rows.length * height}
          height="1"
        />
      ))}
    </svg>
  );
}

interface WaterfallProps {
  readonly rows: readonly Row[];
  readonly logs: readonly Log[];
  readonly colors: Colors;
  readonly selected: number;
  readonly select: (index: number) => void;
}

/** Only the rows that can be seen are drawn, so that ten thousand spans cost what fifty do. */
function Waterfall({ rows, logs, colors, selected, select }: WaterfallProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const counts = useMemo(() => Map.groupBy(logs, ({ spanId }) => spanId), [logs]);
  useEffect(() => {
    const element = box.current!;
    const at = selected * ROW_PX;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + ROW_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = at + ROW_PX - element.clientHeight;
    }
  }, [selected]);
  const from = Math.max(0, Math.floor(top / ROW_PX) - 10);
  const visible = rows.slice(from, from + Math.ceil(VIEW_PX / ROW_PX) + 20);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key] ?? 0;
    if (step === 0) return;
    event.preventDefault();
    select(Math.max(0, Math.min(rows.length - 1, selected + step)));
  };
  return (
    <div
      class={rows.length * ROW_PX < VIEW_PX ? "waterfall few" : "waterfall"}
      ref={box}
      tabIndex={0}
      role="listbox"
      aria-label="Spans"
      aria-activedescendant={`row-${selected}`}
      onKeyDown={onKeyDown}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <svg width="1" height={rows.length * ROW_PX} class="space" aria-hidden="true" />
      {visible.map((row, offset) => {
        const index = from + offset;
        return (
          <RowView
            key={row.span.spanId}
            row={row}
            index={index}
            isSelected={index === selected}
            lines={counts.get(row.span.spanId) ?? NO_LINES}
            color={colors.get(row.span.service) ?? "s0"}
            select={select}
          />
        );
      })}
    </div>
  );
}

const NO_LINES: readonly Log[] = [];

interface RowProps {
  readonly row: Row;
  readonly index: number;
  readonly isSelected: boolean;
  readonly lines: readonly Log[];
  readonly color: string;
  readonly select: (index: number) => void;
}

function RowView({ row, index, isSelected, lines, color, select }: RowProps): VNode {
  const { span } = row;
  const place = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLSpanElement>(null);
  // Through the object model: the policy allows no style in the markup.
  useEffect(() => {
    place.current!.style.transform = `translateY(${index * ROW_PX}px)`;
    const label = place.current!.querySelector<HTMLElement>(".label")!;
    label.style.paddingInlineStart = `${Math.min(row.depth, 20) * 14 + 6}px`;
    bar.current!.style.insetInlineStart = `${row.left * 100}%`;
    bar.current!.style.inlineSize = `max(2px, ${row.width * 100}%)`;
    place.current!.querySelectorAll<HTMLElement>(".tick").forEach((tick, at) => {
      tick.style.insetInlineStart = `${partOf(row, lines[at]) * 100}%`;
    });
  });
  const classes = [
    "row",
    color,
    isSelected ? "selected" : "",
    span.isError ? "failed" : "",
    row.isCritical ? "critical" : "",
  ].join(" ");
  return (
    <div
      ref={place}
      id={`row-${index}`}
      class={classes}
      role="option"
      aria-selected={isSelected}
      onClick={() => select(index)}
    >
      <span class="label">
        {row.isLinked && <span class="linked" title="over the queue">⤷</span>}
        <span class="service">{safe(span.service)}</span> {safe(span.name, 80)}
      </span>
      <span class="track">
        <span class="span" ref={bar} />
        {lines.map((log, at) => (
          <span key={at} class={`tick ${levelOf(log.severity)}`} title={safe(log.body, 200)} />
        ))}
      </span>
      <span class="number">{duration(span.durationMs)}</span>
    </div>
  );
}

/** Where a line lies in the trace, 0 to 1: from where its span lies, and when. */
function partOf(row: Row, log: Log): number {
  const sinceNs = Number(BigInt(log.timeNs) - BigInt(row.span.startNs));
  const durationNs = Math.max(1, row.span.durationMs * 1e6);
  return Math.max(0, Math.min(1, row.left + sinceNs / durationNs * row.width));
}

function Details({ span, logs }: { span: Span; logs: readonly Log[] }): VNode {
  return (
    <aside class="details" aria-label="The selected span">
      <h2>{safe(span.name)}</h2>
      {span.isError && <p class="problem">{safe(span.statusMessage || "error")}</p>}
      <Fields fields={span.attributes} />
      {span.events.map((event, index) => (
        <details key={index} open={event.name === "exception"}>
          <summary>{safe(event.name)} {clockTime(event.timeNs)}</summary>
          <Fields fields={event.attributes} />
        </details>
      ))}
      {logs.map((log, index) => (
        <p key={index} class={`line ${levelOf(log.severity)}`}>
          <span class="time">{clockTime(log.timeNs)}</span> {levelOf(log.severity)} {safe(log.body)}
        </p>
      ))}
    </aside>
  );
}

/** Names and values, as text whatever they are. */
export function Fields({ fields }: { fields: Readonly<Record<string, unknown>> }): VNode {
  return (
    <dl>
      {Object.entries(fields).map(([name, value]) => (
        <div key={name}>
          <dt>{safe(name, 200)}</dt>
          <dd>{safe(typeof value === "string" ? value : JSON.stringify(value))}</dd>
        </div>
      ))}
    </dl>
  );
}
