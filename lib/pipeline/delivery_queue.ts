import type { Clock } from "../core/clock.ts";
import type { Delivery } from "../core/delivery.ts";
import type { DropReason, Tally } from "../core/tally.ts";
import { unref } from "../core/timer.ts";
import type { BatchEncoder, EncodedBatch } from "./encoder.ts";
import type { ExporterLimits } from "./exporter_limits.ts";
import { retryDelayMs } from "./retry.ts";
import type { SpooledBatch, SpoolQueue } from "./spool.ts";
import type { Transport } from "./transport.ts";

/** What a delivery queue needs. */
export interface DeliveryParts {
  readonly encoder: Pick<BatchEncoder<unknown>, "contentType" | "split">;
  readonly transport: Transport;
  readonly limits: ExporterLimits;
  readonly clock: Clock;
  readonly tally: Tally;
  /** False where timers don't outlive a request: then `flush` alone makes it go on. */
  readonly hasBackgroundTimers: boolean;
  /** Where batches wait that could not be delivered; default in memory. */
  readonly spool?: SpoolQueue;
  /** Counts and tells every loss. */
  readonly onDrop: (reason: DropReason, count: number) => void;
}

/** A batch in memory, or from a spool: then it can be put back. */
type QueuedBatch = EncodedBatch & Partial<Pick<SpooledBatch, "isRepeat" | "putBack">>;

interface Waiting {
  readonly batch: QueuedBatch;
  /** Monotonic milliseconds after which it is dropped. */
  readonly deadlineMs: number;
  /** Resolves when it was delivered, dropped or spooled. */
  readonly settled: Promise<void>;
  readonly resolve: () => void;
  attempts: number;
  /** When the attempt that runs began. */
  sentMs: number;
  /** Ends the attempt that runs. One each: on an isolate none may outlive the request it is of. */
  stopping?: AbortController;
}

/** How long beyond its timeout an attempt is waited for, before it is taken for lost. */
const GRACE_MS = 2000;
/** Flushes of an isolate that wait at a time until the other side may be asked again. */
const WAITERS_MAX = 2;
/** The longest a timer may be set for. */
const LONGEST_WAIT_MS = 0x7fffffff;

const nothing = () => {};

/**
 * Delivers batches in order, a few at once. When the other side fails, it waits as the other side
 * asks, else longer each time, and then tries one batch alone; all that waits is held until it is
 * too old. Where the process may lose its timers (an isolate whose request has ended), an attempt
 * that never answers is given up on, and each flush brings timers of its own.
 */
export class DeliveryQueue {
  /** Records in memory, waiting or on their way. */
  records = 0;
  /** Their bytes. */
  sizeBytes = 0;
  readonly #parts: DeliveryParts;
  #waiting: Waiting[] = [];
  readonly #sending = new Set<Waiting>();
  #isClosed = false;
  #failures = 0;
  #failedMs = 0;
  #pausedUntilMs = 0;
  /** True when the other side said how long to wait. */
  #isAsked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Flushes under way: while there are any, the timer keeps the process alive. */
  #flushes = 0;
  #waiters = 0;

