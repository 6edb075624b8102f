/** How deep a value is followed; below that stands {@linkcode DEPTH_MARK}. */
export const MAX_DEPTH = 16;
/** How many values one attribute may hold in all; the rest is left out and marked. */
export const MAX_NODES = 4096;
/** Characters of a text, and bytes of a typed array, that a log line takes; the rest is cut off. */
export const MAX_TEXT = 65_536;
/** Stands for what lies deeper than {@linkcode MAX_DEPTH}. */
export const DEPTH_MARK = "[too deep]";
/** Stands for a value that contains itself. */
export const CIRCULAR_MARK = "[circular]";
/** Stands for what was left out past {@linkcode MAX_NODES}. */
export const NODES_MARK = "[truncated]";
/** Stands for a value whose getter, Proxy trap or `toJSON` throws. */
export const UNREADABLE_MARK = "[unreadable]";

/**
 * How often something was cut off or left out in this process so far: who writes a record looks
 * before and after, and says the difference on it.
 */
export const truncation = { count: 0 };

/** The attribute of OTLP's log records that says so; one set by hand is not written. */
export const TRUNCATED_ATTRIBUTE = "sextant.truncated";

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

const INT64_MIN = -0x8000000000000000n;
const INT64_MAX = 0x7fffffffffffffffn;

/**
 * Maps any value to one that every format can write:
 *
 * | given | becomes |
 * |---|---|
 * | string, boolean, number, null | itself |
 * | bigint within 64 bits | itself; larger: its decimal text |
 * | undefined, a hole in an array | null; as a field itself it is left out |
 * | symbol | its text, `Symbol(x)` |
 * | function | `[function name]` |
 * | Date | ISO 8601 text; `[invalid date]` |
 * | Error | a map: `type`, `message`, `stack`, and `cause` and `errors` where it has them |
 * | URL, RegExp | its text |
 * | ArrayBuffer, typed array, DataView | bytes: base64 where a format has none |
 * | -0, NaN, Infinity | themselves; in JSON 0, and the texts `NaN`, `Infinity` |
 * | text with a lone surrogate | U+FFFD in its place |
 * | Map | a map, keys as text |
 * | Set, array | an array |
 * | an object with `toJSON` | what that gives |
 * | any other object | a map of its own enumerable names |
 *
 * A value inside itself becomes `[circular]`, one that throws when it is read `[unreadable]`; its
 * neighbours are there. What is deeper than 16 levels becomes `[too deep]`; past 4,096 values in all
 * `[truncated]`; with `textMax`, longer texts are cut and say so at their end. Each of these is one
 * more in {@linkcode truncation}. It never throws.
 */
export function plainValue(value: unknown, textMax: number = Number.POSITIVE_INFINITY): PlainValue {
  return walk(value, { ancestors: [], nodes: 0, textMax });
}

/** Text of at most so many characters, with a mark of what was cut off: `abc… (1000 characters)`. */
export function cutText(text: string, textMax: number): string {
  if (text.length <= textMax) return text;
  truncation.count++;
  return `${shortened(text, textMax)}… (${text.length} characters)`;
}

/** The first characters of a text, never half of a surrogate pair. */
export function shortened(text: string, length: number): string {
  return text.slice(0, length).replace(text.length > length ? /[\ud800-\udbff]$/ : "", "");
}

/** The own enumerable names of an object; none of one that throws. */
export function namesOf(value: object | undefined): readonly string[] {
  try {
    return value === undefined ? [] : Object.keys(value);
  } catch {
    // A Proxy whose trap throws.
    return [];
  }
}

/** What an object has under a name; {@linkcode UNREADABLE_MARK} when that throws. */
export function valueAt(source: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return source[name];
  } catch {
    return UNREADABLE_MARK;
  }
}

/** What an object has of its own under a name; undefined when it has not, or when that throws. */
export function ownValue(source: object | undefined, name: string): unknown {
  try {
    return source !== undefined && Object.hasOwn(source, name)
      ? (source as Record<string, unknown>)[name]
      : undefined;
  } catch {
    return undefined;
  }
}

interface Walk {
  readonly ancestors: object[];
  readonly textMax: number;
  nodes: number;
}

