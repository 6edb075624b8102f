/// <reference lib="dom" />
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import {
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
import { change, href, type Place, useApi, useColors } from "./state.ts";
import { Strip } from "./strip.tsx";
import { clockTime, dateTime, levelOf, safe, valueText } from "./text.ts";
import { FALLBACK_MINUTES, timed } from "./traces.tsx";
import type { Log } from "./types.ts";

const LEVELS = [
  ["", "all"],
  ["debug", "debug and up"],
  ["info", "info and up"],
  ["warn", "warn and up"],
  ["error", "errors"],
] as const;
const PAGE = 200;

/** Log lines by their text and fields, and from each to its trace. */
export function Logs({ place }: { place: Place }): VNode {
  const { params } = place;
  const limit = Number(params.get("limit") ?? PAGE);
  const query = timed(params);
  // Of one trace or transaction all lines, whenever they were written.
  if (params.has("trace") || params.has("transaction")) query.delete("minutes");
  query.set("limit", String(limit));
  const everyMs = params.has("until") ? 0 : 3000;
  const { data, error } = useApi<Log[]>(`logs?${query}`, everyMs);
  query.delete("limit");
  const trace = params.get("trace");
  return (
    <section aria-labelledby="title">
      <h1 id="title">Logs</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
        <Text place={place} name="q" label="Text" placeholder="declined" isWide atOnce />
        <Select place={place} name="level" label="Level" options={LEVELS} />
        <ServiceSelect place={place} />
        <Text place={place} name="attribute" label="Field" placeholder="orderId=o_1" />
        <Text place={place} name="transaction" label="Transaction" />
        <RangeSelect place={place} fallback={FALLBACK_MINUTES} />
        <ClearFilters place={place} />
      </form>
      {trace !== null && (
        <p class="meta">
          Lines of trace <a href={href(`trace/${trace}`)}>{trace.slice(0, 8)}</a>: back to it
        </p>
      )}
      <Problem text={error} />
      <Strip place={place} what="lines" question={`logs/histogram?${query}`} everyMs={everyMs} />
      {data?.length === 0 && (
        <Empty title="No line fits">
          Words are looked for in message and fields, each from its beginning.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && <LogTable logs={data.toReversed()} place={place} />}
      {data !== undefined && data.length >= limit && (
        <More onClick={() => change(place, { limit: String(limit + PAGE) })}>Show older ones</More>
      )}
    </section>
  );
}

/** What tells a line from others while new ones come. */
function keyOf({ timeNs, traceId, spanId, body }: Log): string {
  return `${timeNs} ${traceId} ${spanId} ${body.slice(0, 80)}`;
}

function LogTable({ logs, place }: { logs: readonly Log[]; place: Place }): VNode {
  const colorOf = useColors();
  const [open, setOpen] = useState<string>();
  return (
    <Scroll label="Table: log lines">
      <table class="logs" onKeyDown={rowKeys}>
        <caption class="hidden">Log lines, newest first; arrow keys go from row to row</caption>
        <thead>
          <tr>
            <th>Time</th>
            <th>Level</th>
            <th>Service</th>
            <th>Message</th>
            <th>Trace</th>
          </tr>
        </thead>
        <tbody>
          {logs.map((log) => {
            const key = keyOf(log);
            const isOpen = key === open;
            return (
              <LogRow
                key={key}
                log={log}
                color={colorOf(log.service)}
                isOpen={isOpen}
                toggle={() => setOpen(isOpen ? undefined : key)}
                place={place}
              />
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

interface LogRowProps {
  readonly log: Log;
  readonly color: string;
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly place: Place;
}

function LogRow({ log, color, isOpen, toggle, place }: LogRowProps): VNode {
  const level = levelOf(log.severity);
  return (
    <>
      <tr class={`line ${level}`}>
        <td class="time" title={dateTime(log.timeNs)}>{clockTime(log.timeNs)}</td>
        <td class="level">{level}</td>
        <td class="of">
          <Service name={log.service} color={color} />
        </td>
        <td class="message">
          <button type="button" class="plain" aria-expanded={isOpen} onClick={toggle}>
            {safe(log.body, 500)} <span class="fields">{fieldText(log)}</span>
          </button>
          {isOpen && <LogDetails log={log} place={place} />}
        </td>
        <td class="to">
          {log.traceId !== "" && (
            <a href={href(`trace/${log.traceId}`, { span: log.spanId })}>
              {log.traceId.slice(0, 8)}
            </a>
          )}
        </td>
      </tr>
    </>
  );
}

function LogDetails({ log, place }: { log: Log; place: Place }): VNode {
  return (
    <div class="log-details">
      {log.body.length > 500 && <p class="body">{safe(log.body, 20_000)}</p>}
      <dl>
        {Object.entries(log.attributes).map(([name, value]) => (
          <div key={name}>
            <dt>{safe(name, 200)}</dt>
            <dd>
              {valueText(value, 5000)}{" "}
              {(typeof value !== "object" && String(value).length < 200) && (
                <a
                  class="quiet"
                  href={href("logs", {
                    ...Object.fromEntries(place.params),
                    attribute: `${name}=${value}`,
                  })}
                >
                  only these
                </a>
              )}
            </dd>
          </div>
        ))}
        <div>
          <dt>logger</dt>
          <dd>{safe(log.scope, 200)}</dd>
        </div>
      </dl>
      <p class="meta">
        {log.traceId !== "" && (
          <a href={href(`trace/${log.traceId}`, { span: log.spanId })}>its span in the trace</a>
        )}
        {log.transactionId !== null && (
          <>
            {" "}· <a href={href("logs", { transaction: log.transactionId })}>its transaction</a>
          </>
        )}
      </p>
    </div>
  );
}

function fieldText(log: Log): string {
  return safe(
    Object.entries(log.attributes)
      .filter(([name]) => name !== "transaction.id" && name !== "exception.stacktrace")
      .map(([name, value]) =>
        `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
      )
      .join(" "),
    300,
  );
}
