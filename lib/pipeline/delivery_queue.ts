import type { Clock } from "../core/clock.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Random } from "../core/random.ts";
import type { DropReason, Tally } from "../core/tally.ts";
import { unref } from "../core/timer.ts";
import { describe } from "./describe.ts";
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
  readonly random: Random;
  readonly tally: Tally;
  /** False where timers don't outlive a request: then `flush` alone makes it go on. */
  readonly hasBackgroundTimers: boolean;
  /** Where batches wait that could not be delivered; default in memory. */
  readonly spool?: SpoolQueue;
  /** Hears of every loss. */
  readonly onDrop: (reason: DropReason, count: number) => void;
}

interface Waiting {
  readonly batch: EncodedBatch;
  /** Monotonic milliseconds after which it is dropped. */
  readonly deadlineMs: number;
  /** Resolves when it was delivered, dropped or spooled. */
  readonly settled: Promise<void>;
  readonly resolve: () => void;
  readonly spooled: SpooledBatch | undefined;
  attempts: number;
  /** When the attempt that runs began. */
  sentMs: number;
  /** Ends the attempt that runs. One each: on an isolate none may outlive the request it is of. */
  stopping: AbortController | undefined;
}

/** How long beyond its timeout an attempt is waited for, before it is taken for lost. */
const GRACE_MS = 2000;
/** Flushes of an isolate that wait at a time until the other side may be asked again. */
const WAITERS_MAX = 2;
/** The longest a timer may be set for. */
const LONGEST_WAIT_MS = 0x7fffffff;

/**
 * Delivers batches in order, a few at once. When the other side fails, it waits as the other side
 * asks, else longer each time, and then tries one batch alone; all that waits is held until it is
 * too old. Where the process may lose its timers (an isolate whose request has ended), an attempt
 * that never answers is given up on, and each flush brings timers of its own.
 */
export class DeliveryQueue {
  readonly #parts: DeliveryParts;
  readonly #waiting: Waiting[] = [];
  readonly #sending = new Set<Waiting>();
  #isClosed = false;
  #records = 0;
  #bytes = 0;
  #failures = 0;
  #failedMs = -Infinity;
  #pausedUntilMs = -Infinity;
  /** True when the other side said how long to wait. */
  #isAsked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters = 0;

  /** Starts nothing. */
  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Records in memory, waiting or on their way. */
  get records(): number {
    return this.#records;
  }

