/** What became of a batch: the only thing that ever comes back from a transport. */
export interface Delivery {
  /**
   * - `accepted`: the other side has it.
   * - `retry`: not now; the batch may be sent again.
   * - `rejected`: never; sending the same bytes again can't help.
   * - `too_large`: larger than the other side takes; it is sent in halves.
   */
  readonly kind: "accepted" | "retry" | "rejected" | "too_large";
  /** How many records of an accepted batch were refused (OTLP partial success); default none. */
  readonly rejected?: number;
  /** Why, or a warning, for people: never holds a header or a secret. */
  readonly reason?: string;
  /** Milliseconds the other side asked to wait before the next attempt, when it did. */
  readonly afterMs?: number;
  /** Bytes that were sent, when it is not the batch's length: compressed. */
  readonly sentBytes?: number;
}
