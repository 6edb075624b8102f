import { fill } from "../trace/fill.ts";
import type { Attributes } from "../core/attributes.ts";
import type { Active } from "../context/context.ts";
import { SpanKind } from "../trace/options.ts";
import type { Span, SpanHost } from "../trace/span.ts";
import { originOf, redactedQuery } from "./url_text.ts";

/** The methods that keep their name (HTTP semantic conventions); others become `_OTHER`. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "QUERY",
]);

/** The standard name of a method, or `_OTHER`. */
export function methodName(method: string): string {
  return KNOWN_METHODS.has(method) ? method : "_OTHER";
}

/**
 * Starts the span of a request that came in (semantic conventions, "HTTP server"). Its name is the
 * method until a router says the route.
 */
export function startServerSpan(
  host: SpanHost,
  active: Active | undefined,
  request: Request,
  clientAddress: string | undefined,
): Span {
  const method = methodName(request.method);
  return host.start(
    active,
    {
      name: method === "_OTHER" ? "HTTP" : method,
      kind: SpanKind.SERVER,
      attributes: () => serverAttributes(request, method, clientAddress),
    },
    undefined,
  );
}

function serverAttributes(
  request: Request,
  method: string,
  clientAddress: string | undefined,
): Attributes {
  const { url } = request;
  const pathStart = url.indexOf("/", url.indexOf("://") + 3);
  const queryStart = url.indexOf("?", pathStart);
  const { scheme, address, port } = originOf(url, pathStart);
  return {
    "http.request.method": method,
    "http.request.method_original": method === "_OTHER" ? request.method : undefined,
    "url.path": url.slice(pathStart, queryStart < 0 ? undefined : queryStart),
    "url.query": queryStart < 0 ? undefined : redactedQuery(url.slice(queryStart + 1)),
    "url.scheme": scheme,
    "server.address": address,
    "server.port": port,
    "client.address": clientAddress,
    "user_agent.original": request.headers.get("user-agent") ?? undefined,
    // Filled at the end.
    "http.route": undefined,
    "http.response.status_code": undefined,
  };
}

/** Names of spans by method and route: joined once, so that what is written stays the same text. */
const names = new Map<string, Map<string, string>>();
/** Past this many routes a name is joined each time. */
const MAX_ROUTES = 1000;

function nameOf(method: string, route: string): string {
  let ofMethod = names.get(method);
  if (ofMethod === undefined) names.set(method, ofMethod = new Map());
  let name = ofMethod.get(route);
  if (name === undefined) {
    name = `${method} ${route}`;
    if (ofMethod.size < MAX_ROUTES) ofMethod.set(route, name);
  }
  return name;
}

/** Names a server span by its method and the route that answered, when one is known. */
export function nameServerSpan(span: Span, route: string | undefined): void {
  if (route === undefined || !span.isRecording()) return;
  fill(span, "http.route", route);
  span.updateName(nameOf(span.name, route));
}

/** Ends a server span with the response's status; 5xx is an error, 4xx is not. */
export function endServerSpan(span: Span, statusCode: number, route: string | undefined): void {
  if (span.isRecording()) {
    fill(span, "http.response.status_code", statusCode);
    nameServerSpan(span, route);
    if (statusCode >= 500) {
      if (span.attribute("error.type") === undefined) {
        span.setAttribute("error.type", String(statusCode));
      }
      span.setStatus({ code: 2, message: span.statusMessage });
    }
  }
  span.end();
}

/** Ends a span whose work threw. */
export function endFailedSpan(span: Span, thrown: unknown): void {
  span.fail(thrown);
  span.end();
}

/** The `error.type` of a response that is an error for the client: its status as text. */
export function statusErrorType(statusCode: number): string | undefined {
  return statusCode >= 400 ? String(statusCode) : undefined;
}
