import { quoted } from "../core/quoted.ts";
import { jsonValue, plainValue } from "../core/value.ts";

/**
 * A value as JSON with one form: names sorted by their UTF-16 code units, no blanks, numbers as
 * ECMAScript writes them (RFC 8785, "JSON Canonicalization Scheme"). What JSON has no form for is
 * mapped as log fields are, by `plainValue`.
 */
export function canonicalJson(value: unknown): string {
  return flat(value) ?? write(jsonValue(plainValue(value)));
}

/** The names of the entry before, in its order, and how they are written, in theirs. */
let seenNames: readonly string[] = [];
let seenOrder: readonly { readonly name: string; readonly text: string }[] | undefined = [];

/** An object of texts, numbers and booleans, as most entries are; undefined for any other value. */
function flat(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return undefined;
    let text = "";
    const order = isSeen(value) ? seenOrder : orderOf(Object.keys(value));
    if (order === undefined) return undefined;
    for (const { name, text: own } of order) {
      const item: unknown = (value as Record<string, unknown>)[name];
      const isNumber = typeof item === "number" && item - item === 0;
      if (!isNumber && typeof item !== "string" && typeof item !== "boolean") return undefined;
      // ECMAScript's text of a number is that of RFC 8785.
      text += own + (typeof item === "string" ? quoted(item) : String(item));
    }
    return text === "" ? "{}" : `{${text.slice(1)}}`;
  } catch {
    // A getter or Proxy of the caller's: the careful way shows what is beside it.
    return undefined;
  }
}

/** True when the names are those of the entry before: no list need be made of them. */
function isSeen(value: object): boolean {
  let count = 0;
  for (const name in value) if (seenNames[count++] !== name) return false;
  return count === seenNames.length;
}

/** Names in their canonical order; entries of one place in the program have the same ones. */
function orderOf(names: readonly string[]): typeof seenOrder {
  seenNames = names;
  // Two names could become one where surrogates are replaced.
  return seenOrder = names.every((name) => name.isWellFormed())
    ? names.toSorted(byUnits).map((name) => ({ name, text: `,${quoted(name)}:` }))
    : undefined;
}

/** By UTF-16 code units. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same for what came out of `JSON.parse`. */
export function canonicalOfParsed(value: unknown): string {
  return write(value);
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => byUnits(a, b));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
