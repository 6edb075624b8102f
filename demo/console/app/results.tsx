/// <reference lib="dom" />
import type { VNode } from "preact";
import { Empty, Problem, Scroll } from "./parts.tsx";
import { useApi } from "./state.ts";
import { count, safe } from "./text.ts";
import type { ResultFolder } from "./types.ts";

/** The load tests that were run here, and their reports. */
export function Results(): VNode {
  const { data, error } = useApi<ResultFolder[]>("results", 10_000);
  return (
    <section aria-labelledby="title">
      <h1 id="title">Load tests</h1>
      <Problem text={error} />
      {data?.length === 0 && (
        <Empty title="None was run here yet">
          <code>deno task loadtest</code> drives the shop and writes its report into{" "}
          <code>results</code>; <code>deno task loadtest --help</code> has presets of a minute.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <Scroll label="Table: results">
          <table class="results">
            <caption class="hidden">Results, newest first</caption>
            <thead>
              <tr>
                <th>Report</th>
                <th>Written</th>
                <th class="number">Requests</th>
                <th>What it costs, µs a request</th>
                <th>Verdict</th>
              </tr>
            </thead>
            <tbody>
              {data.map((one) => <ResultRow key={one.name} result={one} />)}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function ResultRow({ result }: { result: ResultFolder }): VNode {
  const { name, writtenMs, hasReport, summary } = result;
  return (
    <tr>
      <td class="name">
        {hasReport
          ? <a href={`/results/${encodeURIComponent(name)}/report.html`}>{safe(name)}</a>
          : (
            <>
              {safe(name)} <span class="faint">no report</span>
            </>
          )}
      </td>
      <td class="time">{new Date(writtenMs).toISOString().slice(0, 16).replace("T", " ")}</td>
      <td class="number">{summary === undefined ? "–" : count(summary.requests)}</td>
      <td class="name">
        {summary?.arms.map(({ arm, us }) => (
          <span key={arm} class="arm">
            {safe(arm, 40)} <strong>{us > 0 ? "+" : ""}{us.toFixed(1)}</strong>
          </span>
        ))}
      </td>
      <td class={summary?.isTrustworthy === false ? "failed-text" : "good"}>
        {summary === undefined ? "" : summary.isTrustworthy ? "✓ trustworthy" : "✗ not trustworthy"}
      </td>
    </tr>
  );
}
