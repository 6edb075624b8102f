/**
 * Middleware for Hono: a server span a request, named by its route.
 *
 * @module
 */
import type { Context } from "npm:hono@^4.8";
import { routePath } from "npm:hono@^4.8/route";
import {
  beginServerSpan,
  clientAddressOf,
  type ServerParts,
  settleResponse,
} from "../http/handler.ts";
import { endFailedSpan, nameServerSpan } from "../http/server_span.ts";
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
  res: Response;
  /** What a handler threw and Hono answered. */
  readonly error?: Error;
  /** What keeps a Worker alive after its response; reading it throws where there is none. */
  readonly executionCtx: { waitUntil(promise: Promise<unknown>): void };
  /** Sets `c.var.span`. */
  set(key: "span", value: Span): void;
}

/** A middleware of Hono. */
export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>;

/**
 * Records a server span a request, in the trace that it came with, named `GET /orders/:id` by the
 * route that answered; that of a stream ends with the stream. An error thrown by a handler is
 * recorded on it. Use it before all others: `app.use(sextant(telemetry))`; the span is `c.var.span`.
 *
 * In a Worker `export default telemetry.worker(app)`: the span is then that of the Worker, which gets
 * the route. With `export default app` alone, what is recorded up to the end of the response is sent
 * through the execution context's `waitUntil`, and what is recorded after that is not waited for.
 */
export function sextant(telemetry: HonoTelemetry): HonoMiddleware {
  const { server } = telemetry;
  return async (context, next) => {
    if (!server.isEnabled) {
      context.set("span", server.host.start(undefined, "", undefined));
      return await next();
    }
    const outer = server.spanOf(context.req.raw);
    if (outer !== undefined) return await within(outer, context, next);
    const handled = around(server, context, next);
    if (server.flush === undefined) return await handled;
    const flush = server.flush;
    // Waited for, lest the platform cuts off a handler whose client goes away, and its span with it.
    keep(context, () => handled.then(flush, flush));
    await handled;
  };
}

/** A span around a request, ended with its response. */
async function around(
  server: ServerParts,
  context: HonoContext,
  next: () => Promise<void>,
): Promise<void> {
  const span = beginServerSpan(server, context.req.raw, clientAddressOf(context.env));
  context.set("span", span);
  const { flush } = server;
  try {
    await server.store.run(span, next);
    if (context.error !== undefined && context.res.status >= 500) span.fail(context.error);
    const { res } = context;
    const answer = { request: context.req.raw, response: res, route: routeOf(context) };
    const waitUntil = flush && ((promise: Promise<unknown>) => keep(context, () => promise));
    const response = settleResponse(server, span, answer, waitUntil);
    if (response === res) return;
    // Hono would copy the headers of a response that is replaced onto the new one.
    (context as { res?: Response }).res = undefined;
    context.res = response;
  } catch (thrown) {
    endFailedSpan(span, thrown);
    throw thrown;
  }
}

/** The span is that of a handler outside, which ends it. */
async function within(span: Span, context: HonoContext, next: () => Promise<void>): Promise<void> {
  context.set("span", span);
  await next();
  if (context.error !== undefined && context.res.status >= 500) span.fail(context.error);
  nameServerSpan(span, routeOf(context));
}

/** Keeps a Worker alive until the work is done. */
function keep(context: HonoContext, work: () => Promise<unknown>): void {
  try {
    const { executionCtx } = context;
    executionCtx.waitUntil(work());
  } catch {
    // No execution context here: a flush of the user's sends it.
  }
}

/** The route that answered; a wildcard of middleware alone says that none did. */
function routeOf(context: HonoContext): string | undefined {
  // Hono's own type, which a public signature can't name without all of Hono's types.
  const path = routePath(context as Context, -1);
  return path === "*" || path === "/*" || path === "" ? undefined : path;
}
