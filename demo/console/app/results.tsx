/// <reference lib="dom" />
import type { VNode } from "preact";
import { Scroll } from "./scroll.tsx";
import { safe, useApi } from "./state.ts";
import type { ResultFolder } from "./types.ts";

/** The load tests that were run here, and their reports. */
export function Results(): VNode {
  const { data, error } = useApi<ResultFolder[]>("results");
  return (
    <section aria-labelledby="title">
      <h1 id="title">Load tests</h1>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data?.length === 0 && (
        <p class="empty">
          None yet: <code>deno task loadtest</code> makes one.
        </p>
      )}
      {data !== undefined && data.length > 0 && (
        <Scroll label="Table: results">
          <table>
            <caption class="hidden">Results, newest first</caption>
            <thead>
              <tr>
                <th>Result</th>
                <th>Written</th>
                <th>Report</th>
              </tr>
            </thead>
            <tbody>
              {data.map(({ name, writtenMs, hasReport }) => (
                <tr key={name}>
                  <td>{safe(name)}</td>
                  <td class="time">{new Date(writtenMs).toISOString().slice(0, 19)}Z</td>
                  <td class="wide">
                    {hasReport
                      ? (
                        <a href={`/results/${encodeURIComponent(name)}/report.html`}>
                          report of {safe(name)}
                        </a>
                      )
                      : "none"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
