/// <reference lib="dom" />
import type { VNode } from "preact";
import { Scroll } from "./scroll.tsx";
import { clockTime, href, levelOf, type Place, safe, useApi } from "./state.ts";
import { Strip } from "./strip.tsx";
import type { Log } from "./types.ts";

/** Log lines by their text and fields, and from each to its trace. */
export function Logs({ place }: { place: Place }): VNode {
  const { params } = place;
  const { data, error } = useApi<Log[]>(`logs?${params}`, 3000);
  const set = (name: string, value: string) =>
    location.replace(href("logs", { ...Object.fromEntries(params), [name]: value }));
  return (
    <section aria-labelledby="title">
      <h1 id="title">Logs</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          Text
          <input
            type="search"
            placeholder="declined"
            value={params.get("q") ?? ""}
            onInput={(event) => set("q", event.currentTarget.value)}
          />
        </label>
        <label>
          Level
          <select
            value={params.get("level") ?? ""}
            onChange={(event) => set("level", event.currentTarget.value)}
          >
            {["", "trace", "debug", "info", "warn", "error"].map((one) => (
              <option key={one} value={one}>{one || "all"}</option>
            ))}
          </select>
        </label>
        <label>
          Field
          <input
            type="search"
            placeholder="orderId=o_1"
            value={params.get("attribute") ?? ""}
            onChange={(event) => set("attribute", event.currentTarget.value)}
          />
        </label>
        <label>
          Transaction
          <input
            type="search"
            value={params.get("transaction") ?? ""}
            onChange={(event) => set("transaction", event.currentTarget.value)}
          />
        </label>
        {params.get("trace") !== null && (
          <a href={href("logs", { q: params.get("q") ?? undefined })}>of one trace: show all</a>
        )}
      </form>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data?.length === 0 && <p class="empty">No line fits.</p>}
      {data !== undefined && (
        <Strip
          what="lines"
          marks={data.map(({ timeNs, severity }) => ({ timeNs, isError: severity >= 17 }))}
        />
      )}
      {data !== undefined && data.length > 0 && <LogTable logs={data.toReversed()} />}
    </section>
  );
}

function LogTable({ logs }: { logs: readonly Log[] }): VNode {
  return (
    <Scroll label="Table: log lines">
      <table>
        <caption class="hidden">Log lines, newest first</caption>
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
          {logs.map((log, index) => (
            <tr key={index} class={`line ${levelOf(log.severity)}`}>
              <td class="time">{clockTime(log.timeNs)}</td>
              <td class="level">{levelOf(log.severity)}</td>
              <td class="service">{safe(log.service)}</td>
              <td class="wide">
                {safe(log.body)} <span class="fields">{fieldText(log)}</span>
              </td>
              <td>
                {log.traceId !== "" && (
                  <a href={href(`trace/${log.traceId}`)}>{log.traceId.slice(0, 8)}</a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
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
    500,
  );
}
