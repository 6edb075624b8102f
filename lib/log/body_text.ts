import { jsonValue, MAX_TEXT, plainValue } from "../core/value.ts";

/** Any value as the text of a line. */
export function bodyText(body: unknown): string {
  if (typeof body === "string") return body;
  return JSON.stringify(jsonValue(plainValue(body, MAX_TEXT)));
}
