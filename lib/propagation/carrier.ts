import { isHeaders } from "../core/platform.ts";

/** What headers or message metadata are written into and read from. */
export type Carrier =
  | Headers
  | Map<string, unknown>
  | [string, unknown][]
  | Record<string, unknown>;

/** Nothing longer is read of one entry: more than any format here looks at. */
const MAX_CHARACTERS = 32768;
/** A value that a header may not hold: it would begin another one. */
const UNSAFE = /[\r\n\0]/;

/**
 * Reads an entry by its lower-case name, whatever case it has in the carrier. Values may be text,
 * bytes (AMQP, Kafka), `{ StringValue }` (SQS; `{ stringValue }` in Lambda), or a list of these;
 * several are joined by `, ` like header lines (RFC 9110, 5.3). Anything else is absent. Never
 * throws.
 */
export function getFrom(carrier: Carrier, key: string): string | undefined {
  try {
    if (isHeaders(carrier)) return carrier.get(key) ?? undefined;
    if (carrier instanceof Map) return textOf(carrier.get(key) ?? findIn(carrier, key));
    if (Array.isArray(carrier)) return joinIn(carrier, key);
    // Headers of another realm or library.
    if (typeof carrier.get === "function") return textOf(carrier.get(key));
    if (Object.hasOwn(carrier, key)) return textOf(carrier[key]);
    const name = nameIn(carrier, key);
    return name === undefined ? undefined : textOf(carrier[name]);
  } catch {
    // A Proxy or getter of somebody's, or no carrier at all: as good as absent.
    return undefined;
  }
}

function isNamed(name: unknown, key: string): boolean {
  return typeof name === "string" && name.length === key.length &&
    (name === key || name.toLowerCase() === key.toLowerCase());
}

function nameIn(carrier: Record<string, unknown>, key: string): string | undefined {
  for (const name in carrier) {
    if (isNamed(name, key) && Object.hasOwn(carrier, name)) return name;
  }
  return undefined;
}

function findIn(entries: Iterable<readonly [unknown, unknown]>, key: string): unknown {
  for (const [name, value] of entries) if (isNamed(name, key)) return value;
  return undefined;
}

function joinIn(entries: readonly unknown[], key: string): string | undefined {
  let joined: string | undefined;
  for (const entry of entries) {
    if (!Array.isArray(entry) || !isNamed(entry[0], key)) continue;
    joined = join(joined, textOf(entry[1]));
  }
  return joined;
}

function join(before: string | undefined, text: string | undefined): string | undefined {
  if (before === undefined || text === undefined) return before ?? text;
  return before.length > MAX_CHARACTERS ? before : `${before}, ${text}`;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return joinAll(value);
  if (ArrayBuffer.isView(value)) {
    const size = Math.min(value.byteLength, MAX_CHARACTERS);
    return new TextDecoder().decode(new Uint8Array(value.buffer, value.byteOffset, size));
  }
  if ("StringValue" in value && typeof value.StringValue === "string") return value.StringValue;
  if ("stringValue" in value && typeof value.stringValue === "string") return value.stringValue;
  return undefined;
}

function joinAll(values: readonly unknown[]): string | undefined {
  let joined: string | undefined;
  // A list within a list is nothing that carriers have, and would have no bound.
  for (const value of values) if (!Array.isArray(value)) joined = join(joined, textOf(value));
  return joined;
}

/**
 * Writes an entry in place of those of the same name, whatever their case. Gives false when it was
 * not written: the value has CR, LF or NUL, or the carrier takes nothing. Never throws.
 *
 * @param key In lower case.
 */
export function setOn(carrier: Carrier, key: string, value: string): boolean {
  return !UNSAFE.test(value) && setSafeOn(carrier, key, value);
}

/** {@linkcode setOn} for a value that has no CR, LF or NUL by its making. */
export function setSafeOn(carrier: Carrier, key: string, value: string): boolean {
  try {
    if (isHeaders(carrier)) carrier.set(key, value);
    else if (carrier instanceof Map) setOnMap(carrier, key, value);
    else if (Array.isArray(carrier)) setOnPairs(carrier, key, value);
    else if (typeof carrier.get === "function" && typeof carrier.set === "function") {
      carrier.set(key, value);
    } else setOnObject(carrier, key, value);
    return true;
  } catch {
    // Frozen, or a value that these headers refuse.
    return false;
  }
}

/**
 * Writes a safe value into a plain object without any entry, in which none can be replaced. Gives
 * false for all others, which are as they were. Never throws.
 */
export function setOnBare(carrier: Carrier, key: string, value: string): boolean {
  try {
    if (Object.getPrototypeOf(carrier) !== Object.prototype) return false;
    for (const _name in carrier) return false;
    (carrier as Record<string, unknown>)[key] = value;
    return true;
  } catch {
    // A Proxy, or frozen.
    return false;
  }
}

function setOnMap(carrier: Map<string, unknown>, key: string, value: string): void {
  if (!carrier.has(key)) {
    for (const name of carrier.keys()) if (isNamed(name, key)) carrier.delete(name);
  }
  carrier.set(key, value);
}

function setOnPairs(carrier: [string, unknown][], key: string, value: string): void {
  let isSet = false;
  for (let index = 0; index < carrier.length; index++) {
    if (!isNamed(carrier[index][0], key)) continue;
    if (isSet) carrier.splice(index--, 1);
    else carrier[index] = [key, value];
    isSet = true;
  }
  if (!isSet) carrier.push([key, value]);
}

function setOnObject(carrier: Record<string, unknown>, key: string, value: string): void {
  const name = Object.hasOwn(carrier, key) ? key : nameIn(carrier, key) ?? key;
  if (name !== "__proto__") carrier[name] = value;
  else {
    const property = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(carrier, name, property);
  }
}

/** Removes the entries of a name, whatever their case. Gives false when the carrier keeps them. */
export function removeFrom(carrier: Carrier, key: string): boolean {
  try {
    if (isHeaders(carrier)) carrier.delete(key);
    else if (carrier instanceof Map) {
      for (const name of carrier.keys()) if (isNamed(name, key)) carrier.delete(name);
    } else if (Array.isArray(carrier)) {
      for (let index = carrier.length - 1; index >= 0; index--) {
        if (isNamed(carrier[index][0], key)) carrier.splice(index, 1);
      }
    } else if (typeof carrier.get === "function" && typeof carrier.delete === "function") {
      carrier.delete(key);
    } else {
      const name = nameIn(carrier, key);
      if (name !== undefined) delete carrier[name];
    }
    return true;
  } catch {
    // Frozen.
    return false;
  }
}
