/**
 * Middleware for Hono: a server span a request, named by its route.
 *
 * @module
 */
import type { Context } from "npm:hono@^4.8";
import { routePath } from "npm:hono@^4.8/route";
import { beginServerSpan, clientAddressOf, type ServerParts } from "../http/handler.ts";
import { endFailedSpan, endServerSpan } from "../http/server_span.ts";
import type { Span } from "../trace/span.ts";

/** What the middleware sets on Hono's context: `new Hono<{ Variables: SextantVariables }>()`. */
export interface SextantVariables {
  /** The server span of the request: `c.var.span`. */
  span: Span;
}

/** What the middleware needs: a `Telemetry`. */
export interface HonoTelemetry {
  /** The server instrumentation. */
  readonly server: ServerParts;
}

/** The part of Hono's context that is used here. */
export interface HonoContext {
  /** The request. */
  readonly req: { readonly raw: Request };
  /** What the server handed over beside the request. */
  readonly env: unknown;
  /** The response. */
  readonly res: Response;
  /** What a handler threw and Hono answered. */
  readonly error?: Error;
  /** Sets `c.var.span`. */
  set(key: "span", value: Span): void;
}

/** A middleware of Hono. */
export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>;

/**
 * Records a server span a request, in the trace that it came with, named `GET /orders/:id` by the
 * route that answered. An error thrown by a handler is recorded on it. Use it before all others:
 * `app.use(sextant(telemetry))`; the span is `c.var.span`.
 */
export function sextant(telemetry: HonoTelemetry): HonoMiddleware {
  const { server } = telemetry;
  return async (context, next) => {
    if (!server.isEnabled) {
      context.set("span", server.host.start(undefined, "", undefined));
      return await next();
    }
    const span = beginServerSpan(server, context.req.raw, clientAddressOf(context.env));
    context.set("span", span);
    try {
      await server.store.run(span, next);
    } catch (thrown) {
      endFailedSpan(span, thrown);
      throw thrown;
    }
    if (context.error !== undefined && context.res.status >= 500) span.fail(context.error);
    // Hono's own type, which a public signature can't name without all of Hono's types.
    endServerSpan(span, context.res.status, routeOf(routePath(context as Context, -1)));
  };
}

/** The route that answered; a wildcard of middleware alone says that none did. */
function routeOf(path: string): string | undefined {
  return path === "*" || path === "/*" || path === "" ? undefined : path;
}
