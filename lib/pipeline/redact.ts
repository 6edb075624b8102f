import type { Attributes } from "../core/attributes.ts";
import type { LogRecord, SpanEvent, SpanRecord } from "../core/records.ts";
import type { Layer } from "../core/seams.ts";
import { ChangedSpan } from "./changed_span.ts";
import { type PathPattern, pathPattern } from "./redact_paths.ts";
import { isCard, type TextPatterns, textRedactor } from "./redact_text.ts";
import { namesOf, UNREADABLE_MARK, valueAt } from "../core/value.ts";

/** Options of {@linkcode redact}. */
export interface RedactOptions {
  /**
   * Names whose values are hidden at any depth, whatever their case; `-`, `_` and `.` in names make
   * no difference. Default {@linkcode SECRET_KEYS}.
   */
  readonly keys?: readonly string[];
  /** Paths whose values are hidden: `user.email`, `items.*.card`, `**.token`. */
  readonly paths?: readonly string[];
  /** What is looked for in texts: messages, fields, errors. All by default. */
  readonly text?: TextPatterns;
  /** More patterns for texts; each must be global. What they find is hidden. */
  readonly patterns?: readonly RegExp[];
  /**
   * What stands in place of a value: a text, "remove" to leave it out (within a text: nothing), or a
   * function such as `keyedHash("secret")`. Default "[redacted]".
   */
  readonly censor?: string | ((value: string) => string);
}

/** Names that mostly hold what nobody should read. */
export const SECRET_KEYS: readonly string[] = [
  "password",
  "passwd",
  "pwd",
  "secret",
  "client_secret",
  "token",
  "access_token",
  "refresh_token",
  "id_token",
  "api_key",
  "apikey",
  "authorization",
  "proxy_authorization",
  "cookie",
  "set_cookie",
  "private_key",
  "card_number",
  "cvv",
  "cvc",
  "iban",
  "ssn",
];

/** Deeper values are hidden whole. */
const DEPTH_MAX = 64;
const OPTIONS = ["keys", "paths", "text", "patterns", "censor"];

/**
 * Hides secrets in log lines and spans before they go on: by name at any depth, by path, and within
 * texts, those of errors included. A record in which nothing is found goes on as it is; of any other
 * a copy does, so that the caller's objects stay as they are.
 *
 * @throws {TypeError} When an option is unknown or a pattern is not global.
 */
export function redact(options: RedactOptions = {}): Layer {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`redact(): ${unknown} is unknown, allowed are ${OPTIONS.join(", ")}`);
  }
  const redactor = new Redactor(options);
  return (next) => ({
    onLog: (record) => next.onLog?.(redactor.log(record)),
    onSpan: (span) => next.onSpan?.(redactor.span(span)),
  });
}

class Redactor {
  readonly #keys: ReadonlySet<string>;
  readonly #paths: readonly PathPattern[];
  readonly #text: (text: string) => string;
  readonly #censor: (value: string) => string;
  readonly #isRemoved: boolean;
  readonly #hidesCards: boolean;
  /** Names seen before, and whether they are secret: making them plain costs more than looking. */
  readonly #known = new Map<string, boolean>();
  /** The names seen last, by position, that are not secret: those of one place are the same. */
  readonly #free: string[] = Array(16).fill("");

  constructor(options: RedactOptions) {
    const { censor = "[redacted]", keys = SECRET_KEYS, paths = [] } = options;
    this.#isRemoved = censor === "remove";
    this.#hidesCards = options.text?.card ?? true;
    this.#censor = typeof censor === "function"
      ? censor
      : this.#isRemoved
      ? () => ""
      : () => censor;
    this.#keys = new Set(keys.map(plainName));
    this.#paths = paths.map(pathPattern);
    this.#text = textRedactor(options.text ?? {}, options.patterns ?? [], this.#censor);
  }

  log(record: LogRecord): LogRecord {
    const message = this.#text(record.message);
    const fields = this.#fields(record.fields);
    const bindings = this.#fields(record.bindings);
    const isSame = message === record.message && fields === record.fields &&
      bindings === record.bindings;
    return isSame ? record : { ...record, message, fields, bindings };
  }

  span(span: SpanRecord): SpanRecord {
    const name = this.#text(span.name);
    const statusMessage = this.#text(span.statusMessage);
    const before = span.laterKeys === undefined
      ? span.startAttributes
      : span.attributes() as Attributes;
    const attributes = this.#fields(before);
    const events = this.#events(span.events);
    const isSame = name === span.name && statusMessage === span.statusMessage &&
      attributes === before && events === span.events;
    return isSame ? span : new ChangedSpan(span, { name, statusMessage, attributes, events });
  }

