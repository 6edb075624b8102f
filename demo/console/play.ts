/** What went through the demo so far: counts that only grow. */
export interface Flow {
  /** When it was read: milliseconds since the epoch. */
  readonly timeMs: number;
  /** Requests sent by the traffic. */
  readonly requests: number;
  /** Of these, declined, out of stock or broken. */
  readonly failures: number;
  /** Spans, log lines and bytes that the services have delivered. */
  readonly spans: number;
  readonly lines: number;
  readonly bytes: number;
  /** Requests that can be seen in the store, and those of them that failed. */
  readonly tracesSeen: number;
  readonly failuresSeen: number;
}

/** What the panel of the demo changes. */
export interface Play {
  settings(): PlaySettings;
  /**
   * Changes some of it.
   *
   * @throws {RangeError} When a level directive can't be read: it says why.
   */
  change(settings: Partial<PlaySettings>): void;
  /** What went through so far. */
  flow(): Flow | Promise<Flow>;
}

/** The settings of a running demo. */
export interface PlaySettings {
  /** A level, or directives like `warn,orders.payments=debug`. */
  readonly level: string;
  /** The part of traces that is sampled, 0 to 1. */
  readonly sampling: number;
  /** What decides where a trace begins: the part above, that but checkouts whole, or a limit. */
  readonly sampler: "ratio" | "rules" | "limit";
  /** On: each service keeps of its part of a trace only errors, slow and rare ones. */
  readonly tail: "off" | "on";
  readonly faults: "off" | "some" | "many";
  /** Requests a second. */
  readonly rate: number;
}
