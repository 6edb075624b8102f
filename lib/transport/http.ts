import type { Clock } from "../core/clock.ts";
import type { Delivery } from "../core/delivery.ts";
import { simpleText } from "../core/simple_text.ts";
import { parseRetryAfter } from "../pipeline/retry.ts";
import type { Transport } from "../pipeline/transport.ts";
import type { Compress } from "./gzip.ts";
import type { PartialSuccess, ReadReply } from "./partial_success.ts";

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
const RETRYABLE: readonly number[] = [429, 502, 503, 504];

/** Payload Too Large. */
const TOO_LARGE = 413;

/** Options of {@linkcode httpTransport}. */
export interface HttpTransportOptions {
  /** Where to, the path included. */
  readonly url: string;
  /** Headers of every request; their values appear in no error and no log line. */
  readonly headers: Readonly<Record<string, string>>;
  /** Makes bodies smaller; default not. */
  readonly compress?: Compress;
  /** Reads what the other side says of a batch that it took. */
  readonly readReply: ReadReply;
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
  const { url, headers, compress, readReply, clock, fetch: send = platformFetch } = options;
  return {
    async send(body, contentType, signal): Promise<Delivery> {
      if (body.length > MAX_REQUEST_BYTES) {
        return { kind: "too_large", reason: `request of ${body.length} bytes is over 64 MiB` };
      }
      try {
        const packed = await compress?.(body);
        const response = await send(url, {
          method: "POST",
          body: packed ?? body,
          headers: {
            ...headers,
            "content-type": contentType,
            ...(packed && { "content-encoding": "gzip" }),
          },
          redirect: "manual",
          signal,
        });
        if (response.ok) {
          const refused = await refusedBy(response, readReply);
          return { kind: "accepted", sentBytes: packed?.length, ...refused };
        }
        // Frees the connection without reading what nobody wants; one that is gone is free.
        await response.body?.cancel().catch(() => {});
        const { status } = response;
        return {
          kind: RETRYABLE.includes(status)
            ? "retry"
            : status === TOO_LARGE
            ? "too_large"
            : "rejected",
          reason: `HTTP ${status}`,
          afterMs: parseRetryAfter(response.headers.get("retry-after"), clock.wallMs()),
        };
      } catch (thrown) {
        // No answer: down, reset, timed out. All of it may pass.
        return { kind: "retry", reason: simpleText(thrown) };
      }
    },
  };
}

/**
 * What a reply says of records that were refused: one of at most 64 KiB; a larger one is not read.
 * The batch was accepted: an afterthought that can't be read changes nothing.
 */
async function refusedBy(
  { body, headers }: Response,
  readReply: ReadReply,
): Promise<PartialSuccess> {
  try {
    const bytes: number[] = [];
    const reader = body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      if (bytes.length + value.length > MAX_REPLY_BYTES) {
        bytes.length = 0;
        await reader.cancel();
      } else bytes.push(...value);
    }
    return readReply(Uint8Array.from(bytes), headers.get("content-type") ?? "");
  } catch {
    return {};
  }
}
