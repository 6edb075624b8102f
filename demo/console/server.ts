import { Hono } from "hono";
import { type ConsoleParts, createApi } from "./api.ts";
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

/** Hosts that name this machine: another one is a name that was rebound to it. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

function isLoopback(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK.test(new URL(origin).host);
}

/** The console: the page, its parts, the API, and the collector that is given. */
export function createConsole(parts: ConsoleParts & { collector: Hono; assets: Assets }): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!LOOPBACK.test(c.req.header("host") ?? "")) {
      return c.text("The Host header names no address of this machine", 403);
    }
    // A page elsewhere may send a request without asking; it could only fill the store, but even so.
    const origin = c.req.header("origin");
    if (c.req.method === "POST" && origin !== undefined && !isLoopback(origin)) {
      return c.text("Requests of pages from elsewhere are not taken", 403);
    }
    await next();
    // A report has brought a policy of its own.
    if (!c.res.headers.has("content-security-policy")) c.header("content-security-policy", POLICY);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cross-origin-resource-policy", "same-origin");
  });
  app.get("/", (c) => c.html(SHELL));
  app.get(
    "/app.js",
    (c) => c.body(parts.assets.script, 200, { "content-type": "text/javascript" }),
  );
  app.get("/app.css", (c) => c.body(parts.assets.style, 200, { "content-type": "text/css" }));
  app.route("/api", createApi(parts));
  if (parts.play !== undefined) app.route("/api", playRoutes(parts.play));
  if (parts.resultsFolder !== undefined) app.route("/", reportRoutes(parts.resultsFolder));
  app.route("/", parts.collector);
  return app;
}
