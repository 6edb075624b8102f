import type { Attributes } from "../core/attributes.ts";
import { type Anchors, type Clock, TimeAnchor } from "../core/clock.ts";
import { isLevel, type Level, SEVERITY } from "../core/level.ts";
import type { LogRecord, Scope } from "../core/records.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { ContextStore } from "../core/seams.ts";
import type { Gate, SpanScope } from "./level_filter.ts";
import { type Active, parentOf } from "../context/context.ts";
import { simpleText } from "../core/simple_text.ts";
import { errorType, namesOf, valueAt } from "../core/value.ts";

/** Ties the wall clock to itself. */
const WALL_CLOCK = /* @__PURE__ */ new TimeAnchor(0);

/** What the loggers of one telemetry share. */
export interface LogHost {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Ties the monotonic clock to the wall clock. */
  readonly anchors: Anchors;
  /** Keeps what is active. */
  readonly store: ContextStore;
  /** True when a line's time is read from the wall clock, in whole milliseconds. */
  readonly isTimeCoarse: boolean;
  /** Lines written so far. */
  written: number;
  /** Any value as the text of a line; default in few words. */
  textOf?: (value: unknown) => string;
  /** Takes lines; undefined when no sink does, and then no gate lets one through. */
  readonly onLog: ((record: LogRecord) => void) | undefined;
}

/**
 * The details of a line: an object, the error the line is about, or a function that makes them and
 * is called only when the line is written.
 */
export type Fields<F extends object = Attributes> = F | Error | (() => F);

/** What happened, for people: text, or a template whose values become part of it. */
export type Message = string | TemplateStringsArray;

/**
 * Writes log lines with fields of type `F`; any by default. A line below the level costs one comparison. No method throws, whatever the
 * fields are.
 */
export class Logger<F extends object = Attributes> {
  readonly #host: LogHost;
  readonly #gate: Gate;
  readonly #scope: Scope;
  readonly #bindings: Attributes | undefined;
  readonly #active: Active | undefined;

  /** For `createTelemetry`; use `telemetry.log`, `span.log` or `child`. */
  constructor(
    host: LogHost,
    gate: Gate,
    scope: Scope,
    bindings?: Attributes,
    active?: Active,
  ) {
    this.#host = host;
    this.#gate = gate;
    this.#scope = scope;
    this.#bindings = bindings;
    this.#active = active;
  }

