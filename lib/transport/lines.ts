import type { LogRecord } from "../core/records.ts";
import type { DestinationHealth, Sink, SinkHost } from "../core/seams.ts";
import { refuse } from "../core/refuse.ts";
import { Tally } from "../core/tally.ts";
import { truncation } from "../core/value.ts";
import { json, type LineFormat } from "../log/formats.ts";
import { outputOf } from "./line_output.ts";

/** Options of {@linkcode lines}. */
export interface LinesOptions {
  /** Writes a line, without its line feed; default the runtime's standard output. */
  readonly write?: (line: string) => void;
  /** What `health()` calls it; default "lines". */
  readonly name?: string;
}

/** Log lines in a format: `lines(logfmt)`, `lines(gcp("my-project"))`. */
export function lines(format: LineFormat, options: LinesOptions = {}): Sink {
  if (typeof format !== "function") {
    refuse("lines(): format", format, "a format");
  }
  const { name = "lines", write } = options;
  let service = "";
  let output = outputOf(write);
  return {
    name,
    isTimeCoarse: true,
    start({ resource, runtime }: SinkHost) {
      ({ service } = resource);
      output = outputOf(write, runtime);
    },
    onLog(record: LogRecord) {
      const cutsBefore = truncation.count;
      const line = format(record, service);
      output.tally.truncated += truncation.count - cutsBefore;
      output.write(line);
    },
    // deno-lint-ignore require-await
    async flush() {
      output.flush();
    },
    health: () => [{ name, logs: output.tally.health(output.queued, output.queuedBytes) }],
  };
}

/** Options of {@linkcode stream}. */
export interface StreamOptions {
  /** How lines are written; default the library's JSON. */
  readonly format?: LineFormat;
  /** Bytes that may wait for the stream; lines past them are dropped and counted. Default 1 MiB. */
  readonly bytesMax?: number;
  /** What `health()` calls it; default "stream". */
  readonly name?: string;
}

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Log lines into a WritableStream of bytes. A slow stream holds nobody up: lines wait within their
 * bytes, and what does not fit is dropped and counted. Lines are written in batches.
 *
 * @throws {RangeError} When `bytesMax` is not positive.
 */
export function stream(target: WritableStream<Uint8Array>, options: StreamOptions = {}): Sink {
  const { bytesMax = 1024 * 1024 } = options;
  if (!(bytesMax > 0)) {
    throw new RangeError(`stream(): bytesMax is ${bytesMax}, allowed is a positive number`);
  }
  return new StreamSink(target, options.format ?? json, bytesMax, options.name ?? "stream");
}

class StreamSink implements Sink {
  readonly isTimeCoarse = true;
  readonly name: string;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #format: LineFormat;
  readonly #bytesMax: number;
  readonly #tally = new Tally();
  #service = "";
  /** Lines that no write has taken yet. */
  #open: string[] = [];
  /** Characters of these and bytes of those on their way. */
  #bytes = 0;
  #queued = 0;
  #pump: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    target: WritableStream<Uint8Array>,
    format: LineFormat,
    bytesMax: number,
    name: string,
  ) {
    this.#writer = target.getWriter();
    // Its failure is seen by the writes.
    this.#writer.closed.catch(() => {});
    this.#format = format;
    this.#bytesMax = bytesMax;
    this.name = name;
  }

  start(host: SinkHost): void {
    this.#service = host.resource.service;
  }

  onLog(record: LogRecord): void {
    this.#tally.created++;
    if (this.#isClosed) return this.#tally.drop("shutdown");
    const cutsBefore = truncation.count;
    const line = `${this.#format(record, this.#service)}\n`;
    this.#tally.truncated += truncation.count - cutsBefore;
    if (this.#bytes + line.length > this.#bytesMax) return this.#tally.drop("queue_full");
    this.#open.push(line);
    this.#bytes += line.length;
    this.#queued++;
    this.#pump ??= this.#write();
  }

  async #write(): Promise<void> {
    // What comes in the same turn goes into the same write.
    await Promise.resolve();
    while (this.#open.length > 0) {
      const taken = this.#open;
      this.#open = [];
      const text = taken.join("");
      const bytes = encoder.encode(text);
      try {
        await this.#writer.ready;
        await this.#writer.write(bytes);
        this.#tally.delivered += taken.length;
        this.#tally.deliveredBytes += bytes.length;
      } catch (thrown) {
        this.#tally.drop("rejected", taken.length);
        this.#tally.lastError = String(thrown).slice(0, 300);
      }
      this.#queued -= taken.length;
      this.#bytes -= text.length;
    }
    this.#pump = undefined;
  }

  async flush(): Promise<void> {
    await this.#pump;
  }

  async shutdown(): Promise<void> {
    if (this.#isClosed) return;
    await this.#pump;
    this.#isClosed = true;
    await this.#writer.close().catch(() => {});
  }

  health(): readonly DestinationHealth[] {
    return [{ name: this.name, logs: this.#tally.health(this.#queued, this.#bytes) }];
  }
}
