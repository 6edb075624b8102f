import { decodeLogs, decodeMetrics, decodeTraces } from "../../lib/testing/mod.ts";
import { readSpans } from "./span_reader.ts";
import { rowsOf } from "./span_row.ts";
import type { Store } from "./store.ts";

/** What OTLP carries. */
export type Signal = "traces" | "logs" | "metrics";

/**
 * Stores a request's body.
 *
 * @throws {MalformedError} When it can't be decoded: it says why. Nothing is stored then.
 */
export type Ingest = (signal: Signal, body: Uint8Array, type: string) => Promise<void>;

/** A body that is not what its type says. */
export class MalformedError extends Error {}

/** A request that waits. */
interface Waiting {
  readonly signal: Signal;
  readonly body: Uint8Array;
  readonly type: string;
  readonly done: PromiseWithResolvers<void>;
}

/** A request that was decoded, and how its records are stored. */
interface Decoded {
  readonly records: readonly unknown[];
  readonly add: (records: readonly never[]) => void;
  readonly done: PromiseWithResolvers<void>;
}

/** Records stored in one go: between two of these, questions are answered. */
const SLICE = 1024;

/** Makes what stores requests, one after the other; what waits meanwhile is stored in one go. */
export function ingestInto(store: Store): Ingest {
  const waiting: Waiting[] = [];
  let isWorking = false;
  const work = async () => {
    isWorking = true;
    // What is sent in one turn is stored together.
    for (await turn(); waiting.length > 0; await turn()) {
      await storeGroup(nextGroup(store, waiting));
    }
    isWorking = false;
  };
  return (signal, body, type) => {
    const done = Promise.withResolvers<void>();
    waiting.push({ signal, body, type, done });
    if (!isWorking) void work();
    return done.promise;
  };
}

/** Lets the thread answer questions. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Decodes what comes next, of one signal: a decoded request is several times as large as its bytes. */
function nextGroup(store: Store, waiting: Waiting[]): Decoded[] {
  const group: Decoded[] = [];
  const { signal } = waiting[0];
  for (let count = 0; count < SLICE && waiting[0]?.signal === signal;) {
    const { body, type, done } = waiting.shift()!;
    try {
      const { records, add } = decode(store, signal, body, type);
      group.push({ records, add, done });
      count += records.length;
    } catch (error) {
      done.reject(new MalformedError(error instanceof Error ? error.message : String(error)));
    }
  }
  return group;
}

function decode(store: Store, signal: Signal, body: Uint8Array, type: string) {
  switch (signal) {
    case "traces": {
      const isJson = type.includes("json");
      return {
        records: isJson ? rowsOf(decodeTraces(body, type)) : readSpans(body),
        add: store.addSpans,
      };
    }
    case "logs":
      return { records: decodeLogs(body, type), add: store.addLogs };
    case "metrics":
      return { records: decodeMetrics(body, type), add: store.addMetrics };
  }
}

async function storeGroup(group: readonly Decoded[]): Promise<void> {
  if (group.length === 0) return;
  try {
    const records = group.flatMap((one) => one.records) as never[];
    for (let from = 0; from < records.length; from += SLICE) {
      if (from > 0) await turn();
      group[0].add(records.slice(from, from + SLICE));
    }
    for (const { done } of group) done.resolve();
  } catch (error) {
    for (const { done } of group) done.reject(error);
  }
}
