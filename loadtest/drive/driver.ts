/** How a slot is loaded. */
export type Load =
  /** Each connection asks again when it was answered, for so long. */
  | { readonly mode: "closed"; readonly durationMs: number }
  /** Requests arrive at these milliseconds from the start, whatever the server does. */
  | { readonly mode: "open"; readonly arrivalsMs: readonly number[] };

/** What a slot of load came to. */
export interface Slot {
  /** Requests that were answered. */
  readonly requests: number;
  /** Answers of 400 and above, and requests that were never answered. */
  readonly errors: number;
  /** From the start to the last answer. */
  readonly seconds: number;
  /** Requests that the generator itself sent over a millisecond late: not the server's doing. */
  readonly late: number;
  /** Requests that were due and never sent; default 0. */
  readonly unsent?: number;
  /** The part of its core that the generator had work for; left out where unknown. */
  readonly busy?: number;
}

/** Loads one target over connections that stay open between slots. */
export interface Driver {
  /**
   * Loads it once. Latencies are from the moment that a request was due, so that a server which
   * stalls can't hide it (coordinated omission).
   */
  slot(load: Load, onLatencyUs: (latencyUs: number) => void): Promise<Slot>;
  /** Closes the connections. */
  close(): Promise<void>;
}
