import { fill } from "../trace/fill.ts";
import type { Attributes } from "../core/attributes.ts";
import { isHeaders, isRequest } from "../core/platform.ts";
import type { Active } from "../context/context.ts";
import { type Carrier } from "../propagation/carrier.ts";
import { SpanKind } from "../trace/options.ts";
import type { Span, SpanHost } from "../trace/span.ts";
import { endFailedSpan, methodName, statusErrorType } from "./server_span.ts";
import { originOf, redactedUrl } from "./url_text.ts";

/** What a traced client needs. */
export interface ClientParts {
  readonly host: SpanHost;
  /** Sends the request. */
  readonly fetch: typeof fetch;
  /** What is active where it is called. */
  readonly active: () => Active | undefined;
  /** Writes the propagation headers. */
  readonly inject: (carrier: Carrier, active: Active) => void;
  /** Says whether a request is sent propagation headers. */
  readonly isTarget: (input: RequestInfo | URL) => boolean;
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
    const method = methodName(methodOf(input, init));
    const span = parts.host.start(
      parent,
      {
        name: method === "_OTHER" ? "HTTP" : method,
        kind: SpanKind.CLIENT,
        attributes: () => clientAttributes(method, input, init),
      },
      undefined,
    );
    const [target, options] = carrying(parts, span, input, init);
    let response: Response;
    try {
      response = await parts.fetch(target, options);
    } catch (thrown) {
      endFailedSpan(span, thrown);
      throw thrown;
    }
    if (span.isRecording()) {
      fill(span, "http.response.status_code", response.status);
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

function methodOf(input: RequestInfo | URL, init: RequestInit | undefined): string {
  const method = init?.method ?? (isRequest(input) ? input.method : "GET");
  // As fetch itself writes the methods that it knows.
  const upper = method.toUpperCase();
  return NORMALISED.has(upper) ? upper : method;
}

/** The methods whose case fetch changes (Fetch standard, "normalize a method"). */
const NORMALISED: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "POST",
  "PUT",
]);

/** What to fetch, with the propagation headers on it; what the user gave is not changed. */
function carrying(
  parts: ClientParts,
  span: Span,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): [input: RequestInfo | URL, init: RequestInit | undefined] {
  if (!parts.isTarget(input)) return [input, init];
  const given = init?.headers ?? (isRequest(input) ? input.headers : undefined);
  // A plain object is what a request is made from at the least cost: half of that of Headers.
  const headers: Headers | Record<string, string> = given === undefined
    ? {}
    : isHeaders(given) || Array.isArray(given)
    ? new Headers(given)
    : { ...given };
  parts.inject(headers, span);
  return [input, { ...init, headers }];
}

function clientAttributes(
  method: string,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): Attributes {
  const common = {
    "http.request.method": method,
    "http.request.method_original": method === "_OTHER" ? methodOf(input, init) : undefined,
  };
  const text = isRequest(input) ? input.url : input;
  if (typeof text === "string" && PLAIN_URL.test(text)) {
    const { scheme, address, port } = originOf(text, text.indexOf("/", 8));
    return {
      ...common,
      "url.full": text,
      "server.address": address,
      "server.port": port ?? (scheme === "https" ? 443 : 80),
      "http.response.status_code": undefined,
    };
  }
  const url = urlOf(input);
  return {
    ...common,
    "url.full": redactedUrl(url),
    "server.address": url.hostname,
    "server.port": url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    // Filled at the end.
    "http.response.status_code": undefined,
  };
}

/** An absolute URL with nothing in it to redact, normalise or leave out. */
const PLAIN_URL = /^https?:\/\/[a-z0-9.-]+(:\d+)?\/[\w./~:-]*$/;

/** The URL that is fetched: one that is relative is resolved as fetch does it. */
export function urlOf(input: RequestInfo | URL): URL {
  if (input instanceof URL) return input;
  const text = isRequest(input) ? input.url : input;
  try {
    return new URL(URL.canParse(text) ? text : new Request(text).url);
  } catch {
    // fetch itself will say what is wrong with it.
    return NO_URL;
  }
}

const NO_URL = /* @__PURE__ */ new URL("about:blank");
