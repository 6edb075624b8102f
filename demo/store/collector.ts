import { Hono } from "hono";
import { type Ingest, MalformedError, type Signal } from "./ingest.ts";

/** Larger requests are refused, compressed or not. */
export const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Bytes that may be read or wait at once; more is answered with 429. */
export const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** A request that can't be taken. */
class Refused extends Error {
  constructor(readonly status: 400 | 413 | 415 | 429, message: string) {
    super(message);
  }
}

/** Requests that were answered, by status, and their bytes. */
export interface Received {
  readonly requests: Readonly<Record<string, number>>;
  /** Bytes of their bodies, unpacked. */
  readonly bytes: number;
  /** Bytes that are read or wait now. */
  readonly pendingBytes: number;
}

/** Receives OTLP over HTTP. */
export interface Collector {
  readonly app: Hono;
  received(): Received;
}

const SIGNALS: readonly Signal[] = ["traces", "logs", "metrics"];

/** Receives OTLP over HTTP, protobuf and JSON, and puts it into a store. */
export function createCollector(ingest: Ingest, maxPendingBytes = MAX_PENDING_BYTES): Collector {
  const app = new Hono();
  const requests: Record<string, number> = {};
  const sum = { bytes: 0, pendingBytes: 0 };
  const count = (status: number) => requests[status] = (requests[status] ?? 0) + 1;
  app.onError((error, c) => {
    const status = error instanceof Refused ? error.status : 500;
    count(status);
    if (status === 429) c.header("retry-after", "1");
    return c.json({ message: status === 500 ? "the store failed" : error.message }, status);
  });
  const receive = (signal: Signal) =>
    app.post(`/v1/${signal}`, async (c) => {
      const request = c.req.raw;
      // A body of unknown length counts as the longest that is taken.
      const announced = Number(request.headers.get("content-length") ?? MAX_REQUEST_BYTES);
      if (!(announced <= MAX_REQUEST_BYTES)) {
        await request.body?.cancel();
        throw new Refused(413, `body over ${MAX_REQUEST_BYTES} bytes`);
      }
      if (sum.pendingBytes + announced > maxPendingBytes) {
        await request.body?.cancel();
        throw new Refused(429, `${sum.pendingBytes} bytes wait; send it again later`);
      }
      sum.pendingBytes += announced;
      try {
        const { body, type } = await read(request);
        sum.bytes += body.length;
        await store(ingest, signal, body, type);
        count(200);
        return success(type);
      } finally {
        sum.pendingBytes -= announced;
      }
    });
  SIGNALS.forEach(receive);
  return { app, received: () => ({ requests: { ...requests }, ...sum }) };
}

async function store(ingest: Ingest, signal: Signal, body: Uint8Array, type: string) {
  try {
    await ingest(signal, body, type);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new Refused(400, `malformed body: ${error.message}`);
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
