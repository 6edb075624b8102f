/**
 * Middleware for Hono: a server span a request, named by its route.
 *
 * @module
 */
import type { MiddlewareHandler } from "npm:hono@^4.8";
import { routePath } from "npm:hono@^4.8/route";
import { beginServerSpan, clientAddressOf, type ServerParts } from "../http/handler.ts";
import { endFailedSpan, endServerSpan } from "../http/server_span.ts";
import type { Span } from "../trace/span.ts";

/** What the middleware sets on Hono's context. */
export interface SextantVariables {
  /** The server span of the request: `c.var.span`. */
  span: Span;
}

/** What the middleware needs: a `Telemetry`. */
export interface HonoTelemetry {
  /** The server instrumentation. */
  readonly server: ServerParts;
}

/**
 * Records a server span a request, in the trace that it came with, named `GET /orders/:id` by the
 * route that answered. An error thrown by a handler is recorded on it. Use it before all others:
 * `app.use(sextant(telemetry))`; the span is `c.var.span`.
 */
export function sextant(
  telemetry: HonoTelemetry,
): MiddlewareHandler<{ Variables: SextantVariables }> {
  const { server } = telemetry;
  return async (context, next) => {
    const span = beginServerSpan(server, context.req.raw, clientAddressOf(context.env));
    context.set("span", span);
    try {
      await server.store.run(span, next);
    } catch (thrown) {
      endFailedSpan(span, thrown);
      throw thrown;
    }
    if (context.error !== undefined && context.res.status >= 500) span.fail(context.error);
    endServerSpan(span, context.res.status, routeOf(routePath(context, -1)));
  };
}

/** The route that answered; a wildcard of middleware alone says that none did. */
function routeOf(path: string): string | undefined {
  return path === "*" || path === "/*" || path === "" ? undefined : path;
}