  /** Their bytes. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Takes a batch. */
  add(batch: EncodedBatch): void {
    const { clock, limits } = this.#parts;
    this.#enter(batch, clock.monotonicMs() + limits.batchLifeMs, undefined);
    const waiting = this.#waiting.at(-1)!;
    if ((this.#failures > 0 || this.#isClosed) && this.#park(waiting)) this.#waiting.pop();
    this.#pump();
  }

  /** Resolves when all that is in it now was delivered, dropped or spooled; never rejects. */
  async flush(): Promise<void> {
    if (!this.#parts.hasBackgroundTimers) return await this.#flushHere();
    const all = [...this.#sending, ...this.#waiting].map(({ settled }) => settled);
    let isDone = false;
    const done = Promise.all(all).then(() => {
      isDone = true;
    });
    while (!isDone) {
      this.#pump();
      const pause = sleeper(this.#wakeInMs());
      await Promise.race([done, pause.over]);
      pause.end();
    }
  }

  /**
   * The flush of an isolate. What it finds waiting it sends itself and stays for, so that it ends
   * with the request that it is of, and waits for nothing that another request has on its way: that
   * one stays for it. While the other side is to be left alone, two flushes wait, and what more
   * there is waits with them.
   */
  async #flushHere(): Promise<void> {
    while (!this.#isClosed) {
      const nowMs = this.#parts.clock.monotonicMs();
      this.#tidy(nowMs);
      if (this.#waiting.length === 0) return;
      if (nowMs >= this.#pausedUntilMs) {
        // After a failure one batch alone tries whether the other side is back.
        const mine = this.#waiting.splice(0, this.#failures > 0 ? 1 : this.#waiting.length);
        await Promise.all(mine.map((waiting) => this.#send(waiting, nowMs)));
        continue;
      }
      if (this.#waiters >= WAITERS_MAX) return;
      this.#waiters++;
      await sleeper(this.#wakeInMs()).over;
      this.#waiters--;
    }
  }

  /** Delivers for so long, then drops what is left, counted; never rejects. */
  async close(shutdownMs: number): Promise<void> {
    // A wait of our own making is cut short for a last attempt; one that was asked for is not.
    if (!this.#isAsked) this.#pausedUntilMs = -Infinity;
    const timer = setTimeout(() => this.#abandon(), shutdownMs);
    await this.flush();
    clearTimeout(timer);
    this.#isClosed = true;
  }

  #abandon(): void {
    this.#isClosed = true;
    for (const { stopping } of this.#sending) stopping?.abort();
    for (const waiting of [...this.#sending, ...this.#waiting.splice(0)]) {
      this.#sending.delete(waiting);
      if (!this.#park(waiting)) this.#drop(waiting, "shutdown");
    }
  }

  #enter(batch: EncodedBatch, deadlineMs: number, spooled: SpooledBatch | undefined): void {
    let resolve = () => {};
    const settled = new Promise<void>((done) => {
      resolve = done;
    });
    // What comes from a spool was tried before.
    const attempts = spooled === undefined ? 0 : 1;
    this.#records += batch.count;
    this.#bytes += batch.body.length;
    this.#waiting.push({
      batch,
      deadlineMs,
      settled,
      resolve,
      spooled,
      attempts,
      sentMs: 0,
      stopping: undefined,
    });
  }

  /** Takes back attempts that never answered, and leaves out what is too old. */
  #tidy(nowMs: number): void {
    this.#giveUp(nowMs);
    while (this.#waiting.length > 0 && this.#waiting[0].deadlineMs < nowMs) {
      this.#drop(this.#waiting.shift()!, "expired");
    }
    const tooOld = this.#parts.spool?.expire() ?? 0;
    if (tooOld > 0) this.#count("expired", tooOld);
  }

  #pump(): void {
    const { clock, limits, hasBackgroundTimers } = this.#parts;
    // A request that ends takes with it what it has on its way: a flush alone may send.
    if (!hasBackgroundTimers) return;
    const nowMs = clock.monotonicMs();
    this.#tidy(nowMs);
    // After a failure one batch alone tries whether the other side is back.
    const slots = this.#failures > 0 ? 1 : limits.concurrency;
    while (this.#sending.size < slots && nowMs >= this.#pausedUntilMs && !this.#isClosed) {
      const waiting = this.#waiting.shift() ?? this.#unspool();
      if (waiting === undefined) break;
      void this.#send(waiting, nowMs);
    }
    this.#schedule();
  }

  /** Attempts that never answered, as happens to those of a request that was cut off. */
  #giveUp(nowMs: number): void {
    const { attemptTimeoutMs } = this.#parts.limits;
    for (const waiting of this.#sending) {
      if (nowMs - waiting.sentMs < attemptTimeoutMs + GRACE_MS) continue;
      this.#sending.delete(waiting);
      // The lost attempt may still read the body: its memory is not used again.
      const batch = { ...waiting.batch, release: () => {} };
      this.#retry({ ...waiting, batch }, { kind: "retry", reason: "an attempt never answered" });
    }
  }

  #unspool(): Waiting | undefined {
    const { spool, tally, limits, clock } = this.#parts;
    const kept = spool?.next();
    if (kept === undefined) return undefined;
    if (kept.isRepeat) tally.repeated += kept.count;
    const batch = { body: kept.body, count: kept.count, release: () => {} };
    this.#enter(batch, clock.monotonicMs() + limits.batchLifeMs, kept);
    return this.#waiting.pop();
  }

  async #send(waiting: Waiting, nowMs: number): Promise<void> {
    this.#sending.add(waiting);
    waiting.sentMs = nowMs;
    if (waiting.attempts++ > 0) this.#parts.tally.retries++;
    const delivery = await this.#attempt(waiting);
    // It was given up on, or abandoned at the end: what it says now changes nothing.
    if (!this.#sending.delete(waiting)) return;
    this.#settle(waiting, delivery);
    this.#pump();
  }

  async #attempt(waiting: Waiting): Promise<Delivery> {
    const { transport, encoder, limits } = this.#parts;
    // Not AbortSignal.any and timeout, which not every runtime has.
    const stopping = waiting.stopping = new AbortController();
    const timer = setTimeout(
      () => stopping.abort(new DOMException("no answer in time", "TimeoutError")),
      limits.attemptTimeoutMs,
    );
    unref(timer);
    try {
      return await transport.send(waiting.batch.body, encoder.contentType, stopping.signal);
    } catch (thrown) {
      // A transport of the user's that breaks its word.
      return { kind: "rejected", reason: `transport threw: ${describe(thrown)}` };
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(waiting: Waiting, delivery: Delivery): void {
    const { tally } = this.#parts;
    const { batch } = waiting;
    if (delivery.kind === "retry") return this.#retry(waiting, delivery);
    this.#failures = 0;
    this.#pausedUntilMs = -Infinity;
    if (delivery.kind === "rejected") {
      tally.lastError = delivery.reason;
      return this.#drop(waiting, "rejected");
    }
    if (delivery.kind === "too_large") {
      tally.lastError = delivery.reason;
      return this.#split(waiting);
    }
    const rejected = Math.min(delivery.rejected, batch.count);
    if (rejected > 0) this.#count("rejected", rejected);
    if (delivery.message !== undefined) tally.lastError = delivery.message;
    tally.delivered += batch.count - rejected;
    tally.deliveredBytes += delivery.sentBytes ?? batch.body.length;
    this.#leave(waiting);
  }

  #retry(waiting: Waiting, delivery: Extract<Delivery, { kind: "retry" }>): void {
    const { clock, random, tally } = this.#parts;
    const nowMs = clock.monotonicMs();
    tally.lastError = delivery.reason;
    // Attempts that ran side by side fail for one reason, once.
    if (waiting.sentMs >= this.#failedMs) {
      this.#failedMs = nowMs;
      this.#failures++;
    }
    const delayMs = retryDelayMs(this.#failures, delivery.afterMs, random);
    this.#isAsked = delivery.afterMs !== undefined;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + delayMs);
    if (this.#park(waiting)) {
      // What waits behind it would be lost with the process as well.
      for (const one of this.#waiting.splice(0)) {
        if (!this.#park(one)) this.#waiting.push(one);
      }
      return;
    }
    if (this.#isClosed) return this.#drop(waiting, "shutdown");
    this.#waiting.unshift(waiting);
  }

  /** Leaves a batch to the spool. */
  #park(waiting: Waiting): boolean {
    const { spool } = this.#parts;
    const { spooled, batch } = waiting;
    if (spooled !== undefined) spooled.putBack();
    else if (spool?.put(batch.body, batch.count) !== true) return false;
    this.#free(waiting);
    return true;
  }

  /** Too large for the other side: in halves, until a record alone is too large. */
  #split(waiting: Waiting): void {
    const parts = this.#parts.encoder.split?.(waiting.batch.body) ?? [];
    if (parts.length === 0) return this.#drop(waiting, "too_large");
    const mine = this.#waiting.splice(0);
    for (const part of parts) {
      this.#enter({ ...part, release: () => {} }, waiting.deadlineMs, undefined);
    }
    Promise.all(this.#waiting.map(({ settled }) => settled)).then(waiting.resolve);
    this.#waiting.push(...mine);
    waiting.spooled?.done();
    this.#records -= waiting.batch.count;
    this.#bytes -= waiting.batch.body.length;
    waiting.batch.release();
  }

  #drop(waiting: Waiting, reason: DropReason): void {
    this.#count(reason, waiting.batch.count);
    this.#leave(waiting);
  }

  #count(reason: DropReason, count: number): void {
    this.#parts.tally.drop(reason, count);
    this.#parts.onDrop(reason, count);
  }

  #leave(waiting: Waiting): void {
    waiting.spooled?.done();
    this.#free(waiting);
  }

  #free({ batch, resolve }: Waiting): void {
    this.#records -= batch.count;
    this.#bytes -= batch.body.length;
    batch.release();
    resolve();
  }

  /** Milliseconds until there may be something to do. */
  #wakeInMs(): number {
    const { clock, limits, spool } = this.#parts;
    let atMs = Infinity;
    for (const { sentMs } of this.#sending) {
      atMs = Math.min(atMs, sentMs + limits.attemptTimeoutMs + GRACE_MS);
    }
    if (this.#waiting.length > 0) atMs = Math.min(atMs, this.#waiting[0].deadlineMs);
    // While something is on its way, its answer is what is waited for.
    const isHeld = this.#waiting.length > 0 || (spool?.records ?? 0) > 0;
    if (isHeld && this.#sending.size === 0) atMs = Math.min(atMs, this.#pausedUntilMs);
    const inMs = atMs - clock.monotonicMs();
    return Math.ceil(Math.min(LONGEST_WAIT_MS, Math.max(1, inMs)));
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const isIdle = this.#sending.size === 0 && this.#waiting.length === 0 &&
      (this.#parts.spool?.records ?? 0) === 0;
    if (isIdle || this.#isClosed) return;
    this.#timer = setTimeout(() => this.#pump(), this.#wakeInMs());
    unref(this.#timer);
  }
}

/** A wait that can be ended early; it keeps the process alive, as who flushes waits for it. */
function sleeper(durationMs: number): { readonly over: Promise<void>; readonly end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, durationMs);
  });
  return { over, end: () => clearTimeout(timer) };
}
