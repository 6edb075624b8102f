/**
 * What browsers have beyond other Web APIs: a page that may end at any time. What was recorded is
 * sent when the page is hidden, by requests that outlive it.
 *
 * @module
 */
import { asyncContextStore } from "../context/async_context_store.ts";
import type { Runtime } from "../core/seams.ts";

/** All requests that may outlive a page hold so many bytes together (Fetch, 4.6: 64 KiB). */
const KEEPALIVE_BYTES = 64 * 1024;
/** What is left for headers and for other code of the page. */
const SPARE_BYTES = 8 * 1024;

/** Bytes of the requests on their way that may outlive the page. */
let keptBytes = 0;

/**
 * A `fetch` for exporters in a page: requests outlive it as long as they fit the 64 KiB that
 * browsers allow for all of them together. `otlp({ fetch: keepaliveFetch, limits: pageLimits })`.
 */
export async function keepaliveFetch(
  input: Parameters<typeof fetch>[0],
  init?: RequestInit,
): Promise<Response> {
  const bytes = init?.body instanceof Uint8Array ? init.body.length : KEEPALIVE_BYTES;
  const keepalive = keptBytes + bytes <= KEEPALIVE_BYTES - SPARE_BYTES;
  if (keepalive) keptBytes += bytes;
  try {
    return await globalThis.fetch(input, { ...init, keepalive });
  } finally {
    if (keepalive) keptBytes -= bytes;
  }
}

/** Limits of an exporter in a page: batches of which two fit what may outlive it. */
export const pageLimits: Readonly<{ batchBytes: number; queueBytes: number }> = {
  batchBytes: 24 * 1024,
  queueBytes: 4 * 1024 * 1024,
};

/** The part of a document that is used here. */
interface Page {
  readonly visibilityState?: string;
  addEventListener?(event: string, on: () => void): void;
}

/** The runtime room for browsers. */
export function browser(): Runtime {
  return {
    name: "browser",
    attributes: { "process.runtime.name": "browser" },
    context: asyncContextStore(),
    hasBackgroundTimers: true,
    onHide(flush) {
      const { document } = globalThis as unknown as { document?: Page };
      // A page that is hidden may never be seen again, and may as well come back.
      document?.addEventListener?.("visibilitychange", () => {
        if (document.visibilityState === "hidden") flush();
      });
      globalThis.addEventListener?.("pagehide", flush);
    },
  };
}
