import type { ContextStore } from "../core/seams.ts";
import type { Active } from "../context/context.ts";
import type { Span, SpanHost } from "../trace/span.ts";
import { endFailedSpan, endServerSpan, startServerSpan } from "./server_span.ts";
import { watchBody } from "./streamed_body.ts";

/** A fetch handler: what `Deno.serve` takes, what a Worker exports, what a Hono app has. */
export type FetchHandler<A extends unknown[]> = (
  request: Request,
  ...rest: A
) => Response | Promise<Response>;

/** What the instrumentation of a server needs. */
export interface ServerParts {
  /** Starts the spans. */
  readonly host: SpanHost;
  /** Keeps what is active. */
  readonly store: ContextStore;
  /** False when no sink takes anything: requests then pass through untouched. */
  readonly isEnabled: boolean;
  /** The context of a request, from its headers. */
  readonly extract: (headers: Headers) => Active;
  /** Ties a span to its request. */
  readonly remember: (request: Request, span: Span) => void;
  /** The span that a request is tied to. */
  readonly spanOf: (request: Request) => Span | undefined;
  /** Says which responses have bodies that are still being made. */
  readonly isStreamed: (response: Response) => boolean;
  /** Sends what was recorded; undefined where that is done in the background. */
  readonly flush: (() => Promise<void>) | undefined;
}

/**
 * Wraps a handler: a server span around it, ended with the response's status; that of a stream ends
 * with the stream.
 *
 * @param waitUntilOf Where nothing outlives a request by itself: what keeps it alive, from what the
 * handler was given.
 */
export function serverHandler<A extends unknown[]>(
  parts: ServerParts,
  handle: FetchHandler<A>,
  waitUntilOf?: (...rest: A) => WaitUntil | undefined,
): FetchHandler<A> {
  return async (request, ...rest) => {
    const span = beginServerSpan(parts, request, clientAddressOf(rest[0]));
    parts.remember(request, span);
    try {
      const response = await parts.store.run(span, handle, request, ...rest);
      return settleResponse(
        parts,
        span,
        { request, response, route: undefined },
        waitUntilOf?.(...rest),
      );
    } catch (thrown) {
      endFailedSpan(span, thrown);
      throw thrown;
    }
  };
}

/** Starts the server span of a request in the context that came with it. */
export function beginServerSpan(
  parts: ServerParts,
  request: Request,
  clientAddress: string | undefined,
): Span {
  return startServerSpan(parts.host, parts.extract(request.headers), request, clientAddress);
}

/** What was answered. */
export interface Answer {
  /** The request. */
  readonly request: Request;
  /** What goes out. */
  readonly response: Response;
  /** The route that answered, where one is known. */
  readonly route: string | undefined;
}

/** Keeps a request alive after its response, until the promise settles. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** A stream that nobody has asked for more after so long has lost its reader. */
const UNREAD_MS = 10_000;

/**
 * Ends a server span, now or with the stream that the body is; gives the response to send.
 *
 * @param waitUntil Where nothing outlives a request by itself: what is recorded until the end of a
 * stream is then sent through it.
 */
export function settleResponse(
  parts: ServerParts,
  span: Span,
  { request, response, route }: Answer,
  waitUntil?: WaitUntil,
): Response {
  const { status } = response;
  const isStream = span.isRecording() && request.method !== "HEAD" &&
    parts.isStreamed(response) && !response.bodyUsed && response.body !== null;
  if (!isStream) {
    endServerSpan(span, status, route);
    return response;
  }
  const watched = watchBody(response, (work) => parts.store.run(span, work), (how) => {
    if (how.kind === "failed") span.fail(how.error);
    else if (how.kind !== "consumed") span.addEvent(`response.${how.kind}`);
    endServerSpan(span, status, route);
    if (parts.flush !== undefined) waitUntil?.(parts.flush());
  });
  waitUntil?.(watched.ended(UNREAD_MS));
  return watched.response;
}

/** The peer's address, where the second argument is what `Deno.serve` gives. */
export function clientAddressOf(info: unknown): string | undefined {
  if (typeof info !== "object" || info === null || !("remoteAddr" in info)) return undefined;
  const { remoteAddr } = info;
  if (typeof remoteAddr !== "object" || remoteAddr === null || !("hostname" in remoteAddr)) {
    return undefined;
  }
  return typeof remoteAddr.hostname === "string" ? remoteAddr.hostname : undefined;
}
