/** A span as it is read back. Times in nanoseconds since the epoch. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  /** The instrumentation scope. */
  readonly scope: string;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly isError: boolean;
  readonly statusMessage: string;
  readonly transactionId: string | null;
  readonly attributes: Attributes;
  readonly events: readonly StoredEvent[];
  readonly links: readonly StoredLink[];
  /** What it came from: the resource's attributes. */
  readonly resource: Attributes;
  /** How many spans there were for each one that was sampled. */
  readonly adjustedCount: number;
}

/** Names and values. */
export type Attributes = Readonly<Record<string, unknown>>;

/** An event of a span as it is read back. */
export interface StoredEvent {
  readonly name: string;
  /** Nanoseconds since the epoch, as decimal text. */
  readonly timeNs: string;
  readonly attributes: Attributes;
}

/** A tie of a span to another one, as a message's consumer has to its producer. */
export interface StoredLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** A log line as it is read back. */
export interface StoredLog {
  readonly timeNs: bigint;
  readonly severity: number;
  readonly service: string;
  /** The instrumentation scope: the logger's name. */
  readonly scope: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly transactionId: string | null;
}

/** A trace in one line. */
export interface TraceSummary {
  readonly traceId: string;
  readonly service: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly spans: number;
  readonly errors: number;
  /** How many such traces there were for each one that was sampled. */
  readonly adjustedCount: number;
  /** Those that take part, in the order in which they came. */
  readonly services: readonly string[];
  /** The HTTP status of the root, or null. */
  readonly status: number | null;
}

/** Which traces are wanted. */
export interface TraceFilter {
  /** True: with errors; false: without any. */
  readonly isError?: boolean;
  /** A service that takes part. */
  readonly service?: string;
  /** A part of the name of the root. */
  readonly route?: string;
  /** HTTP status of the root, lowest and highest. */
  readonly status?: readonly [least: number, most: number];
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  /** `name=value`: an attribute of any of its spans. */
  readonly attribute?: string;
  /** Starts at or after, and before: milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** Which lines are wanted. */
export interface LogFilter {
  /** Words that must all be there, in message or attributes. */
  readonly text?: string;
  readonly traceId?: string;
  readonly transactionId?: string;
  readonly service?: string;
  /** `name=value`: an attribute of the line. */
  readonly attribute?: string;
  /** The lowest severity number. */
  readonly minSeverity?: number;
  /** At or after, and before: milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** How many there are at most, newest first, `offset` left out. */
export interface Page {
  readonly limit: number;
  readonly offset?: number;
}

/** How many came when. */
export interface Histogram {
  /** Of the first and after the last bar: milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** What fits, and how many that stands for when some were sampled away. */
  readonly total: number;
  readonly adjusted: number;
  readonly errors: number;
  readonly bars: readonly { readonly count: number; readonly errors: number }[];
}

/** Traces by when they began and how long they took. */
export interface Heatmap {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly columns: number;
  /** The shortest of the lowest row, and how many rows to a tenfold duration. */
  readonly lowMs: number;
  readonly rows: number;
  readonly rowsPerDecade: number;
  readonly total: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Cells that hold traces: column, row from the lowest, traces, those with errors. */
  readonly cells:
    readonly (readonly [column: number, row: number, count: number, errors: number])[];
}

/** A call from one service to another, or a message. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "call" | "message";
  /** Estimated where some were sampled away. */
  readonly requests: number;
  readonly errors: number;
  readonly p95Ms: number;
}

/** What a route of a service did. */
export interface RouteSummary {
  readonly service: string;
  readonly route: string;
  /** Estimated where some were sampled away. */
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** How much a store keeps; the oldest goes first. */
export interface StoreLimits {
  /** Bytes of the database at most; default 1 GiB. */
  readonly bytes: number;
  /** Milliseconds that anything is kept; default a day. */
  readonly ageMs: number;
}

/** The books of one signal: received = kept + duplicates + evicted, since it was opened. */
export interface StoreBooks {
  readonly received: number;
  readonly kept: number;
  /** Came twice: a batch that was sent again. */
  readonly duplicates: number;
  /** Went, since they were the oldest. */
  readonly evicted: number;
}

/** What a store holds. */
export interface StoreState {
  readonly bytes: number;
  readonly limits: StoreLimits;
  readonly spans: StoreBooks;
  readonly logs: StoreBooks;
  readonly points: StoreBooks;
}
