/** What became of a batch: the only thing that ever comes back from a transport. */
export type Delivery = Accepted | Retry | Rejected;

/** The other side has it. */
export interface Accepted {
  /** Tells the three apart. */
  readonly kind: "accepted";
  /** How many records of the batch it refused (OTLP partial success); never sent again. */
  readonly rejected: number;
  /** Its words on that, or a warning when nothing was refused. */
  readonly message?: string;
}

/** Not now: the batch may be sent again. */
export interface Retry {
  /** Tells the three apart. */
  readonly kind: "retry";
  /** Why, for people: never holds a header or a secret. */
  readonly reason: string;
  /** Milliseconds the other side asked to wait, when it did. */
  readonly afterMs?: number;
}

/** Never: sending the same bytes again can't help. */
export interface Rejected {
  /** Tells the three apart. */
  readonly kind: "rejected";
  /** Why, for people: never holds a header or a secret. */
  readonly reason: string;
}
