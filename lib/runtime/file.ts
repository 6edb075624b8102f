/**
 * Log lines into a file, for Deno: rotated by size and time, opened again when it was moved away.
 *
 * @module
 */
import type { LogRecord } from "../core/records.ts";
import type { DestinationHealth, LineOutput, Sink, SinkHost } from "../core/seams.ts";
import { truncation } from "../core/value.ts";
import { LineWriter } from "./line_writer.ts";

/** Options of {@linkcode file}. */
export interface FileOptions {
  /** Where: `logs/orders.ndjson`; former files are `logs/orders.ndjson.1` and so on. */
  readonly path: string;
  /** Writes a line of a service: `json`, `logfmt` and others of the main entry. */
  readonly format: (record: LogRecord, service: string) => string;
  /** Bytes of a file at most, the line that is too much begins the next; default 64 MiB. */
  readonly bytesMax?: number;
  /** A new file after so many milliseconds, counted from the first line; default never. */
  readonly rotateMs?: number;
  /** Former files that are kept; default 5. */
  readonly filesMax?: number;
  /**
   * Milliseconds that lines may wait to be written together; default 0, each at once: nothing is lost
   * however the process ends. With more, a kill -9 loses what waits, and a line costs half.
   */
  readonly delayMs?: number;
  /** What `health()` calls it; default "file". */
  readonly name?: string;
}

/** How often it is looked whether the file was moved away. */
const LOOK_MS = 1000;

/**
 * A sink that writes each line at once, unless `delayMs` says otherwise, so that nothing is lost when
 * the process ends, by whatever it ends. A write that fails is counted, and the next line tries to open the file anew.
 *
 * @throws {RangeError} When a number is not positive.
 * @throws {Error} When the file can't be opened: at the start, not later.
 */
export function file(options: FileOptions): Sink {
  for (const name of ["bytesMax", "rotateMs", "filesMax"] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0)) {
      throw new RangeError(`file(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  const { delayMs = 0 } = options;
  if (!(delayMs >= 0)) {
    throw new RangeError(`file(): delayMs is ${delayMs}, allowed is a number from 0`);
  }
  return new FileSink(options);
}

class FileSink implements Sink {
  readonly isTimeCoarse = true;
  readonly name: string;
  readonly #options: FileOptions;
  readonly #output: LineOutput;
  #service = "";
  #file: Deno.FsFile | undefined;
  #inode: number | null = null;
  #bytes = 0;
  #openedMs = 0;
  #lookedMs = 0;
  #isClosed = false;
  #nowMs: () => number = () => 0;

  constructor(options: FileOptions) {
    this.#options = options;
    this.name = options.name ?? "file";
    const write = (bytes: Uint8Array) => this.#write(bytes);
    this.#output = new LineWriter({ write, delayMs: options.delayMs ?? 0 }).open();
  }

  start(host: SinkHost): void {
    this.#service = host.resource.service;
    this.#nowMs = () => host.clock.monotonicMs();
    this.#open();
  }

  onLog(record: LogRecord): void {
    const { tally } = this.#output;
    if (this.#isClosed) {
      tally.created++;
      return tally.drop("shutdown");
    }
    const cutsBefore = truncation.count;
    const line = this.#options.format(record, this.#service);
    tally.truncated += truncation.count - cutsBefore;
    this.#output.write(line);
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#prepare(bytes.length);
      let written = 0;
      while (written < bytes.length) written += this.#file!.writeSync(bytes.subarray(written));
      this.#bytes += bytes.length;
    } catch (thrown) {
      this.#close();
      throw thrown;
    }
  }

  flush(): Promise<void> {
    this.#output.flush();
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#output.flush();
    this.#isClosed = true;
    this.#close();
    return Promise.resolve();
  }

  health(): readonly DestinationHealth[] {
    const { tally, queued, queuedBytes } = this.#output;
    return [{ name: this.name, logs: tally.health(queued, queuedBytes) }];
  }

  /** Makes sure that there is a file with room. */
  #prepare(bytes: number): void {
    const nowMs = this.#nowMs();
    if (this.#file !== undefined && nowMs - this.#lookedMs >= LOOK_MS) {
      this.#lookedMs = nowMs;
      if (inodeOf(this.#options.path) !== this.#inode) this.#close();
    }
    if (this.#file === undefined) this.#open();
    const { bytesMax = 64 * 1024 * 1024, rotateMs = Number.POSITIVE_INFINITY } = this.#options;
    const isFull = this.#bytes > 0 && this.#bytes + bytes > bytesMax;
    if (isFull || (this.#bytes > 0 && nowMs - this.#openedMs >= rotateMs)) this.#rotate();
  }

  #open(): void {
    this.#file = Deno.openSync(this.#options.path, { append: true, create: true });
    this.#bytes = this.#file.statSync().size;
    this.#inode = inodeOf(this.#options.path);
    this.#openedMs = this.#lookedMs = this.#nowMs();
  }

  #close(): void {
    try {
      this.#file?.close();
    } catch {
      // It is given up either way.
    }
    this.#file = undefined;
  }

  #rotate(): void {
    const { path, filesMax = 5 } = this.#options;
    this.#close();
    for (let number = filesMax; number > 1; number--) {
      move(`${path}.${number - 1}`, `${path}.${number}`);
    }
    move(path, `${path}.1`);
    this.#open();
  }
}

function move(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}