  /** Writes a line about something that failed. */
  error(message: string, fields?: Fields<F>): void;
  /** The same about what was thrown: its message is the line's. */
  error(thrown: Error, fields?: Fields<F>): void;
  /** The same with values in the text: `` log.error`order ${id}` ``. */
  error(message: TemplateStringsArray, ...values: readonly unknown[]): void;
  error(message: Message | Error, fields?: unknown, ...more: readonly unknown[]): void {
    if (this.#gate.threshold <= 17) this.write(17, message, fields, more);
  }

  /** Writes a line about something that may need a look. */
  warn(message: string, fields?: Fields<F>): void;
  /** The same about what was thrown: its message is the line's. */
  warn(thrown: Error, fields?: Fields<F>): void;
  /** The same with values in the text: `` log.warn`order ${id}` ``. */
  warn(message: TemplateStringsArray, ...values: readonly unknown[]): void;
  warn(message: Message | Error, fields?: unknown, ...more: readonly unknown[]): void {
    if (this.#gate.threshold <= 13) this.write(13, message, fields, more);
  }

  /** Writes a line about something that happened as it should. */
  info(message: string, fields?: Fields<F>): void;
  /** The same with values in the text: `` log.info`order ${id}` ``. */
  info(message: TemplateStringsArray, ...values: readonly unknown[]): void;
  info(message: Message, fields?: unknown, ...more: readonly unknown[]): void {
    if (this.#gate.threshold <= 9) this.write(9, message, fields, more);
  }

  /** Writes a line for whoever looks for a fault. */
  debug(message: string, fields?: Fields<F>): void;
  /** The same with values in the text: `` log.debug`order ${id}` ``. */
  debug(message: TemplateStringsArray, ...values: readonly unknown[]): void;
  debug(message: Message, fields?: unknown, ...more: readonly unknown[]): void {
    if (this.#gate.threshold <= 5) this.write(5, message, fields, more);
  }

  /** Writes a line of the finest detail. */
  trace(message: string, fields?: Fields<F>): void;
  /** The same with values in the text: `` log.trace`order ${id}` ``. */
  trace(message: TemplateStringsArray, ...values: readonly unknown[]): void;
  trace(message: Message, fields?: unknown, ...more: readonly unknown[]): void {
    if (this.#gate.threshold <= 1) this.write(1, message, fields, more);
  }

  /** Writes a line at a level that is known only at run time; "off" writes nothing. */
  log(level: Level, message: string, fields?: Fields<F>): void {
    if (this.isEnabled(level)) this.write(severityOf(level), message, fields);
  }

  /** Writes a named event (OpenTelemetry's event record): `name` is both its name and message. */
  event(name: string, fields?: Fields<F>): void {
    if (this.#gate.threshold <= 9) this.write(9, name, fields, [], name);
  }

  /** True when lines of this level are written. */
  isEnabled(level: Level): boolean {
    const severity = severityOf(level);
    return severity < SEVERITY.off && this.#gate.threshold <= severity;
  }

  /** A logger whose lines have these fields too; a call's own fields win over them. */
  child(bindings: object): Logger<F> {
    const all = boundTo(this.#bindings, bindings as Attributes);
    return new Logger<F>(this.#host, this.#gate, this.#scope, all, this.#active);
  }

  /** A logger whose lines belong to this span or context, whatever is active. */
  within(active: Active): Logger<F> {
    return new Logger<F>(this.#host, this.#gate, this.#scope, this.#bindings, active);
  }

  /**
   * The same logger, whose fields the compiler checks: their names, types, and that none is missing.
   * `const orders = log.typed<{ order: string; cents?: number }>()`. It costs nothing when it runs.
   */
  typed<T extends object>(): Logger<T> {
    return this as unknown as Logger<T>;
  }

  /** Lines below this severity are written nowhere. */
  get threshold(): number {
    return this.#gate.threshold;
  }

  /**
   * For bridges: writes a line whatever the level of its target is; `more` are the values of a
   * template past the first.
   */
  write(
    severity: number,
    message: unknown,
    fields: unknown,
    more: readonly unknown[] = [],
    eventName?: string,
    epochMs?: number,
  ): void {
    const host = this.#host;
    const active = this.#active ?? host.store.get() as Active | undefined;
    const span = parentOf(active);
    const { scoped } = this.#gate;
    if (scoped && scoped(scopeOf(span)) > severity) return;
    if (host.isTimeCoarse) epochMs ??= host.clock.wallMs();
    const monotonicMs = epochMs ?? host.clock.monotonicMs();
    host.written++;
    const isText = typeof message === "string";
    const thrown = isText ? undefined : errorFields(message);
    host.onLog!({
      monotonicMs,
      anchor: epochMs === undefined ? host.anchors.at(monotonicMs) : WALL_CLOCK,
      severity,
      message: isText ? message : messageText(
        thrown?.["exception.message"] ?? message,
        [fields, ...more],
        host.textOf ?? simpleText,
      ),
      fields: isText ? fieldsOf(fields) : thrown && boundTo(thrown, fieldsOf(fields)),
      bindings: this.#bindings,
      scope: this.#scope,
      span,
      transactionId: active?.transactionId,
      eventName,
    });
  }
}

/** What directives ask of a span; one that came from elsewhere has no name here. */
function scopeOf(span: SpanContext | undefined): SpanScope | undefined {
  return span && "attribute" in span ? span as unknown as SpanScope : undefined;
}

/** Both as one object; what throws when it is read is marked. */
export function boundTo(
  before: Attributes | undefined,
  more: Attributes | undefined,
): Attributes {
  try {
    return { ...before, ...more };
  } catch {
    const all: Record<string, unknown> = { __proto__: null };
    for (const source of [before, more]) {
      for (const name of namesOf(source)) all[name] = valueAt(source!, name);
    }
    return all;
  }
}

function fieldsOf(fields: unknown): Attributes | undefined {
  if (typeof fields === "function") {
    try {
      return fieldsOf(fields());
    } catch (thrown) {
      return { "sextant.fields_failed": errorType(thrown) };
    }
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  return errorFields(fields) ?? fields as Attributes;
}

/** The text of a template, or of whatever came in its place. */
function messageText(
  message: unknown,
  values: readonly unknown[],
  textOf: (value: unknown) => string,
): string {
  try {
    if (Array.isArray(message) && "raw" in message) {
      const texts = values.map((value) => typeof value === "string" ? value : textOf(value));
      return String.raw({ raw: message }, ...texts);
    }
  } catch {
    // A Proxy whose trap throws.
  }
  return textOf(message);
}

/**
 * An error in place of fields, in the semantic conventions' names; undefined for anything else, and
 * for a Proxy whose trap throws.
 */
export function errorFields(error: unknown): Attributes | undefined {
  try {
    if (!(error instanceof Error)) return undefined;
    const own = (name: string) => valueAt(error as unknown as Record<string, unknown>, name);
    const cause = own("cause");
    return {
      "exception.type": errorType(error),
      "exception.message": own("message"),
      "exception.stacktrace": own("stack"),
      ...(cause !== undefined && { "exception.cause": cause }),
      ...(error instanceof AggregateError && { "exception.errors": own("errors") }),
    };
  } catch {
    return undefined;
  }
}

/** At run time a level may come from anywhere; an unknown one is an error rather than lost. */
function severityOf(level: Level): number {
  return isLevel(level) ? SEVERITY[level] : 17;
}
