import { Hono } from "hono";
import { decodeLogs, decodeMetrics, decodeTraces } from "../../lib/testing/mod.ts";
import type { Store } from "./store.ts";

/** Larger requests are refused, compressed or not. */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Bytes that may be read or wait at once; more is answered with 429. */
export const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** Records stored in one go: between two of these, the page is answered. */
const SLICE = 1000;

/** A request that can't be taken. */
class Refused extends Error {
  constructor(readonly status: 400 | 413 | 415 | 429, message: string) {
    super(message);
  }
}

/** Receives OTLP over HTTP, protobuf and JSON, and puts it into a store. */
export function createCollector(store: Store, maxPendingBytes = MAX_PENDING_BYTES): Hono {
  const app = new Hono();
  const pending = { bytes: 0 };
  app.onError((error, c) => {
    if (!(error instanceof Refused)) return c.json({ message: "the store failed" }, 500);
    if (error.status === 429) c.header("retry-after", "1");
    return c.json({ message: error.message }, error.status);
  });
  const receive = <T>(
    path: string,
    decodeAll: (body: Uint8Array, type: string) => readonly T[],
    add: (records: readonly T[]) => void,
  ) =>
    app.post(path, async (c) => {
      const request = c.req.raw;
      // A body of unknown length counts as the longest that is taken.
      const announced = Number(request.headers.get("content-length") ?? MAX_REQUEST_BYTES);
      if (!(announced <= MAX_REQUEST_BYTES)) {
        throw new Refused(413, `body over ${MAX_REQUEST_BYTES} bytes`);
      }
      if (pending.bytes + announced > maxPendingBytes) {
        await request.body?.cancel();
        throw new Refused(429, `${pending.bytes} bytes wait; send it again later`);
      }
      pending.bytes += announced;
      try {
        const { body, type } = await read(request);
        await inSlices(decode(() => decodeAll(body, type)), add);
        return success(type);
      } finally {
        pending.bytes -= announced;
      }
    });
  receive("/v1/traces", decodeTraces, (spans) => store.addSpans(spans));
  receive("/v1/logs", decodeLogs, (logs) => store.addLogs(logs));
  receive("/v1/metrics", decodeMetrics, (metrics) => store.addMetrics(metrics));
  return app;
}

async function inSlices<T>(records: readonly T[], add: (records: readonly T[]) => void) {
  for (let from = 0; from < records.length; from += SLICE) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve));
    add(records.slice(from, from + SLICE));
  }
}

function decode<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw new Refused(400, `malformed body: ${error instanceof Error ? error.message : error}`);
  }
}

function success(type: string): Response {
  return new Response(type.includes("json") ? "{}" : null, { headers: { "content-type": type } });
}

async function read(request: Request): Promise<{ body: Uint8Array; type: string }> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(x-protobuf|json)\b/.test(type)) {
    throw new Refused(
      415,
      `content-type is ${
        JSON.stringify(type)
      }, allowed are application/x-protobuf, application/json`,
    );
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new Refused(415, `content-encoding is ${JSON.stringify(encoding)}, allowed is gzip`);
  }
  let stream: ReadableStream<Uint8Array<ArrayBuffer>> | null = request.body;
  if (encoding === "gzip") stream = stream?.pipeThrough(new DecompressionStream("gzip")) ?? null;
  return { body: await readAll(stream), type };
}

async function readAll(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of stream ?? []) {
      length += part.length;
      if (length > MAX_REQUEST_BYTES) {
        throw new Refused(413, `body over ${MAX_REQUEST_BYTES} bytes`);
      }
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(400, `body can't be read: ${error instanceof Error ? error.message : error}`);
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
