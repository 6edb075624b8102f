/** Query parameters whose values are credentials; compared in lower case. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  "access_token",
  "api_key",
  "apikey",
  "auth",
  "code",
  "key",
  "password",
  "secret",
  "sig",
  "signature",
  "token",
  "x-amz-signature",
  "x-amz-credential",
  "x-amz-security-token",
  "x-goog-signature",
]);

/** A query, without its `?`, with the values of credentials replaced by REDACTED. */
export function redactedQuery(query: string): string {
  const end = query.indexOf("#");
  const text = end < 0 ? query : query.slice(0, end);
  if (!text.includes("=")) return text;
  return text.split("&").map((pair) => {
    const at = pair.indexOf("=");
    if (at < 0 || !SECRET_PARAMETERS.has(decodeName(pair.slice(0, at)))) return pair;
    return `${pair.slice(0, at)}=REDACTED`;
  }).join("&");
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}

/** A URL as `url.full` shows it: credentials gone from authority and query, and no fragment. */
export function redactedUrl(url: URL): string {
  const credentials = url.username !== "" || url.password !== "" ? "REDACTED:REDACTED@" : "";
  const query = url.search.length > 1 ? `?${redactedQuery(url.search.slice(1))}` : "";
  return `${url.protocol}//${credentials}${url.host}${url.pathname}${query}`;
}

/** What a URL's text up to its path says; servers are asked under few names. */
export interface Origin {
  /** The text it was read from: scheme, `://` and authority. */
  readonly text: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** The host, without its port. */
  readonly address: string;
  /** The port, when it is there. */
  readonly port: number | undefined;
}

/** The origins seen last; a service is asked, and asks, under few names. */
const lastOrigins: Origin[] = [];
const MAX_ORIGINS = 4;

/**
 * Reads an absolute URL up to its path, which begins at `pathStart`. By hand, since `new URL` costs
 * more than the rest of a span.
 */
export function originOf(url: string, pathStart: number): Origin {
  for (const origin of lastOrigins) {
    if (origin.text.length === pathStart && url.startsWith(origin.text)) return origin;
  }
  const text = url.slice(0, pathStart);
  const schemeEnd = text.indexOf("://");
  const authority = text.slice(schemeEnd + 3);
  const portStart = authority.lastIndexOf(":");
  const hasPort = portStart > authority.lastIndexOf("]");
  const origin = {
    text,
    scheme: text.slice(0, schemeEnd),
    address: hasPort ? authority.slice(0, portStart) : authority,
    port: hasPort ? Number(authority.slice(portStart + 1)) : undefined,
  };
  if (lastOrigins.length === MAX_ORIGINS) lastOrigins.shift();
  lastOrigins.push(origin);
  return origin;
}
