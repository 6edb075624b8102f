import { type Context, Hono } from "hono";
import { type ConsoleParts, createApi } from "./api.ts";
import { type Access, guard } from "./guard.ts";
import { playRoutes } from "./play_routes.ts";
import { reportRoutes } from "./results.ts";
import { SHELL } from "./shell.ts";

/** The built parts of the page. */
export interface Assets {
  readonly script: string;
  readonly style: string;
}

/**
 * What the page may do: run the script and style that come from here, ask here, and nothing else.
 * No inline script, so that nothing hostile in a name or a line can run.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The console: the page, its parts, the API, and the collector that is given. */
export function createConsole(
  parts: ConsoleParts & { collector: Hono; assets: Assets; access?: Access },
): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    // A report has brought a policy of its own.
    if (!c.res.headers.has("content-security-policy")) c.header("content-security-policy", POLICY);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cross-origin-resource-policy", "same-origin");
    c.header("cross-origin-opener-policy", "same-origin");
  });
  app.use(guard(parts.access ?? {}));
  app.get("/", (c) => c.html(SHELL));
  const { script, style } = parts.assets;
  app.get("/app.js", (c) => asset(c, script, "text/javascript; charset=utf-8"));
  app.get("/app.css", (c) => asset(c, style, "text/css; charset=utf-8"));
  if (parts.play !== undefined) app.route("/api", playRoutes(parts.play));
  app.route("/api", createApi(parts));
  if (parts.resultsFolder !== undefined) app.route("/", reportRoutes(parts.resultsFolder));
  app.route("/", parts.collector);
  return app;
}

/** Asked for anew at each start, since it changes with the program. */
function asset(c: Context, text: string, type: string): Response {
  return c.body(text, 200, { "content-type": type, "cache-control": "no-cache" });
}
