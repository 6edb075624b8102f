import type { Attributes } from "../core/attributes.ts";
import { type Anchors, type Clock, TimeAnchor } from "../core/clock.ts";
import { isLevel, type Level, SEVERITY } from "../core/level.ts";
import type { LogRecord, Scope } from "../core/records.ts";
import type { ContextStore } from "../core/seams.ts";
import { type Active, Context, parentOf } from "../context/context.ts";
import { errorType, jsonValue, plainValue } from "../core/value.ts";

/** Ties the wall clock to itself. */
const WALL_CLOCK = new TimeAnchor(0);

/** What the loggers of one telemetry share. */
export interface LogHost {
  readonly clock: Clock;
  readonly anchors: Anchors;
  readonly store: ContextStore;
  readonly scope: Scope;
  /** True when a line's time is read from the wall clock, in whole milliseconds. */
  readonly isTimeCoarse: boolean;
  /** Lines below this severity are not written; 25 writes none. Changes take effect at once. */
  threshold: number;
  /** Lines written so far. */
  written: number;
  /** Takes lines. */
  readonly onLog: (record: LogRecord) => void;
}

/** A record of OpenTelemetry's Logs API. */
export interface EmittedRecord {
  /** OpenTelemetry's severity number. */
  readonly severityNumber?: number;
  /** The message; any other value is written as its JSON. */
  readonly body?: unknown;
  /** Details. */
  readonly attributes?: Attributes;
  /** What was thrown. */
  readonly exception?: unknown;
  /** The name of the event when it is one. */
  readonly eventName?: string;
  /** When, in milliseconds since the epoch; default now. */
  readonly timestamp?: number;
}

/** The details of a line: an object, or the error the line is about. */
export type Fields = Attributes | Error;

/**
 * Writes log lines. A line below the level costs one comparison. No method throws, whatever the
 * fields are.
 */
export class Logger {
  readonly #host: LogHost;
  readonly #bindings: Attributes | undefined;
  readonly #active: Active | undefined;

  /** For `createTelemetry`; use `telemetry.log`, `span.log` or `child`. */
  constructor(host: LogHost, bindings: Attributes | undefined, active: Active | undefined) {
    this.#host = host;
    this.#bindings = bindings;
    this.#active = active;
  }

  /** Writes a line about something that failed. */
  error(message: string, fields?: Fields): void {
    if (this.#host.threshold <= 17) this.#write(17, message, fields, undefined);
  }

  /** Writes a line about something that may need a look. */
  warn(message: string, fields?: Fields): void {
    if (this.#host.threshold <= 13) this.#write(13, message, fields, undefined);
  }

  /** Writes a line about something that happened as it should. */
  info(message: string, fields?: Fields): void {
    if (this.#host.threshold <= 9) this.#write(9, message, fields, undefined);
  }

  /** Writes a line for whoever looks for a fault. */
  debug(message: string, fields?: Fields): void {
    if (this.#host.threshold <= 5) this.#write(5, message, fields, undefined);
  }

  /** Writes a line of the finest detail. */
  trace(message: string, fields?: Fields): void {
    if (this.#host.threshold <= 1) this.#write(1, message, fields, undefined);
  }

  /** Writes a line at a level that is known only at run time; "off" writes nothing. */
  log(level: Level, message: string, fields?: Fields): void {
    const severity = severityOf(level);
    if (severity < SEVERITY.off && this.#host.threshold <= severity) {
      this.#write(severity, message, fields, undefined);
    }
  }

  /** Writes a named event (OpenTelemetry's event record): `name` is both its name and message. */
  event(name: string, fields?: Fields): void {
    if (this.#host.threshold <= 9) this.#write(9, name, fields, name);
  }

  /** True when lines of this level are written. */
  isEnabled(level: Level): boolean {
    const severity = severityOf(level);
    return severity < SEVERITY.off && this.#host.threshold <= severity;
  }

  /** A logger whose lines have these fields too; a call's own fields win over them. */
  child(bindings: Attributes): Logger {
    const all = this.#bindings === undefined ? { ...bindings } : { ...this.#bindings, ...bindings };
    return new Logger(this.#host, all, this.#active);
  }

  /** A logger whose lines belong to this span or context, whatever is active. */
  within(active: Active): Logger {
    return new Logger(this.#host, this.#bindings, active);
  }

  /**
   * Writes a record as OpenTelemetry's Logs API gives it. Without a severity it is written whatever
   * the level is.
   */
  emit(record: EmittedRecord): void {
    const severity = record.severityNumber ?? 0;
    if (severity !== 0 && this.#host.threshold > severity) return;
    if (this.#host.threshold === SEVERITY.off) return;
    const { body, exception, attributes } = record;
    const fields = exception instanceof Error
      ? { ...errorFields(exception), ...attributes }
      : attributes;
    const message = typeof body === "string" ? body : body === undefined ? "" : bodyText(body);
    this.#write(
      severity === 0 ? SEVERITY.info : severity,
      message,
      fields,
      record.eventName,
      record.timestamp,
    );
  }

  #write(
    severity: number,
    message: string,
    fields: Fields | undefined,
    eventName: string | undefined,
    epochMs?: number,
  ): void {
    const host = this.#host;
    const active = this.#active ?? host.store.get() as Active | undefined;
    const { clock, isTimeCoarse } = host;
    const isWall = isTimeCoarse || epochMs !== undefined;
    const monotonicMs = epochMs ?? (isTimeCoarse ? clock.wallMs() : clock.monotonicMs());
    host.written++;
    host.onLog({
      monotonicMs,
      anchor: isWall ? WALL_CLOCK : host.anchors.at(monotonicMs),
      severity,
      message: typeof message === "string" ? message : String(message),
      fields: fields instanceof Error ? errorFields(fields) : fields,
      bindings: this.#bindings,
      scope: host.scope,
      span: active instanceof Context ? active.parent : parentOf(active),
      transactionId: active?.transactionId,
      eventName,
    });
  }
}

/** An error in place of fields, in the semantic conventions' names. */
function errorFields(error: Error): Attributes {
  return {
    "exception.type": errorType(error),
    "exception.message": error.message,
    "exception.stacktrace": error.stack,
  };
}

function bodyText(body: unknown): string {
  try {
    return JSON.stringify(jsonValue(plainValue(body)));
  } catch {
    // A getter or Proxy of the user's.
    return "[unreadable]";
  }
}

/** At run time a level may come from anywhere; an unknown one is an error rather than lost. */
function severityOf(level: Level): number {
  return isLevel(level) ? SEVERITY[level] : SEVERITY.error;
}