  #events(events: readonly SpanEvent[] | undefined): readonly SpanEvent[] | undefined {
    const redacted = events?.map((event) => {
      const attributes = this.#fields(event.attributes);
      return attributes === event.attributes ? event : { ...event, attributes };
    });
    return redacted?.some((event, index) => event !== events![index]) === true ? redacted : events;
  }

  #fields(fields: Attributes | undefined): Attributes | undefined {
    if (fields === undefined) return undefined;
    try {
      if (this.#paths.length === 0 && this.#isClean(fields)) return fields;
    } catch {
      // A getter or Proxy of the user's that throws: the careful way shows what is beside it.
    }
    return this.#object(fields, this.#paths, 0, new Set()) as Attributes;
  }

  /** True for fields without anything to hide, where none of them holds others: the common case. */
  #isClean(fields: Attributes): boolean {
    let index = 0;
    for (const key in fields) {
      if (this.#free[index] !== key) {
        if (this.#isSecret(key)) return false;
        this.#free[index] = key;
      }
      index = (index + 1) & 15;
      const value = fields[key];
      if (typeof value === "string") {
        if (this.#text(value) !== value) return false;
      } else if (typeof value === "number") {
        if (value >= CARD_MIN && this.#isCardNumber(value)) return false;
      } else if ((typeof value === "object" && value !== null) || typeof value === "bigint") {
        return false;
      }
    }
    return true;
  }

  /** The same value when nothing was found in it. */
  #value(
    value: unknown,
    paths: readonly PathPattern[],
    depth: number,
    around: Set<object>,
  ): unknown {
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "number" || typeof value === "bigint") {
      return this.#isCardNumber(value) ? this.#censor(String(value)) : value;
    }
    if (typeof value !== "object" || value === null) return value;
    try {
      if (value instanceof Error) return this.#error(value, paths, depth, around);
      if (value instanceof Date || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
        return value;
      }
      if (value instanceof URL || value instanceof RegExp) {
        const text = String(value);
        const redacted = this.#text(text);
        return redacted === text ? value : redacted;
      }
      if (value instanceof Map) {
        return this.#value(Object.fromEntries(value), paths, depth, around);
      }
      // What would be written, not what it is made from.
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === "function") {
        if (depth > DEPTH_MAX) return this.#censor("");
        return this.#value(toJSON.call(value), paths, depth + 1, around);
      }
      return this.#object(value, paths, depth, around);
    } catch {
      // What can't be looked at is not sent on.
      return UNREADABLE_MARK;
    }
  }

  #isCardNumber(value: number | bigint): boolean {
    return this.#hidesCards && value >= CARD_MIN && /^\d{13,19}$/.test(String(value)) &&
      isCard(String(value));
  }

  #object(
    value: object,
    paths: readonly PathPattern[],
    depth: number,
    around: Set<object>,
  ): unknown {
    if (depth > DEPTH_MAX) return this.#censor("");
    // The original would come out unhidden there; it is written like this anyway.
    if (around.has(value)) return "[circular]";
    around.add(value);
    let copy: Record<string, unknown> | unknown[] | undefined;
    const source = value instanceof Set ? [...value] : value;
    const isList = Array.isArray(source);
    for (const key of namesOf(source)) {
      const before = valueAt(source as Record<string, unknown>, key);
      const inner = paths.length === 0 ? paths : paths.flatMap((path) => path.step(key));
      const isHidden = (!isList && before !== undefined && this.#isSecret(key)) ||
        inner.some((path) => path.isEnd);
      const after = isHidden ? this.#hidden(before) : this.#value(before, inner, depth + 1, around);
      if (after === before) continue;
      copy ??= isList ? [...source] : copyOf(source as Record<string, unknown>);
      if (isHidden && this.#isRemoved && !isList) delete (copy as Record<string, unknown>)[key];
      else (copy as Record<string, unknown>)[key] = after;
    }
    around.delete(value);
    return copy ?? value;
  }

  /** Its message and stack, and all that hangs on it: cause, errors, what others have put there. */
  #error(
    error: Error,
    paths: readonly PathPattern[],
    depth: number,
    around: Set<object>,
  ): unknown {
    if (depth > DEPTH_MAX) return this.#censor("");
    if (around.has(error)) return "[circular]";
    const own = error as unknown as Record<string, unknown>;
    const message = this.#text(textOf(valueAt(own, "message")));
    const stack = this.#text(textOf(valueAt(own, "stack") ?? ""));
    const given: Record<string, unknown> = copyOf(own);
    for (const name of ["cause", "errors"]) {
      const value = valueAt(own, name);
      if (value !== undefined) given[name] = value;
    }
    around.add(error);
    const more = this.#object(given, paths, depth, around) as Record<string, unknown>;
    around.delete(error);
    if (message === error.message && stack === (error.stack ?? "") && more === given) return error;
    const copy = new Error(message);
    copy.name = error.name;
    copy.stack = stack;
    for (const name of Object.keys(more)) {
      Object.defineProperty(copy, name, { value: more[name], enumerable: name !== "cause" });
    }
    return copy;
  }

  #hidden(value: unknown): unknown {
    if (this.#isRemoved) return undefined;
    return this.#censor(typeof value === "string" ? value : textOf(value));
  }

  #isSecret(key: string): boolean {
    let isSecret = this.#known.get(key);
    if (isSecret === undefined) {
      isSecret = this.#keys.has(plainName(key)) ||
        // The last part of a dotted name: `http.request.header.authorization`.
        this.#keys.has(plainName(key.slice(key.lastIndexOf(".") + 1)));
      if (this.#known.size < KNOWN_MAX) this.#known.set(key, isSecret);
    }
    return isSecret;
  }
}

const KNOWN_MAX = 5000;
/** The smallest number of thirteen digits. */
const CARD_MIN = 1e12;

/** Its own names; what throws when it is read is marked. */
function copyOf(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of namesOf(source)) copy[key] = valueAt(source, key);
  return copy;
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return UNREADABLE_MARK;
  }
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, "");
}
