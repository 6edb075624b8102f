import type { Clock } from "../core/clock.ts";
import type { Delivery } from "../core/delivery.ts";
import { describe } from "../pipeline/describe.ts";
import { parseRetryAfter } from "../pipeline/retry.ts";
import type { Transport } from "../pipeline/transport.ts";
import type { Compress } from "./gzip.ts";
import type { ReadReply } from "./partial_success.ts";

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
  const send = options.fetch ?? platformFetch;
  return {
    async send(body, contentType, signal): Promise<Delivery> {
      if (body.length > MAX_REQUEST_BYTES) {
        return { kind: "too_large", reason: `request of ${body.length} bytes is over 64 MiB` };
      }
      try {
        const packed = await options.compress?.(body);
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
        const delivery = await judge(response, options);
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

async function judge(
  response: Response,
  { readReply, clock }: HttpTransportOptions,
): Promise<Delivery> {
  const { status, headers } = response;
  if (status >= 200 && status < 300) {
    try {
      const reply = await bodyOf(response);
      return { kind: "accepted", ...readReply(reply, headers.get("content-type") ?? "") };
    } catch {
      // The batch was accepted; a malformed afterthought changes nothing.
      return { kind: "accepted", rejected: 0 };
    }
  }
  // Frees the connection without reading what nobody wants; one that is gone already is free.
  await response.body?.cancel().catch(() => {});
  const reason = `HTTP ${status}`;
  if (status === TOO_LARGE) return { kind: "too_large", reason };
  if (!RETRYABLE.has(status)) return { kind: "rejected", reason };
  return {
    kind: "retry",
    reason,
    afterMs: parseRetryAfter(headers.get("retry-after"), clock.wallMs()),
  };
}

/** A reply of at most 64 KiB; a larger one counts as empty. */
async function bodyOf(response: Response): Promise<Uint8Array> {
  const bytes: number[] = [];
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (bytes.length + value.length > MAX_REPLY_BYTES) {
      await reader.cancel();
      return new Uint8Array();
    }
    bytes.push(...value);
  }
  return Uint8Array.from(bytes);
}
