/// <reference lib="dom" />
import type { VNode } from "preact";
import { Service } from "./parts.tsx";
import { href } from "./state.ts";
import { clockTime, dateTime, duration, levelOf, safe, valueText } from "./text.ts";
import type { Log } from "./types.ts";
import type { Node, Row } from "./waterfall.ts";

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/** What is known of the selected row. */
export function Details(
  { row, colorOf }: { row: Row; colorOf: (service: string) => string },
): VNode {
  return row.log === undefined
    ? <SpanDetails node={row.node} colorOf={colorOf} />
    : <LineDetails log={row.log} node={row.node} />;
}

function SpanDetails(
  { node, colorOf }: { node: Node; colorOf: (service: string) => string },
): VNode {
  const { span } = node;
  const waitedNs = node.producer === undefined ? 0 : node.startNs - node.producer.endNs;
  return (
    <aside class="details" aria-label="The selected span">
      <h2>{safe(span.name)}</h2>
      <p class="meta">
        <Service name={span.service} color={colorOf(span.service)} /> · {KINDS[span.kind] ?? ""}
      </p>
      {span.isError && <p class="problem">{safe(span.statusMessage || "error")}</p>}
      {node.isOrphan && (
        <p class="hint">
          Its parent was not received: sampled away, late or lost.
        </p>
      )}
      <dl class="facts">
        <Fact name="took" value={duration(span.durationMs)} />
        <Fact name="itself" value={duration(node.selfMs)} />
        <Fact name="began at" value={`+${duration(node.startNs / 1e6)}`} />
        {waitedNs > 0 && <Fact name="waited before" value={duration(waitedNs / 1e6)} />}
        {span.adjustedCount > 1 && (
          <Fact name="stands for" value={`${Math.round(span.adjustedCount)} like it`} />
        )}
      </dl>
      <Fields title="Attributes" fields={span.attributes} />
      {span.events.map((event, index) => (
        <details key={index} open={event.name === "exception"}>
          <summary>{safe(event.name)} at {clockTime(event.timeNs)}</summary>
          <Fields fields={event.attributes} />
        </details>
      ))}
      {node.logs.length > 0 && <h3>Log lines</h3>}
      {node.logs.map((log, index) => (
        <p key={index} class={`line ${levelOf(log.severity)}`}>
          <span class="time">{clockTime(log.timeNs)}</span>{" "}
          <span class="level">{levelOf(log.severity)}</span> {safe(log.body)}
        </p>
      ))}
      {span.links.length > 0 && <h3>Links</h3>}
      {span.links.map((link) => (
        <p key={link.spanId}>
          <a href={href(`trace/${link.traceId}`, { span: link.spanId })}>
            span {link.spanId.slice(0, 8)} of trace {link.traceId.slice(0, 8)}
          </a>
        </p>
      ))}
      <details>
        <summary>Resource, scope and ids</summary>
        <Fields
          fields={{
            ...span.resource,
            scope: span.scope,
            start: dateTime(span.startNs),
            span_id: span.spanId,
            parent_span_id: span.parentSpanId,
            trace_id: span.traceId,
          }}
        />
      </details>
    </aside>
  );
}

function LineDetails({ log, node }: { log: Log; node: Node }): VNode {
  return (
    <aside class="details" aria-label="The selected line">
      <h2>{safe(log.body, 500)}</h2>
      <p class={`meta line ${levelOf(log.severity)}`}>
        <span class="level">{levelOf(log.severity)}</span> · {safe(log.service)} · in{" "}
        {safe(node.span.name)}
      </p>
      {log.body.length > 500 && <p class="body">{safe(log.body, 20_000)}</p>}
      <Fields title="Fields" fields={log.attributes} />
      <Fields fields={{ time: dateTime(log.timeNs), logger: log.scope }} />
    </aside>
  );
}

function Fact({ name, value }: { name: string; value: string }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Names and values, as text whatever they are. */
export function Fields(
  { title, fields }: { title?: string; fields: Readonly<Record<string, unknown>> },
): VNode | null {
  const all = Object.entries(fields).filter(([, value]) => value !== "");
  if (all.length === 0) return null;
  return (
    <>
      {title !== undefined && <h3>{title}</h3>}
      <dl>
        {all.map(([name, value]) => (
          <div key={name}>
            <dt>{safe(name, 200)}</dt>
            <dd>{valueText(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
