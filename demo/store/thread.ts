import { type Ingest, MalformedError, type Signal } from "./ingest.ts";
import type { StoreLimits, StoreState } from "./model.ts";
import type { Asked, Queries } from "./queries.ts";

/** What the store's thread is asked. */
export type Question =
  | { readonly kind: "open"; readonly path: string; readonly limits: Partial<StoreLimits> }
  | {
    readonly kind: "ingest";
    readonly signal: Signal;
    readonly body: Uint8Array;
    readonly type: string;
  }
  | { readonly kind: "ask"; readonly name: keyof Queries; readonly args: readonly unknown[] }
  | { readonly kind: "state" }
  | { readonly kind: "close" };

/** What it answers. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly isMalformed?: boolean;
}

/** A store in a thread of its own. */
export interface StoreThread {
  readonly ingest: Ingest;
  readonly queries: Asked;
  state(): Promise<StoreState>;
  close(): Promise<void>;
}

const NAMES: readonly (keyof Queries)[] = [
  "traces",
  "traceHistogram",
  "heatmap",
  "trace",
  "traceIds",
  "logs",
  "logHistogram",
  "requestsAfter",
  "services",
  "graph",
  "routes",
  "metricNames",
  "metricChart",
];

/**
 * Opens a store in a thread of its own: a file, or memory for `:memory:`. SQLite's work, which knows
 * no waiting, then stops neither the page nor the services beside it.
 *
 * @throws {Error} When the file can't be opened.
 */
export async function openStoreThread(
  path: string,
  limits: Partial<StoreLimits> = {},
): Promise<StoreThread> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const { resolve, reject } = open.get(data.id)!;
    open.delete(data.id);
    if (data.error === undefined) resolve(data.value);
    else reject(data.isMalformed ? new MalformedError(data.error) : new Error(data.error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of open.values()) reject(new Error(`The store failed: ${event.message}`));
    open.clear();
  };
  const ask = (question: Question, transfer: Transferable[] = []): Promise<unknown> => {
    const id = ++lastId;
    const answer = Promise.withResolvers<unknown>();
    open.set(id, answer);
    worker.postMessage({ ...question, id }, transfer);
    return answer.promise;
  };
  try {
    await ask({ kind: "open", path, limits });
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    ingest: async (signal, body, type) =>
      void await ask({ kind: "ingest", signal, body, type }, [body.buffer as ArrayBuffer]),
    queries: Object.fromEntries(
      NAMES.map((name) => [name, (...args: unknown[]) => ask({ kind: "ask", name, args })]),
    ) as Asked,
    state: () => ask({ kind: "state" }) as Promise<StoreState>,
    async close() {
      await ask({ kind: "close" });
      worker.terminate();
    },
  };
}
