import type { Attributes } from "../core/attributes.ts";
import type { LogRecord, SpanEvent, SpanRecord } from "../core/records.ts";
import type { Layer } from "../core/seams.ts";
import { ChangedSpan } from "./changed_span.ts";
import { type PathPattern, pathPattern } from "./redact_paths.ts";
import { type TextPatterns, textRedactor } from "./redact_text.ts";

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
  /** Names seen before, and whether they are secret: making them plain costs more than looking. */
  readonly #known = new Map<string, boolean>();
  /** The names seen last, by position, that are not secret: those of one place are the same. */
  readonly #free: string[] = Array(16).fill("");

  constructor(options: RedactOptions) {
    const { censor = "[redacted]", keys = SECRET_KEYS, paths = [] } = options;
    this.#isRemoved = censor === "remove";
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
      return this.#object(fields, this.#paths, 0, new Set()) as Attributes;
    } catch {
      // A getter or Proxy of the user's that throws: what can't be looked at is not sent on.
      return { "sextant.redaction_failed": true };
    }
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
      } else if (typeof value === "object" && value !== null) return false;
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
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Error) return this.#error(value, paths, depth, around);
    if (value instanceof Date || ArrayBuffer.isView(value)) return value;
    if (value instanceof Map) {
      return this.#value(Object.fromEntries(value), paths, depth, around);
    }
    return this.#object(value, paths, depth, around);
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
    const isList = Array.isArray(value);
    const source = value instanceof Set ? [...value] : value;
    for (const key in source) {
      if (!Object.hasOwn(source, key)) continue;
      const before = (source as Record<string, unknown>)[key];
      const inner = paths.length === 0 ? paths : paths.flatMap((path) => path.step(key));
      const isHidden = (!isList && before !== undefined && this.#isSecret(key)) ||
        inner.some((path) => path.isEnd);
      const after = isHidden
        ? this.#hidden(before)
        : typeof before === "number" || typeof before === "boolean"
        ? before
        : this.#value(before, inner, depth + 1, around);
      if (after === before) continue;
      copy ??= isList ? [...source as unknown[]] : { ...source as Record<string, unknown> };
      if (isHidden && this.#isRemoved && !isList) delete (copy as Record<string, unknown>)[key];
      else (copy as Record<string, unknown>)[key] = after;
    }
    around.delete(value);
    return copy ?? value;
  }

  #error(
    error: Error,
    paths: readonly PathPattern[],
    depth: number,
    around: Set<object>,
  ): unknown {
    const message = this.#text(error.message);
    const stack = this.#text(error.stack ?? "");
    const cause = this.#value(error.cause, paths, depth + 1, around);
    if (message === error.message && stack === (error.stack ?? "") && cause === error.cause) {
      return error;
    }
    const copy = new Error(message, cause === undefined ? undefined : { cause });
    copy.name = error.name;
    copy.stack = stack;
    return copy;
  }

  #hidden(value: unknown): unknown {
    if (this.#isRemoved) return undefined;
    return this.#censor(typeof value === "string" ? value : String(value));
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

function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_.\s]/g, "");
}
