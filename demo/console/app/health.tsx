/// <reference lib="dom" />
import type { VNode } from "preact";
import { Scroll } from "./scroll.tsx";
import { bytes, safe, useApi } from "./state.ts";
import type { Books, Health } from "./types.ts";

/** One signal of one service at one destination. */
interface Line {
  readonly service: string;
  readonly destination: string;
  readonly signal: string;
  readonly books: Books;
}

const SIGNALS = ["spans", "logs", "metrics"] as const;

/** The books of each service: what was created is delivered, dropped for a reason, or queued. */
export function HealthView(): VNode {
  const { data, error } = useApi<Record<string, Health> | null>("health", 1000);
  const lines = Object.entries(data ?? {}).flatMap(([service, { destinations }]) =>
    destinations.flatMap((destination) =>
      SIGNALS.flatMap((signal): Line[] => {
        const books = destination[signal];
        return books === undefined
          ? []
          : [{ service, destination: destination.name, signal, books }];
      })
    )
  );
  return (
    <section aria-labelledby="title">
      <h1 id="title">Health</h1>
      <p class="meta">
        created = delivered + dropped + queued, for each signal at each destination
      </p>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data === null && <p class="empty">No service runs here: the console stands alone.</p>}
      {lines.length > 0 && <BooksTable lines={lines} />}
      {Object.entries(data ?? {}).map(([service, health]) => (
        <Remarks key={service} service={service} health={health} />
      ))}
    </section>
  );
}

function BooksTable({ lines }: { lines: readonly Line[] }): VNode {
  return (
    <Scroll label="Table: books">
      <table>
        <caption class="hidden">The books of each destination</caption>
        <thead>
          <tr>
            <th>Service</th>
            <th>To</th>
            <th>Signal</th>
            <th class="number">Created</th>
            <th class="number">Delivered</th>
            <th>Dropped</th>
            <th class="number">Queued</th>
            <th class="number">Bytes</th>
            <th class="number">Retries</th>
            <th>Balance</th>
            <th>Last error</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ service, destination, signal, books }) => (
            <tr
              key={`${service} ${destination} ${signal}`}
              class={droppedOf(books) > 0 ? "failed" : ""}
            >
              <td class="service">{safe(service)}</td>
              <td>{safe(destination)}</td>
              <td>{signal}</td>
              <td class="number">{books.created}</td>
              <td class="number">{books.delivered}</td>
              <td>
                {Object.entries(books.dropped).map(([reason, count]) => `${count} ${reason}`)
                  .join(", ") || "0"}
              </td>
              <td class="number">{books.queued}</td>
              <td class="number">{bytes(books.deliveredBytes)}</td>
              <td class="number">{books.retries}</td>
              <td>{isBalanced(books) ? "✓ balanced" : "✗ does not balance"}</td>
              <td class="wide">{safe(books.lastError ?? "", 300)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function droppedOf({ dropped }: Books): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

/** Whether nothing is missing. */
export function isBalanced(books: Books): boolean {
  return books.created === books.delivered + droppedOf(books) + books.queued;
}

function Remarks({ service, health }: { service: string; health: Health }): VNode | null {
  const remarks = [
    ...health.warnings,
    ...(health.sinkErrors > 0 ? [`a sink threw ${health.sinkErrors} times`] : []),
  ];
  if (remarks.length === 0) return null;
  return (
    <ul class="problem">
      {remarks.map((remark) => <li key={remark}>{safe(service)}: {safe(remark, 300)}</li>)}
    </ul>
  );
}
