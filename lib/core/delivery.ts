/** What became of a batch: the only thing that ever comes back from a transport. */
export type Delivery = Accepted | Retry | Rejected | TooLarge;

/** The other side has it. */
export interface Accepted {
  /** Tells the four apart. */
  readonly kind: "accepted";
  /** How many records of the batch it refused (OTLP partial success); never sent again. */
  readonly rejected: number;
  /** Its words on that, or a warning when nothing was refused. */
  readonly message?: string;
  /** Bytes that were sent, when it is not the batch's length: compressed. */
  readonly sentBytes?: number;
}

/** Not now: the batch may be sent again. */
export interface Retry {
  /** Tells the four apart. */
  readonly kind: "retry";
  /** Why, for people: never holds a header or a secret. */
  readonly reason: string;
  /** Milliseconds the other side asked to wait, when it did. */
  readonly afterMs?: number;
}

/** Never: sending the same bytes again can't help. */
export interface Rejected {
  /** Tells the four apart. */
  readonly kind: "rejected";
  /** Why, for people: never holds a header or a secret. */
  readonly reason: string;
}

/** Larger than the other side takes: the batch is sent in halves. */
export interface TooLarge {
  /** Tells the four apart. */
  readonly kind: "too_large";
  /** Why, for people: never holds a header or a secret. */
  readonly reason: string;
}
