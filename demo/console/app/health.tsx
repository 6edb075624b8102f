/// <reference lib="dom" />
import type { VNode } from "preact";
import { Bar, Empty, Problem, Scroll, Service } from "./parts.tsx";
import { useApi, useColors } from "./state.ts";
import { bytes, count, safe } from "./text.ts";
import type { Books, Health, StoreAnswer, StoreBooks } from "./types.ts";

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
  const store = useApi<StoreAnswer | null>("store", 2000);
  const lines = linesOf(data ?? {});
  return (
    <section aria-labelledby="title">
      <h1 id="title">Health</h1>
      <Problem text={error ?? store.error} />
      {Object.entries(data ?? {}).map(([service, health]) => (
        <Remarks key={service} service={service} health={health} />
      ))}
      {lines.length > 0 && <Law lines={lines} />}
      {lines.length > 0 && <BooksTable lines={lines} />}
      {store.data !== undefined && store.data !== null && <StoreView answer={store.data} />}
      {data === null && (
        <Empty title="No service runs in this process">
          Here the console stands alone. A service says the same of its own exporters by{" "}
          <code>telemetry.health()</code>.
        </Empty>
      )}
    </section>
  );
}

function linesOf(all: Record<string, Health>): Line[] {
  return Object.entries(all).flatMap(([service, { destinations }]) =>
    destinations.flatMap((destination) =>
      SIGNALS.flatMap((signal): Line[] => {
        const books = destination[signal];
        return books === undefined
          ? []
          : [{ service, destination: destination.name, signal, books }];
      })
    )
  );
}

function sum(lines: readonly Line[], of: (books: Books) => number): number {
  return lines.reduce((total, { books }) => total + of(books), 0);
}

/** The conservation law over all services, with the reasons of what was dropped. */
function Law({ lines }: { lines: readonly Line[] }): VNode {
  const created = sum(lines, (books) => books.created);
  const delivered = sum(lines, (books) => books.delivered);
  const queued = sum(lines, (books) => books.queued);
  const dropped = sum(lines, droppedOf);
  const isBalanced = created === delivered + dropped + queued;
  const reasons = new Map<string, number>();
  for (const { books } of lines) {
    for (const [reason, number] of Object.entries(books.dropped)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + number);
    }
  }
  const errors = [...new Set(lines.flatMap(({ books }) => books.lastError ?? []))];
  return (
    <>
      <div class="law" role="group" aria-label="Created is delivered, dropped and queued">
        <Term name="created" value={created} />
        <span class="sign">=</span>
        <Term name="delivered" value={delivered} kind="good" />
        <span class="sign">+</span>
        <Term name="dropped" value={dropped} kind={dropped > 0 ? "failed-text" : ""} />
        <span class="sign">+</span>
        <Term name="queued" value={queued} />
        <p class={isBalanced ? "verdict good" : "verdict failed-text"} role="status">
          {isBalanced ? "✓ the books balance" : "✗ the books do not balance"}
        </p>
      </div>
      <p class="meta">
        Dropped: {reasons.size === 0
          ? "nothing"
          : [...reasons].map(([reason, number]) => `${count(number)} ${safe(reason, 60)}`)
            .join(", ")} · last error: {errors.length === 0 ? "none" : safe(errors[0], 200)}
      </p>
    </>
  );
}

function Term({ name, value, kind = "" }: { name: string; value: number; kind?: string }): VNode {
  return (
    <span class="term">
      <output class={kind}>{count(value)}</output>
      <span>{name}</span>
    </span>
  );
}

function BooksTable({ lines }: { lines: readonly Line[] }): VNode {
  const colorOf = useColors();
  return (
    <Scroll label="Table: books">
      <table class="books">
        <caption>Each signal at each destination</caption>
        <thead>
          <tr>
            <th>Service</th>
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
              <td class="of">
                <Service name={service} color={colorOf(service)} />
              </td>
              <td>
                {signal} <span class="faint">to {safe(destination, 60)}</span>
              </td>
              <td class="number">{count(books.created)}</td>
              <td class="number">{count(books.delivered)}</td>
              <td class={droppedOf(books) > 0 ? "failed-text" : "faint"}>
                {Object.entries(books.dropped).map(([reason, number]) =>
                  `${count(number)} ${safe(reason, 60)}`
                ).join(", ") || "0"}
              </td>
              <td class="number">{count(books.queued)}</td>
              <td class="number">{bytes(books.deliveredBytes)}</td>
              <td class="number">{count(books.retries)}</td>
              <td class={isBalanced(books) ? "good" : "failed-text"}>
                {isBalanced(books) ? "✓" : "✗ does not balance"}
              </td>
              <td class="name">{safe(books.lastError ?? "–", 300)}</td>
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

/** What this console received and keeps. */
function StoreView({ answer: { store, received } }: { answer: StoreAnswer }): VNode {
  const signals = [["spans", store.spans], ["log lines", store.logs], [
    "metric points",
    store.points,
  ]] as const;
  const refused = Object.entries(received.requests).filter(([status]) => status !== "200");
  return (
    <Scroll label="Table: this console">
      <table class="books">
        <caption>This console: what came and what is kept</caption>
        <thead>
          <tr>
            <th>Signal</th>
            <th class="number">Received</th>
            <th class="number">Kept</th>
            <th class="number">Came twice</th>
            <th class="number">Made room</th>
            <th>Balance</th>
          </tr>
        </thead>
        <tbody>
          {signals.map(([name, books]) => (
            <tr key={name}>
              <td>{name}</td>
              <td class="number">{count(books.received)}</td>
              <td class="number">{count(books.kept)}</td>
              <td class="number">{count(books.duplicates)}</td>
              <td class="number">{count(books.evicted)}</td>
              <td class={balances(books) ? "good" : "failed-text"}>
                {balances(books) ? "✓" : "✗ does not balance"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="below">
        <Bar part={Math.min(1, store.bytes / store.limits.bytes)} /> {bytes(store.bytes)} of{" "}
        {bytes(store.limits.bytes)}, nothing older than {count(store.limits.ageMs / 3_600_000)}{" "}
        hours · {count(received.requests[200] ?? 0)} requests taken, {bytes(received.bytes)},{" "}
        {bytes(received.pendingBytes)} wait · refused: {refused.length === 0
          ? "none"
          : refused.map(([status, number]) => `${count(number)} with ${status}`).join(", ")}
      </p>
    </Scroll>
  );
}

function balances({ received, kept, duplicates, evicted }: StoreBooks): boolean {
  return received === kept + duplicates + evicted;
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
