import { decodeLogs, decodeMetrics, decodeTraces } from "../../lib/testing/mod.ts";
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

/** Records stored in one go: between two of these, questions are answered. */
const SLICE = 500;

/** Makes what stores requests, one after the other. */
export function ingestInto(store: Store): Ingest {
  let last: Promise<void> = Promise.resolve();
  return (signal, body, type) => {
    // One at a time: decoded, a request is several times as large as its bytes.
    const one = last.then(() => {
      switch (signal) {
        case "traces":
          return inSlices(decode(decodeTraces, body, type), store.addSpans);
        case "logs":
          return inSlices(decode(decodeLogs, body, type), store.addLogs);
        case "metrics":
          return inSlices(decode(decodeMetrics, body, type), store.addMetrics);
      }
    });
    last = one.catch(() => {});
    return one;
  };
}

async function inSlices<T>(records: readonly T[], add: (records: readonly T[]) => void) {
  for (let from = 0; from < records.length; from += SLICE) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve));
    add(records.slice(from, from + SLICE));
  }
}

function decode<T>(work: (body: Uint8Array, type: string) => T[], body: Uint8Array, type: string) {
  try {
    return work(body, type);
  } catch (error) {
    throw new MalformedError(error instanceof Error ? error.message : String(error));
  }
}
