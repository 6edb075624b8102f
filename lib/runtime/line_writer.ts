import type { LineOutput } from "../core/seams.ts";
import { Tally } from "../core/tally.ts";
import { unref } from "../core/timer.ts";

/** How lines are gathered. */
export interface LineWriterOptions {
  /** Writes all of some bytes at once, or throws; they are others afterwards. */
  readonly write: (bytes: Uint8Array) => void;
  /** Milliseconds that a line may wait for others; 0: each is written at once. */
  readonly delayMs: number;
}

/** Characters that wait at most; then they are written at once. */
const CHARACTERS_MAX = 16 * 1024;

const encoder = new TextEncoder();

/**
 * Writes lines in batches: a write costs twice as much as the line. They wait for no more than
 * `delayMs`, 16 Ki characters or the end of the process, whatever it ends by, but for SIGKILL.
 */
export class LineWriter {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #delayMs: number;
  /** Those whose lines wait. */
  #outputs: Output[] = [];
  #text = "";
  /** What is written, again and again in the same memory. */
  #bytes = new Uint8Array(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** True while the process may end with the next turn. */
  #isEnding = false;

  constructor({ write, delayMs }: LineWriterOptions) {
    this.#write = write;
    this.#delayMs = delayMs;
    if (delayMs > 0) atEnd(() => this.#end());
  }

  /** A way in with books of its own; lines of all of them stay in their order. */
  open(): LineOutput {
    return new Output(this);
  }

  /** Takes a line of an output, the first one that it has waiting or not, and writes it now or soon. */
  take(line: string, output: Output, isFirst: boolean): void {
    if (isFirst) this.#outputs.push(output);
    this.#text += `${line}\n`;
    if (this.#delayMs === 0 || this.#isEnding || this.#text.length >= CHARACTERS_MAX) this.flush();
    else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.flush();
      }, this.#delayMs);
      unref(this.#timer);
    }
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    if (this.#bytes.length < text.length * 3) this.#bytes = new Uint8Array(text.length * 4);
    const bytes = this.#bytes.subarray(0, encoder.encodeInto(text, this.#bytes).written);
    let error: string | undefined;
    try {
      this.#write(bytes);
    } catch (thrown) {
      error = String(thrown).slice(0, 300);
    }
    const outputs = this.#outputs;
    this.#outputs = [];
    for (const output of outputs) output.settle(error);
  }

  #end(): void {
    this.flush();
    this.#isEnding = true;
    // An error that somebody handles ends nothing.
    unref(setTimeout(() => this.#isEnding = false));
  }
}

/** One way into a {@linkcode LineWriter}. */
class Output implements LineOutput {
  readonly tally = new Tally();
  queued = 0;
  queuedBytes = 0;
  readonly #writer: LineWriter;

  constructor(writer: LineWriter) {
    this.#writer = writer;
  }

  write(line: string): void {
    this.tally.created++;
    this.queuedBytes += line.length + 1;
    this.#writer.take(line, this, this.queued++ === 0);
  }

  flush(): void {
    this.#writer.flush();
  }

  settle(error: string | undefined): void {
    if (error === undefined) {
      this.tally.delivered += this.queued;
      this.tally.deliveredBytes += this.queuedBytes;
    } else {
      this.tally.drop("rejected", this.queued);
      this.tally.lastError = error;
    }
    this.queued = 0;
    this.queuedBytes = 0;
  }
}

/** Calls `last` when the program ends by itself, by `exit`, or by an error that nobody handles. */
function atEnd(last: () => void): void {
  for (const event of ["error", "unhandledrejection", "unload"]) {
    globalThis.addEventListener?.(event, last);
  }
}
