import { unref } from "../core/timer.ts";
import type { Clock } from "../core/clock.ts";
import { type DropReason, type SignalHealth, Tally } from "../core/tally.ts";
import { truncation } from "../core/value.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import { simpleText } from "../core/simple_text.ts";
import type { ExporterLimits } from "./exporter_limits.ts";
import type { BatchEncoder } from "./encoder.ts";
import type { SpoolQueue } from "./spool.ts";
import type { Transport } from "./transport.ts";

/** What an exporter needs. */
export interface ExporterParts<R> {
  readonly encoder: BatchEncoder<R>;
  readonly transport: Transport;
  readonly limits: ExporterLimits;
  readonly clock: Clock;
  /** False where timers don't outlive a request. */
  readonly hasBackgroundTimers: boolean;
  /** Where batches wait that could not be delivered; default in memory. */
  readonly spool?: SpoolQueue;
  /** Hears of losses, at most once a minute. */
  readonly report?: (message: string) => void;
  /** Who reports. */
  readonly name?: string;
}

/** Losses are told at most once in so long; every one is counted. */
const REPORT_EVERY_MS = 60_000;

/**
 * Batches the records of one signal and sends them: bounded, counted, and never on the user's
 * path. `created = delivered + dropped + queued` at every moment.
 */
export class Exporter<R> {
  readonly #parts: ExporterParts<R>;
  readonly #tally = new Tally();
  readonly #queue: DeliveryQueue;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reportedMs: number | undefined;
  #shutdown: Promise<void> | undefined;

  /** Starts nothing: the first record does. */
  constructor(parts: ExporterParts<R>) {
    this.#parts = parts;
    this.#queue = new DeliveryQueue({
      ...parts,
      tally: this.#tally,
      onDrop: (reason, count) => this.#drop(reason, count),
    });
    // What an earlier process left is this one's to deliver.
    this.#tally.created = parts.spool?.records ?? 0;
  }

  /** Writes a record into the open batch, or counts why not. Never throws. */
  offer(record: R): void {
    const { encoder, limits, hasBackgroundTimers } = this.#parts;
    const tally = this.#tally;
    tally.created++;
    if (this.#shutdown) return this.#drop("shutdown");
    if (
      this.#queue.records + encoder.count >= limits.queueRecords ||
      this.#queue.sizeBytes + encoder.sizeBytes >= limits.queueBytes
    ) return this.#drop("queue_full");
    const cutsBefore = truncation.count;
    try {
      encoder.append(record);
      tally.truncated += truncation.count - cutsBefore;
    } catch (thrown) {
      tally.lastError = `unencodable: ${simpleText(thrown)}`;
      return this.#drop("unencodable");
    }
    if (encoder.count >= limits.batchRecords || encoder.sizeBytes >= limits.batchBytes) {
      this.#seal();
    } else if (this.#timer === undefined && hasBackgroundTimers) {
      this.#timer = setTimeout(() => this.#seal(), limits.batchAgeMs);
      unref(this.#timer);
    }
  }

  #drop(reason: DropReason, count = 1): void {
    const { report, clock, name } = this.#parts;
    const tally = this.#tally;
    tally.drop(reason, count);
    const nowMs = clock.monotonicMs();
    if (!report || nowMs - this.#reportedMs! < REPORT_EVERY_MS) return;
    this.#reportedMs = nowMs;
    const why = tally.lastError ? `: ${tally.lastError}` : "";
    report(`${name} dropped ${count} (${reason})${why}; health() counts every loss`);
  }

  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { encoder } = this.#parts;
    if (encoder.count) this.#queue.add(encoder.take());
  }

  /** Resolves when all offered before was delivered, dropped or spooled; never rejects. */
  flush(): Promise<void> {
    this.#seal();
    return this.#queue.flush();
  }

  /** Flushes within `shutdownMs`, then drops what is left, counted; never rejects. */
  shutdown(): Promise<void> {
    if (!this.#shutdown) {
      this.#seal();
      this.#shutdown = this.#queue.close(this.#parts.limits.shutdownMs);
    }
    return this.#shutdown;
  }

  /** The books. */
  health(): SignalHealth {
    const { encoder, spool } = this.#parts;
    const { records = 0, sizeBytes = 0 } = spool ?? {};
    return this.#tally.health(
      this.#queue.records + encoder.count + records,
      this.#queue.sizeBytes + (encoder.count && encoder.sizeBytes) + sizeBytes,
    );
  }
}
