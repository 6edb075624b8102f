import { Hono } from "hono";
import { decodeLogs, decodeTraces } from "../../lib/testing/mod.ts";
import type { Store } from "./store.ts";

/** Larger requests are refused, compressed or not. */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** A request that can't be taken. */
class Refused extends Error {
  constructor(readonly status: 400 | 413 | 415, message: string) {
    super(message);
  }
}

/** Receives OTLP over HTTP, protobuf and JSON, and puts it into a store. */
export function createCollector(store: Store): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof Refused) return c.json({ message: error.message }, error.status);
    return c.json({ message: "the store failed" }, 500);
  });
  app.post("/v1/traces", async (c) => {
    const { body, type } = await read(c.req.raw);
    store.addSpans(decode(() => decodeTraces(body, type)));
    return success(type);
  });
  app.post("/v1/logs", async (c) => {
    const { body, type } = await read(c.req.raw);
    store.addLogs(decode(() => decodeLogs(body, type)));
    return success(type);
  });
  return app;
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