function walk(value: unknown, state: Walk): PlainValue {
  if (++state.nodes > MAX_NODES) return cut(NODES_MARK);
  switch (typeof value) {
    case "string":
      return cutText(value, state.textMax);
    case "number":
    case "boolean":
      return value;
    case "undefined":
      return null;
    case "bigint":
      return value >= INT64_MIN && value <= INT64_MAX
        ? value
        : cutText(value.toString(), state.textMax);
    case "symbol":
      return cutText(value.toString(), state.textMax);
    default:
      return value === null ? null : walkObject(value as object, state);
  }
}

function cut(mark: string): string {
  truncation.count++;
  return mark;
}

function walkObject(value: object, state: Walk): PlainValue {
  try {
    if (typeof value === "function") return `[function ${value.name || "anonymous"}]`;
    const leaf = leafOf(value, state);
    if (leaf !== undefined) return leaf;
    if (state.ancestors.includes(value)) return CIRCULAR_MARK;
    if (state.ancestors.length >= MAX_DEPTH) return cut(DEPTH_MARK);
    state.ancestors.push(value);
    try {
      return walkContainer(value, state);
    } finally {
      state.ancestors.pop();
    }
  } catch {
    return UNREADABLE_MARK;
  }
}

function leafOf(value: object, { textMax }: Walk): string | Uint8Array | undefined {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  }
  if (value instanceof URL || value instanceof RegExp) return cutText(String(value), textMax);
  const bytes = value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : undefined;
  if (bytes === undefined || bytes.length <= textMax) return bytes;
  truncation.count++;
  return bytes.subarray(0, textMax);
}

function walkContainer(value: object, state: Walk): PlainValue {
  if (Array.isArray(value)) return walkList(value, state);
  if (value instanceof Set) return walkList(value, state);
  if (value instanceof Error) return walkError(value, state);
  const map = new Map<string, PlainValue>();
  if (value instanceof Map) {
    for (const [key, item] of value) {
      if (isFull(map, state)) break;
      map.set(nameOf(key), walk(item, state));
    }
    return map;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return walk(value.toJSON(), state);
  walkNames(value, map, state);
  return map;
}

function walkNames(value: object, map: Map<string, PlainValue>, state: Walk): void {
  for (const key of Object.keys(value)) {
    if (isFull(map, state)) return;
    if (!map.has(key)) map.set(key, walk(valueAt(value as Record<string, unknown>, key), state));
  }
}

/** True when nothing more goes in, which is then marked. */
function isFull(map: Map<string, PlainValue>, state: Walk): boolean {
  if (state.nodes < MAX_NODES) return false;
  map.set(cut(NODES_MARK), true);
  return true;
}

function walkList(values: Iterable<unknown>, state: Walk): PlainValue {
  const list: PlainValue[] = [];
  if (Array.isArray(values)) {
    // By number: a getter that throws takes no neighbour with it, and holes are null.
    for (let index = 0; index < values.length && state.nodes <= MAX_NODES; index++) {
      list.push(walk(valueAt(values as never, index as never), state));
    }
    return list;
  }
  for (const item of values) {
    list.push(walk(item, state));
    if (state.nodes > MAX_NODES) break;
  }
  return list;
}

/** A key of a Map as text: any value may be one. */
function nameOf(key: unknown): string {
  try {
    return cutText(String(key), MAX_TEXT);
  } catch {
    return UNREADABLE_MARK;
  }
}

function walkError(error: Error, state: Walk): PlainValue {
  const map = new Map<string, PlainValue>();
  const own = (name: string) => valueAt(error as unknown as Record<string, unknown>, name);
  map.set("type", errorType(error));
  map.set("message", walk(String(own("message")), state));
  const stack = own("stack");
  if (typeof stack === "string") map.set("stack", walk(stack, state));
  walkNames(error, map, state);
  const cause = own("cause");
  if (cause !== undefined) map.set("cause", walk(cause, state));
  if (error instanceof AggregateError) map.set("errors", walk(own("errors"), state));
  return map;
}

/** The `exception.type` of what was thrown: an error's name, else the JavaScript type. */
export function errorType(thrown: unknown): string {
  try {
    if (thrown instanceof Error) {
      const name: unknown = thrown.name;
      return typeof name === "string" && name !== "Error" && name || thrown.constructor?.name ||
        "Error";
    }
  } catch {
    // A getter or Proxy of the user's.
    return UNREADABLE_MARK;
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
