import type { Clock } from "../core/clock.ts";
import type { Delivery } from "../core/delivery.ts";
import { describe } from "../pipeline/describe.ts";
import { parseRetryAfter } from "../pipeline/retry.ts";
import type { Transport } from "../pipeline/transport.ts";
import { type PartialSuccess, readPartialSuccess } from "./partial_success.ts";

/**
 * The platform's fetch, taken when this module is loaded: later wrappers, ours or others', must not
 * trace the exporter's own requests.
 */
const platformFetch: typeof fetch = /* @__PURE__ */ globalThis.fetch.bind(globalThis);

/** A reply's body is read up to this many bytes; it only ever holds a short message. */
const MAX_REPLY_BYTES = 65_536;
/** Larger requests are never sent (OTLP 1.11). */
const MAX_REQUEST_BYTES = 67_108_864;

/** The statuses that may be retried (OTLP specification, "Retryable Response Codes"). */
const RETRYABLE: ReadonlySet<number> = /* @__PURE__ */ new Set([429, 502, 503, 504]);

/** Bodies below this many bytes gain little by compression. */
const MIN_GZIP_BYTES = 1024;
/** Payload Too Large. */
const TOO_LARGE = 413;

/** How requests are compressed. */
export type Compression = "gzip" | "none";

/** Options of {@linkcode httpTransport}. */
export interface HttpTransportOptions {
  /** Where to, the path included. */
  readonly url: string;
  /** Headers of every request; their values appear in no error and no log line. */
  readonly headers: Readonly<Record<string, string>>;
  /** Compresses bodies from 1 KiB up, where that makes them smaller; default not. */
  readonly compression?: Compression;
  /** For Retry-After dates. */
  readonly clock: Clock;
  /** Sends the request; default the platform's fetch. */
  readonly fetch?: typeof fetch;
}

/**
 * Sends batches by POST, as OTLP/HTTP asks: retries only what may be retried, follows no redirect
 * (a followed one takes the headers to another origin), reads replies up to 64 KiB.
 * 413 asks for smaller batches.
 */
export function httpTransport(options: HttpTransportOptions): Transport {
  const send = options.fetch ?? platformFetch;
  return {
    async send(body, contentType, signal): Promise<Delivery> {
      if (body.length > MAX_REQUEST_BYTES) {
        return { kind: "too_large", reason: `request of ${body.length} bytes is over 64 MiB` };
      }
      try {
        const packed = options.compression === "gzip" ? await gzip(body) : undefined;
        const response = await send(options.url, {
          method: "POST",
          body: packed ?? body,
          headers: {
            ...options.headers,
            "content-type": contentType,
            ...(packed && { "content-encoding": "gzip" }),
          },
          redirect: "manual",
          signal,
        });
        const delivery = await judge(response, options.clock);
        return delivery.kind === "accepted" && packed !== undefined
          ? { ...delivery, sentBytes: packed.length }
          : delivery;
      } catch (thrown) {
        // No answer: down, reset, timed out. All of it may pass.
        return { kind: "retry", reason: describe(thrown) };
      }
    },
  };
}

/** The body compressed (RFC 1952), or undefined where that doesn't pay or can't be done. */
async function gzip(
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body.length < MIN_GZIP_BYTES || typeof CompressionStream === "undefined") return undefined;
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return packed.length < body.length ? packed : undefined;
}

async function judge(response: Response, clock: Clock): Promise<Delivery> {
  const { status } = response;
  if (status >= 200 && status < 300) {
    const reply = await readReply(response);
    if (reply === undefined) return { kind: "accepted", rejected: 0 };
    const partial: PartialSuccess = readPartialSuccess(
      reply,
      response.headers.get("content-type") ?? "",
    );
    return { kind: "accepted", ...partial };
  }
  await discard(response);
  const reason = `HTTP ${status}`;
  if (status === TOO_LARGE) return { kind: "too_large", reason };
  if (!RETRYABLE.has(status)) return { kind: "rejected", reason };
  const afterMs = parseRetryAfter(response.headers.get("retry-after"), clock.wallMs());
  return afterMs === undefined ? { kind: "retry", reason } : { kind: "retry", reason, afterMs };
}

/** Reads a reply of at most 64 KiB; a larger or a broken one counts as empty. */
async function readReply(response: Response): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return undefined;
  const bytes = new Uint8Array(MAX_REPLY_BYTES);
  let length = 0;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return length === 0 ? undefined : bytes.subarray(0, length);
      if (length + value.length > MAX_REPLY_BYTES) {
        await reader.cancel();
        return undefined;
      }
      bytes.set(value, length);
      length += value.length;
    }
  } catch {
    // The status said accepted; what follows it can't take that back.
    return undefined;
  }
}

/** Frees the connection without reading what nobody wants. */
async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The connection is gone already, which is what was wanted.
  }
}
