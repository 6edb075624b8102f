import type { Context, MiddlewareHandler } from "hono";

/** Who is answered. */
export interface Access {
  /** What a request from elsewhere must bring; undefined: the console listens on loopback alone. */
  readonly token?: string;
  /** Names, besides loopback's, that it may be asked by. */
  readonly hosts?: readonly string[];
  /** Origins of pages that may send telemetry, as of an application in a browser. */
  readonly origins?: readonly string[];
}

/** Names of this machine. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;
/** An address, not a name: no other site's name can be rebound to it. */
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/i;
const COOKIE = "sextant";
const OTLP = /^\/v1\/(traces|logs|metrics)$/;

/**
 * Answers only those who may ask: the Host header must name this machine (a rebound name does not),
 * pages of other origins may send nothing unless they are listed, and with a token it must be there.
 */
export function guard({ token, hosts = [], origins = [] }: Access): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    const name = host.replace(/:\d+$/, "");
    const isKnown = LOOPBACK.test(name) || hosts.includes(name) ||
      token !== undefined && ADDRESS.test(name);
    if (!isKnown) {
      return c.text("The Host header names no address of this machine; --allow-host adds one", 403);
    }
    const origin = c.req.header("origin");
    const isListed = origin !== undefined && origins.includes(origin) && OTLP.test(c.req.path);
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    if (origin !== undefined && !isListed && !isRead && hostOf(origin) !== host) {
      return c.text("Pages from elsewhere may send nothing; --allow-origin adds one", 403);
    }
    if (isListed && c.req.method === "OPTIONS") c.res = preflight();
    else if (token !== undefined && !await isToken(given(c), token)) c.res = await admit(c, token);
    else await next();
    if (isListed) {
      c.header("access-control-allow-origin", origin);
      c.header("vary", "origin");
    }
  };
}

/** What a browser asks before it sends a page's telemetry. */
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "content-type, content-encoding, authorization",
    },
  });
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The token of a sender's header, of the page's cookie, or of neither. */
function given(c: Context): string {
  const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(c.req.header("cookie") ?? "")?.[1] ?? "";
}

/** By their digests: how long it takes says nothing about where they differ. */
async function isToken(text: string, token: string): Promise<boolean> {
  const digest = async (one: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(one)));
  const [a, b] = await Promise.all([digest(text), digest(token)]);
  return a.reduce((difference, byte, index) => difference | (byte ^ b[index]), 0) === 0;
}

/** Takes the token of the printed address into a cookie; else says what is missing. */
async function admit(c: Context, token: string): Promise<Response> {
  const text = c.req.query("token");
  if (c.req.method === "GET" && c.req.path === "/" && text !== undefined) {
    if (await isToken(text, token)) {
      // Out of the address: it must not stay in the history or go out in a referrer.
      c.header("set-cookie", `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict`);
      return c.redirect("/", 303);
    }
  }
  return c.text(
    "A token is needed: open the address that the console printed, or send the header\n" +
      "Authorization: Bearer TOKEN (OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20TOKEN)",
    401,
  );
}
