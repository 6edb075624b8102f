import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { Telemetry } from "../../mod.ts";
import { sextant, type SextantVariables } from "../../lib/hono/mod.ts";

/** A service's Hono app; `c.var.span` is the server span. */
export type ShopApp = Hono<{ Variables: SextantVariables }>;

/** A request's context in a service. */
export type ShopContext = Context<{ Variables: SextantVariables }>;

/** Larger bodies are refused. */
const MAX_BODY_BYTES = 64 * 1024;

/** A body that can't be taken: the response that says why. */
class BadBody extends Error {
  constructor(readonly status: 400 | 413, readonly body: Record<string, unknown>) {
    super(String(body.error));
  }
}

/** A Hono app with what every service has: tracing, answers to what it doesn't know, and errors. */
export function shopApp(telemetry: Telemetry): ShopApp {
  const app: ShopApp = new Hono();
  app.use(sextant(telemetry));
  app.notFound((c) => c.json({ error: "not found", path: c.req.path }, 404));
  app.onError((error, c) => {
    if (error instanceof BadBody) {
      c.var.span.log.warn("bad body", error.body);
      return c.json(error.body, error.status);
    }
    c.var.span.log.error("request failed", error);
    return c.json({ error: "internal error" }, 500);
  });
  return app;
}

/** Reads and checks a JSON body; a bad one is answered with 400, naming each field and why. */
export async function readBody<S extends z.ZodType>(
  c: ShopContext,
  schema: S,
): Promise<z.infer<S>> {
  const text = await c.req.text();
  if (text.length > MAX_BODY_BYTES) {
    throw new BadBody(413, { error: `body over ${MAX_BODY_BYTES} bytes` });
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new BadBody(400, { error: "body is not JSON" });
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    field: issue.path.join(".") || "(body)",
    reason: issue.message,
  }));
  throw new BadBody(400, { error: "body is not valid", issues });
}

/** Sends JSON to another service. */
export function jsonRequest(
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): RequestInit {
  return {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  };
}
