import type { Active } from "../context/context.ts";
import { type Carrier } from "../propagation/carrier.ts";
import { SpanKind } from "../trace/options.ts";
import type { Span, SpanHost } from "../trace/span.ts";
import { endFailedSpan, methodName, statusErrorType } from "./server_span.ts";
import { redactedUrl } from "./url_text.ts";

/** What a traced client needs. */
export interface ClientParts {
  readonly host: SpanHost;
  /** Sends the request. */
  readonly fetch: typeof fetch;
  /** What is active where it is called. */
  readonly active: () => Active | undefined;
  /** Writes the propagation headers. */
  readonly inject: (carrier: Carrier, active: Active) => void;
  /** Says which URLs are sent propagation headers. */
  readonly isTarget: (url: URL) => boolean;
}

/** What `fetch` takes, and the context to start in. */
export interface TracedRequestInit extends RequestInit {
  /** The parent, where there is no ambient context or another is wanted. */
  readonly parent?: Active;
}

/** A `fetch` that records a client span and sends the context along. */
export type TracedFetch = (
  input: RequestInfo | URL,
  init?: TracedRequestInit,
) => Promise<Response>;

/**
 * Makes a `fetch` that records a client span a request (semantic conventions, "HTTP client"): named
 * by its method, an error from status 400 on. The span ends when the headers of the response are
 * there. What `fetch` rejects with goes on as it is.
 */
export function tracedFetch(parts: ClientParts): TracedFetch {
  return async (input, init) => {
    const parent = init?.parent ?? parts.active();
    const request = new Request(input, init);
    const url = new URL(request.url);
    const span = startClientSpan(parts.host, parent, request, url);
    if (parts.isTarget(url)) parts.inject(request.headers, span);
    let response: Response;
    try {
      response = await parts.fetch(request);
    } catch (thrown) {
      endFailedSpan(span, thrown);
      throw thrown;
    }
    if (span.isRecording()) {
      span.setAttribute("http.response.status_code", response.status);
      const failure = statusErrorType(response.status);
      if (failure !== undefined) {
        span.setAttribute("error.type", failure);
        span.setStatus({ code: 2 });
      }
    }
    span.end();
    return response;
  };
}

function startClientSpan(
  host: SpanHost,
  parent: Active | undefined,
  request: Request,
  url: URL,
): Span {
  const method = methodName(request.method);
  return host.start(
    parent,
    { name: method === "_OTHER" ? "HTTP" : method, kind: SpanKind.CLIENT },
    {
      "http.request.method": method,
      "http.request.method_original": method === "_OTHER" ? request.method : undefined,
      "url.full": redactedUrl(url),
      "server.address": url.hostname,
      "server.port": url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    },
  );
}
