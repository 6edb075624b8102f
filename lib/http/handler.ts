import type { ContextStore } from "../core/seams.ts";
import type { Active } from "../context/context.ts";
import type { Span, SpanHost } from "../trace/span.ts";
import { endFailedSpan, endServerSpan, startServerSpan } from "./server_span.ts";

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
  /** Ties a span to its request, where there is no ambient context. */
  readonly remember: ((request: Request, span: Span) => void) | undefined;
}

/** Wraps a handler: a server span around it, ended with the response's status. */
export function serverHandler<A extends unknown[]>(
  parts: ServerParts,
  handle: FetchHandler<A>,
): FetchHandler<A> {
  return async (request, ...rest) => {
    const span = beginServerSpan(parts, request, clientAddressOf(rest[0]));
    try {
      const response = await parts.store.run(span, handle, request, ...rest);
      endServerSpan(span, response.status, undefined);
      return response;
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
  const span = startServerSpan(
    parts.host,
    parts.extract(request.headers),
    request,
    clientAddress,
  );
  parts.remember?.(request, span);
  return span;
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
