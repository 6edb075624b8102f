import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { DestinationHealth, LineOutput, Sink, SinkHost } from "../core/seams.ts";
import { truncation } from "../core/value.ts";
import { jsonLinesOf } from "../log/json_line.ts";
import { prettyLinesOf } from "../log/pretty_line.ts";
import { outputOf } from "./line_output.ts";

/** Options of {@linkcode pretty} and {@linkcode jsonLines}. */
export interface ConsoleOptions {
  /**
   * Writes a line, without its line feed; default the runtime's standard output: in Deno in batches,
   * unless it is a terminal.
   */
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
  #output: LineOutput;
  readonly #formatFor: (host: SinkHost) => Format;
  readonly #write: ((line: string) => void) | undefined;

  constructor(
    name: string,
    options: ConsoleOptions,
    hasSpans: boolean,
    formatFor: (host: SinkHost) => Format,
  ) {
    this.name = options.name ?? name;
    this.#write = options.write;
    this.#output = outputOf(options.write, undefined);
    this.#formatFor = formatFor;
    this.onLog = (record) => {
      const cutsBefore = truncation.count;
      const line = this.#format!.log(record);
      this.#output.tally.truncated += truncation.count - cutsBefore;
      this.#output.write(line);
    };
    if (hasSpans) {
      this.onSpan = (span) => {
        if (span.isSampled) this.#output.write(this.#format!.span(span));
      };
    }
  }

  start(host: SinkHost): void {
    this.#format = this.#formatFor(host);
    this.#output = outputOf(this.#write, host.runtime);
  }

  flush(): Promise<void> {
    this.#output.flush();
    return Promise.resolve();
  }

  /** The lines of spans are among them. */
  health(): readonly DestinationHealth[] {
    const { tally, queued, queuedBytes } = this.#output;
    return [{ name: this.name, logs: tally.health(queued, queuedBytes) }];
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