  /** Starts nothing. */
  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Takes a batch. */
  add(batch: EncodedBatch): void {
    const waiting = this.#enter(batch);
    const isHeldBack = this.#failures || this.#isClosed;
    if (!isHeldBack || !this.#park(waiting)) this.#waiting.push(waiting);
    this.#pump();
  }

  /** Resolves when all that is in it now was delivered, dropped or spooled; never rejects. */
  async flush(): Promise<void> {
    if (!this.#parts.hasBackgroundTimers) return await this.#flushHere();
    const all = [...this.#sending, ...this.#waiting].map(({ settled }) => settled);
    this.#flushes++;
    this.#pump();
    await Promise.all(all);
    this.#flushes--;
    this.#schedule();
  }

  /**
   * The flush of an isolate. What it finds waiting it sends itself and stays for, so that it ends
   * with the request that it is of, and waits for nothing that another request has on its way: that
   * one stays for it. While the other side is to be left alone, two flushes wait, and what more
   * there is waits with them.
   */
  async #flushHere(): Promise<void> {
    while (!this.#isClosed) {
      const nowMs = this.#tidy();
      if (!this.#waiting.length) return;
      if (nowMs >= this.#pausedUntilMs) {
        // After a failure one batch alone tries whether the other side is back.
        const mine = this.#waiting.splice(0, this.#failures ? 1 : Infinity);
        await Promise.all(mine.map((waiting) => this.#send(waiting)));
        continue;
      }
      if (this.#waiters >= WAITERS_MAX) return;
      this.#waiters++;
      await new Promise((resolve) => setTimeout(resolve, this.#wakeInMs()));
      this.#waiters--;
    }
  }

  /** Delivers for so long, then drops what is left, counted; never rejects. */
  async close(shutdownMs: number): Promise<void> {
    // A wait of our own making is cut short for a last attempt; one that was asked for is not.
    if (!this.#isAsked) this.#pausedUntilMs = 0;
    const timer = setTimeout(() => this.#abandon(), shutdownMs);
    await this.flush();
    clearTimeout(timer);
    this.#isClosed = true;
  }

  #abandon(): void {
    this.#isClosed = true;
    const all = [...this.#sending, ...this.#waiting.splice(0)];
    this.#sending.clear();
    for (const waiting of all) {
      waiting.stopping?.abort();
      if (!this.#park(waiting)) this.#drop(waiting, "shutdown");
    }
  }

  #enter(
    batch: QueuedBatch,
    deadlineMs = this.#parts.clock.monotonicMs() + this.#parts.limits.batchLifeMs,
  ): Waiting {
    let resolve = nothing;
    const settled = new Promise<void>((done) => {
      resolve = done;
    });
    this.records += batch.count;
    this.sizeBytes += batch.body.length;
    if (batch.isRepeat) this.#parts.tally.repeated += batch.count;
    // What comes from a spool was tried before.
    return { batch, deadlineMs, settled, resolve, attempts: batch.putBack ? 1 : 0, sentMs: 0 };
  }

  /** Takes back attempts that never answered, leaves out what is too old, and gives the time. */
  #tidy(): number {
    const { limits, spool, tally, clock, onDrop } = this.#parts;
    const nowMs = clock.monotonicMs();
    // As happens to those of a request that was cut off.
    for (const waiting of this.#sending) {
      if (nowMs - waiting.sentMs < limits.attemptTimeoutMs + GRACE_MS) continue;
      this.#sending.delete(waiting);
      const { batch } = waiting;
      tally.lastError = "an attempt never answered";
      // The lost attempt may still read the body: its memory is not used again.
      this.#retry({ ...waiting, batch: batch.putBack ? batch : { ...batch, done: nothing } });
    }
    while (this.#waiting[0]?.deadlineMs < nowMs) this.#drop(this.#waiting.shift()!, "expired");
    const tooOld = spool?.expire();
    if (tooOld) onDrop("expired", tooOld);
    return nowMs;
  }

  #pump(): void {
    const { limits, spool, hasBackgroundTimers } = this.#parts;
    // A request that ends takes with it what it has on its way: a flush alone may send.
    if (!hasBackgroundTimers) return;
    const nowMs = this.#tidy();
    // After a failure one batch alone tries whether the other side is back.
    const slots = this.#failures ? 1 : limits.concurrency;
    while (this.#sending.size < slots && nowMs >= this.#pausedUntilMs && !this.#isClosed) {
      let waiting = this.#waiting.shift();
      const kept = waiting ? undefined : spool?.next();
      if (kept) waiting = this.#enter(kept);
      if (!waiting) break;
      void this.#send(waiting);
    }
    this.#schedule();
  }

  async #send(waiting: Waiting): Promise<void> {
    const { transport, encoder, limits, tally, clock } = this.#parts;
    this.#sending.add(waiting);
    waiting.sentMs = clock.monotonicMs();
    if (waiting.attempts++) tally.retries++;
    // Not AbortSignal.any and timeout, which not every runtime has.
    const stopping = waiting.stopping = new AbortController();
    const timer = setTimeout(
      () => stopping.abort(new DOMException("no answer in time", "TimeoutError")),
      limits.attemptTimeoutMs,
    );
    unref(timer);
    const { body } = waiting.batch;
    const delivery = await transport.send(body, encoder.contentType, stopping.signal);
    clearTimeout(timer);
    // It was given up on, or abandoned at the end: what it says now changes nothing.
    if (!this.#sending.delete(waiting)) return;
    this.#settle(waiting, delivery);
    this.#pump();
  }

  #settle(waiting: Waiting, { kind, reason, rejected = 0, afterMs, sentBytes }: Delivery): void {
    const { tally, onDrop } = this.#parts;
    const { count, body } = waiting.batch;
    if (reason) tally.lastError = reason;
    if (kind === "retry") return this.#retry(waiting, afterMs);
    this.#failures = this.#pausedUntilMs = 0;
    if (kind === "accepted") {
      const lost = Math.min(rejected, count);
      if (lost) onDrop("rejected", lost);
      tally.delivered += count - lost;
      tally.deliveredBytes += sentBytes ?? body.length;
      this.#free(waiting);
    } else if (kind === "rejected" || !this.#split(waiting)) this.#drop(waiting, kind);
  }

  /** For later. `afterMs` is what the other side asks for. */
  #retry(waiting: Waiting, afterMs?: number): void {
    const nowMs = this.#parts.clock.monotonicMs();
    // Attempts that were on their way together fail together: once.
    if (waiting.sentMs >= this.#failedMs) {
      this.#failedMs = nowMs;
      this.#failures++;
    }
    this.#isAsked = afterMs !== undefined;
    const delayMs = retryDelayMs(this.#failures, afterMs);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + delayMs);
    if (this.#park(waiting)) {
      // What waits behind it outlives the process as well.
      this.#waiting = this.#waiting.filter((one) => !this.#park(one));
    } else if (this.#isClosed) this.#drop(waiting, "shutdown");
    else this.#waiting.unshift(waiting);
  }

  /** Leaves a batch to the spool. */
  #park(waiting: Waiting): boolean {
    const { batch } = waiting;
    if (batch.putBack) {
      batch.putBack();
      this.#leave(waiting);
    } else if (this.#parts.spool?.put(batch.body, batch.count)) this.#free(waiting);
    else return false;
    return true;
  }

  /** Too large for the other side: in halves, until a record alone is too large. */
  #split(waiting: Waiting): boolean {
    const parts = (this.#parts.encoder.split?.(waiting.batch.body) ?? []).map((part) =>
      this.#enter({ ...part, done: nothing }, waiting.deadlineMs)
    );
    if (!parts.length) return false;
    this.#waiting.unshift(...parts);
    void Promise.all(parts.map(({ settled }) => settled)).then(waiting.resolve);
    this.#free({ ...waiting, resolve: nothing });
    return true;
  }

  #drop(waiting: Waiting, reason: DropReason): void {
    this.#parts.onDrop(reason, waiting.batch.count);
    this.#free(waiting);
  }

  #free(waiting: Waiting): void {
    waiting.batch.done();
    this.#leave(waiting);
  }

  #leave({ batch, resolve }: Waiting): void {
    this.records -= batch.count;
    this.sizeBytes -= batch.body.length;
    resolve();
  }

  /** Milliseconds until there may be something to do. */
  #wakeInMs(): number {
    const { clock, limits } = this.#parts;
    // While something is on its way, its answer is what is waited for.
    const atMs = Math.min(
      this.#waiting[0]?.deadlineMs ?? Infinity,
      this.#sending.size || !this.#isHolding() ? Infinity : this.#pausedUntilMs,
      ...[...this.#sending].map(({ sentMs }) => sentMs + limits.attemptTimeoutMs + GRACE_MS),
    );
    return Math.min(LONGEST_WAIT_MS, Math.max(1, Math.ceil(atMs - clock.monotonicMs())));
  }

  #isHolding(): boolean {
    return this.#waiting.length > 0 || this.#parts.spool?.records! > 0;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || !(this.#sending.size || this.#isHolding())) return;
    this.#timer = setTimeout(() => this.#pump(), this.#wakeInMs());
    if (!this.#flushes) unref(this.#timer);
  }
}
