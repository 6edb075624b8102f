import { unref } from "../core/timer.ts";
import type { Clock } from "../core/clock.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Random } from "../core/random.ts";
import { type DropReason, type SignalHealth, Tally } from "../core/tally.ts";
import type { BatchEncoder, EncodedBatch } from "./encoder.ts";
import { retryDelayMs } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** The bounds of an exporter. */
export interface ExporterLimits {
  /** A batch is sent when it holds this many records; default 4096. */
  readonly batchRecords: number;
  /** A batch is sent when it has this many bytes; default 512 KiB. */
  readonly batchBytes: number;
  /** A batch is sent this many milliseconds after its first record; default 1000. */
  readonly batchAgeMs: number;
  /** Records waiting or on their way at most; default 65,536. More are dropped and counted. */
  readonly queueRecords: number;
  /** Bytes waiting or on their way at most; default 32 MiB. */
  readonly queueBytes: number;
  /** Requests on their way at once; default 2. */
  readonly concurrency: number;
  /** Milliseconds for one attempt; default 10,000 (OTEL_EXPORTER_OTLP_TIMEOUT). */
  readonly attemptTimeoutMs: number;
  /** Milliseconds a batch may live from its first attempt, retries included; default 60,000. */
  readonly batchLifeMs: number;
  /** Milliseconds `shutdown` may take; default 5,000. */
  readonly shutdownMs: number;
}

/** The defaults of {@linkcode ExporterLimits}. */
export const EXPORTER_LIMITS: ExporterLimits = {
  batchRecords: 4096,
  batchBytes: 512 * 1024,
  batchAgeMs: 1000,
  queueRecords: 65_536,
  queueBytes: 32 * 1024 * 1024,
  concurrency: 2,
  attemptTimeoutMs: 10_000,
  batchLifeMs: 60_000,
  shutdownMs: 5_000,
};

/** What an exporter needs. */
export interface ExporterParts<R> {
  readonly encoder: BatchEncoder<R>;
  readonly transport: Transport;
  readonly limits: ExporterLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** False where timers don't outlive a request. */
  readonly hasBackgroundTimers: boolean;
}

interface Waiting {
  readonly batch: EncodedBatch;
  /** Monotonic milliseconds after which it is dropped; set at the first attempt. */
  deadlineMs: number | undefined;
  attempts: number;
}

/**
 * Batches the records of one signal and sends them: bounded, counted, and never on the user's
 * path. `created = delivered + dropped + queued` at every moment.
 */
export class Exporter<R> {
  readonly #parts: ExporterParts<R>;
  readonly #tally = new Tally();
  readonly #queue: Waiting[] = [];
  readonly #idle: (() => void)[] = [];
  readonly #closing = new AbortController();
  /** Records and bytes of taken batches: in the queue, being sent, or waiting for a retry. */
  #takenRecords = 0;
  #takenBytes = 0;
  #active = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #shutdown: Promise<void> | undefined;

  /** Starts nothing: the first record does. */
  constructor(parts: ExporterParts<R>) {
    this.#parts = parts;
  }

  /** Writes a record into the open batch, or counts why not. Never throws. */
  offer(record: R): void {
    const { encoder, limits } = this.#parts;
    const tally = this.#tally;
    tally.created++;
    const refused = this.#refusal(encoder, limits);
    if (refused !== undefined) {
      tally.drop(refused);
      return;
    }
    try {
      encoder.append(record);
    } catch (thrown) {
      tally.drop("unencodable");
      tally.lastError = `unencodable: ${describe(thrown)}`;
      return;
    }
    if (encoder.count >= limits.batchRecords || encoder.sizeBytes >= limits.batchBytes) {
      this.#seal();
    } else if (this.#timer === undefined && this.#parts.hasBackgroundTimers) {
      this.#startTimer();
    }
  }

  #refusal(encoder: BatchEncoder<R>, limits: ExporterLimits): DropReason | undefined {
    if (this.#isClosed) return "shutdown";
    const isFull = this.#takenRecords + encoder.count >= limits.queueRecords ||
      this.#takenBytes + encoder.sizeBytes >= limits.queueBytes;
    return isFull ? "queue_full" : undefined;
  }

