import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Sink, SinkHost } from "../core/seams.ts";
import { jsonLinesOf } from "../log/json_line.ts";
import { prettyLinesOf } from "../log/pretty_line.ts";

/** Options of {@linkcode pretty} and {@linkcode jsonLines}. */
export interface ConsoleOptions {
  /** Writes a line, without its line feed; default the runtime's standard output. */
  readonly write?: (line: string) => void;
  /** Write a line for each span too; default true for `pretty`, false for `jsonLines`. */
  readonly spans?: boolean;
  /** What `health()` calls it. */
  readonly name?: string;
}

/** Options of {@linkcode pretty}. */
export interface PrettyOptions extends ConsoleOptions {
  /** Colour; default only on a terminal, as the runtime knows it. */
  readonly color?: boolean;
}

interface Format {
  log(record: LogRecord): string;
  span(span: SpanRecord): string;
}

class LineSink implements Sink {
  readonly name: string;
  readonly isTimeCoarse = true;
  readonly onSpan?: (span: SpanRecord) => void;
  readonly onLog: (record: LogRecord) => void;
  #format: Format | undefined;
  #write: (line: string) => void;
  readonly #formatFor: (host: SinkHost) => Format;
  readonly #hasOwnWrite: boolean;

  constructor(
    name: string,
    options: ConsoleOptions,
    hasSpans: boolean,
    formatFor: (host: SinkHost) => Format,
  ) {
    this.name = options.name ?? name;
    this.#hasOwnWrite = options.write !== undefined;
    this.#write = options.write ?? console.log;
    this.#formatFor = formatFor;
    this.onLog = (record) => this.#write(this.#format!.log(record));
    if (hasSpans) {
      this.onSpan = (span) => {
        if (span.isSampled) this.#write(this.#format!.span(span));
      };
    }
  }

  start(host: SinkHost): void {
    this.#format = this.#formatFor(host);
    if (!this.#hasOwnWrite && host.runtime.writeLine !== undefined) {
      this.#write = host.runtime.writeLine;
    }
  }
}

/** Lines for people: time, level, service, message, fields, ids. Colour only on a terminal. */
export function pretty(options: PrettyOptions = {}): Sink {
  return new LineSink(
    "pretty",
    options,
    options.spans ?? true,
    (host) =>
      prettyLinesOf(
        host.resource.service,
        options.color ?? host.runtime.isColorTerminal?.() ?? false,
      ),
  );
}

/** Lines of JSON, one a log line. */
export function jsonLines(options: ConsoleOptions = {}): Sink {
  return new LineSink(
    "json",
    options,
    options.spans ?? false,
    (host) => jsonLinesOf(host.resource.service),
  );
}
