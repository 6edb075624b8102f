/** Why a record was dropped; each has its own count in {@linkcode SignalHealth}. */
export type DropReason =
  /** The queue was at its limit of records or bytes. */
  | "queue_full"
  /** Writing it threw: a getter of the user's, a Proxy. */
  | "unencodable"
  /** Alone larger than a batch may be. */
  | "too_large"
  /** The other side refused it for good. */
  | "rejected"
  /** It could not be delivered within its time. */
  | "expired"
  /** A decision about its trace, or a limit that was asked for, left it out. */
  | "sampled"
  /** Made room for others before there was a decision. */
  | "evicted"
  /** Telemetry was shut down before, or while, it was queued. */
  | "shutdown";

/** The books of one signal at one destination: `created = delivered + sum(dropped) + queued`. */
export interface SignalHealth {
  /** Records handed to the destination. */
  readonly created: number;
  /** Records the other side has. */
  readonly delivered: number;
  /** Records lost, by reason; a reason without loss is absent. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Records waiting or on their way. */
  readonly queued: number;
  /** Bytes waiting or on their way. */
  readonly queuedBytes: number;
  /** Bytes delivered, as sent. */
  readonly deliveredBytes: number;
  /** Requests sent again. */
  readonly retries: number;
  /**
   * Records that were sent again although the other side may have them: a process that spools ended
   * while it sent them.
   */
  readonly repeated: number;
  /** Values that were cut or left out of records, each said on its record; absent when none was. */
  readonly truncated?: number;
  /** The last failure, for people. */
  readonly lastError?: string;
}

/** Counts one signal at one destination, so that nothing is lost without being counted. */
export class Tally {
  /** Records handed to the destination. */
  created = 0;
  /** Records the other side has. */
  delivered = 0;
  /** Bytes delivered. */
  deliveredBytes = 0;
  /** Requests sent again. */
  retries = 0;
  /** Records sent again that the other side may have. */
  repeated = 0;
  /** Values cut or left out of records. */
  truncated = 0;
  /** The last failure, for people. */
  declare lastError?: string;
  readonly #dropped: Partial<Record<DropReason, number>> = {};

  /** Counts `count` records dropped for `reason`. */
  drop(reason: DropReason, count = 1): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  /** A snapshot; what is queued is counted by the queue itself, so that the books can be wrong. */
  health(queued: number, queuedBytes: number): SignalHealth {
    const { truncated, ...books } = this;
    const dropped = { ...this.#dropped };
    return { ...books, dropped, queued, queuedBytes, ...(truncated && { truncated }) };
  }
}
