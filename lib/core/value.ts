/** How deep a value is followed; below that stands {@linkcode DEPTH_MARK}. */
export const MAX_DEPTH = 16;
/** How many values one attribute may hold in all; the rest is left out and marked. */
export const MAX_NODES = 4096;
/** Stands for what lies deeper than {@linkcode MAX_DEPTH}. */
export const DEPTH_MARK = "[too deep]";
/** Stands for a value that contains itself. */
export const CIRCULAR_MARK = "[circular]";
/** Stands for what was left out past {@linkcode MAX_NODES}. */
export const NODES_MARK = "[truncated]";

/** A value that every format can write: what {@linkcode plainValue} gives. */
export type PlainValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | Uint8Array
  | readonly PlainValue[]
  | ReadonlyMap<string, PlainValue>;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Maps any value to one that every format can write:
 *
 * | given | becomes |
 * |---|---|
 * | string, boolean, number, null | itself |
 * | bigint within 64 bits | itself; larger: its decimal text |
 * | undefined | null |
 * | symbol | its text, `Symbol(x)` |
 * | function | `[function name]` |
 * | Date | ISO 8601 text; `[invalid date]` |
 * | Error | a map: `type`, `message`, `stack`, and `cause` and `errors` where it has them |
 * | URL, RegExp | its text |
 * | ArrayBuffer, typed array, DataView | bytes |
 * | Map | a map, keys as text |
 * | Set, other iterables that are arrays | an array |
 * | an object with `toJSON` | what that gives |
 * | any other object | a map of its own enumerable names |
 *
 * A value inside itself becomes `[circular]`; what is deeper than 16 levels `[too deep]`; past 4,096
 * values in all `[truncated]`. It throws what a getter, a Proxy trap or a `toJSON` of the value
 * throws; the caller counts the record as unencodable.
 */
export function plainValue(value: unknown): PlainValue {
  return walk(value, { ancestors: [], nodes: 0 });
}

interface Walk {
  readonly ancestors: object[];
  nodes: number;
}

function walk(value: unknown, state: Walk): PlainValue {
  if (++state.nodes > MAX_NODES) return NODES_MARK;
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "undefined":
      return null;
    case "bigint":
      return value >= INT64_MIN && value <= INT64_MAX ? value : value.toString();
    case "symbol":
      return value.toString();
    case "function":
      return `[function ${value.name || "anonymous"}]`;
    default:
      return value === null ? null : walkObject(value as object, state);
  }
}

function walkObject(value: object, state: Walk): PlainValue {
  const leaf = leafText(value);
  if (leaf !== undefined) return leaf;
  if (state.ancestors.includes(value)) return CIRCULAR_MARK;
  if (state.ancestors.length >= MAX_DEPTH) return DEPTH_MARK;
  state.ancestors.push(value);
  try {
    return walkContainer(value, state);
  } finally {
    state.ancestors.pop();
  }
}

function leafText(value: object): string | Uint8Array | undefined {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  }
  if (value instanceof URL || value instanceof RegExp) return String(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return undefined;
}

function walkContainer(value: object, state: Walk): PlainValue {
  if (Array.isArray(value)) return walkList(value, state);
  if (value instanceof Set) return walkList(value, state);
  if (value instanceof Error) return walkError(value, state);
  const map = new Map<string, PlainValue>();
  if (value instanceof Map) {
    for (const [key, item] of value) {
      if (state.nodes >= MAX_NODES) break;
      map.set(String(key), walk(item, state));
    }
    return map;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return walk(value.toJSON(), state);
  for (const key of Object.keys(value)) {
    if (state.nodes >= MAX_NODES) {
      map.set(NODES_MARK, true);
      break;
    }
    map.set(key, walk((value as Record<string, unknown>)[key], state));
  }
  return map;
}

function walkList(values: Iterable<unknown>, state: Walk): PlainValue {
  const list: PlainValue[] = [];
  for (const item of values) {
    list.push(walk(item, state));
    if (state.nodes > MAX_NODES) break;
  }
  return list;
}

function walkError(error: Error, state: Walk): PlainValue {
  const map = new Map<string, PlainValue>();
  map.set("type", errorType(error));
  map.set("message", String(error.message));
  if (typeof error.stack === "string") map.set("stack", error.stack);
  for (const key of Object.keys(error)) {
    if (!map.has(key)) {
      map.set(key, walk((error as unknown as Record<string, unknown>)[key], state));
    }
  }
  if (error.cause !== undefined) map.set("cause", walk(error.cause, state));
  if (error instanceof AggregateError) map.set("errors", walkList(error.errors, state));
  return map;
}

/** The `exception.type` of what was thrown: an error's name, else the JavaScript type. */
export function errorType(thrown: unknown): string {
  if (thrown instanceof Error) {
    const name: unknown = thrown.name;
    if (typeof name === "string" && name !== "" && name !== "Error") return name;
    return thrown.constructor?.name || "Error";
  }
  return thrown === null ? "null" : typeof thrown;
}

/** Maps a {@linkcode PlainValue} on to what `JSON.stringify` can write without surprises. */
export function jsonValue(value: PlainValue): unknown {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return value.toString();
    case "boolean":
      return value;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return bytesToBase64(value);
  if (Array.isArray(value)) return value.map(jsonValue);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, item] of value as ReadonlyMap<string, PlainValue>) {
    object[key.toWellFormed()] = jsonValue(item);
  }
  return object;
}

/** Standard base64 of bytes, as OTLP JSON writes `bytesValue`. */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let index = 0; index < bytes.length; index += 8192) {
    binary += String.fromCharCode(...bytes.subarray(index, index + 8192));
  }
  return btoa(binary);
}
