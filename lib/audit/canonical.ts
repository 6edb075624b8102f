import { jsonValue, plainValue } from "../core/value.ts";

/**
 * A value as JSON with one form: names sorted by their UTF-16 code units, no blanks, numbers as
 * ECMAScript writes them (RFC 8785, "JSON Canonicalization Scheme"). What JSON has no form for is
 * mapped as log fields are, by `plainValue`.
 */
export function canonicalJson(value: unknown): string {
  return flat(value) ?? write(jsonValue(plainValue(value)));
}

/** An object of texts, numbers and booleans, as most entries are; undefined for any other value. */
function flat(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const item: unknown = (value as Record<string, unknown>)[key];
    const isPlain = typeof item === "string" || typeof item === "boolean" ||
      (typeof item === "number" && item - item === 0);
    // A toJSON would be called, and a lone surrogate is mapped.
    if (!isPlain || (typeof item === "string" && !item.isWellFormed())) return undefined;
    if (!key.isWellFormed()) return undefined;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${JSON.stringify(item)}`;
  }
  return `{${text}}`;
}

/** The same for what came out of `JSON.parse`. */
export function canonicalOfParsed(value: unknown): string {
  return write(value);
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
