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