  #startTimer(): void {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      this.#seal();
    }, this.#parts.limits.batchAgeMs);
    this.#timer = timer;
    unref(timer);
  }

  #seal(): void {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (this.#parts.encoder.count === 0) return;
    const batch = this.#parts.encoder.take();
    this.#takenRecords += batch.count;
    this.#takenBytes += batch.body.length;
    this.#queue.push({ batch, deadlineMs: undefined, attempts: 0 });
    this.#pump();
  }

  #pump(): void {
    while (this.#active < this.#parts.limits.concurrency) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) break;
      this.#active++;
      this.#deliver(waiting).finally(() => {
        this.#active--;
        this.#pump();
        if (this.#active === 0 && this.#queue.length === 0) {
          for (const resolve of this.#idle.splice(0)) resolve();
        }
      });
    }
  }

  async #deliver(waiting: Waiting): Promise<void> {
    const { clock, limits } = this.#parts;
    waiting.deadlineMs = clock.monotonicMs() + limits.batchLifeMs;
    while (true) {
      const delivery = await this.#attempt(waiting);
      if (delivery.kind !== "retry") return this.#settle(waiting.batch, delivery);
      this.#tally.lastError = delivery.reason;
      const delayMs = retryDelayMs(waiting.attempts, delivery.afterMs, this.#parts.random);
      if (this.#closing.signal.aborted) return this.#drop(waiting.batch, "shutdown");
      if (clock.monotonicMs() + delayMs > waiting.deadlineMs) {
        return this.#drop(waiting.batch, "expired");
      }
      await sleep(delayMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return this.#drop(waiting.batch, "shutdown");
      this.#tally.retries++;
    }
  }

  async #attempt(waiting: Waiting): Promise<Delivery> {
    waiting.attempts++;
    const { transport, encoder, limits } = this.#parts;
    const signal = AbortSignal.any([
      AbortSignal.timeout(limits.attemptTimeoutMs),
      this.#closing.signal,
    ]);
    try {
      return await transport.send(waiting.batch.body, encoder.contentType, signal);
    } catch (thrown) {
      // A transport of the user's that breaks its word.
      return { kind: "rejected", reason: `transport threw: ${describe(thrown)}` };
    }
  }

  #settle(batch: EncodedBatch, delivery: Exclude<Delivery, { kind: "retry" }>): void {
    if (delivery.kind === "rejected") {
      this.#tally.lastError = delivery.reason;
      return this.#drop(batch, "rejected");
    }
    const rejected = Math.min(delivery.rejected, batch.count);
    if (rejected > 0) this.#tally.drop("rejected", rejected);
    if (delivery.message !== undefined) this.#tally.lastError = delivery.message;
    this.#tally.delivered += batch.count - rejected;
    this.#tally.deliveredBytes += batch.body.length;
    this.#leave(batch);
  }

  #drop(batch: EncodedBatch, reason: DropReason): void {
    this.#tally.drop(reason, batch.count);
    this.#leave(batch);
  }

  #leave(batch: EncodedBatch): void {
    this.#takenRecords -= batch.count;
    this.#takenBytes -= batch.body.length;
    batch.release();
  }

  /** Resolves when everything offered before has been delivered or dropped; never rejects. */
  flush(): Promise<void> {
    this.#seal();
    if (this.#active === 0 && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Flushes within `shutdownMs`, then drops what is left, counted; never rejects. */
  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#close();
  }

  async #close(): Promise<void> {
    const flushed = this.flush();
    this.#isClosed = true;
    const timer = setTimeout(() => this.#closing.abort(), this.#parts.limits.shutdownMs);
    await flushed;
    clearTimeout(timer);
  }

  /** The books. */
  health(): SignalHealth {
    return this.#tally.health(
      this.#takenRecords + this.#parts.encoder.count,
      this.#takenBytes + (this.#parts.encoder.count === 0 ? 0 : this.#parts.encoder.sizeBytes),
    );
  }
}

/** What was thrown, in a few words and without its stack. */
export function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "a value that can't be shown";
  }
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    unref(timer);
    if (signal.aborted) done();
    else signal.addEventListener("abort", done);
  });
}
