import type { Clock } from "./clock.ts";
import type { MetricRecord } from "./metric_records.ts";
import type { WrapWorker } from "./worker.ts";
import type { LogRecord, SpanRecord } from "./records.ts";
import type { Resource } from "./resource.ts";
import type { SignalHealth, Tally } from "./tally.ts";

/**
 * Where records go. Every method is optional: a sink that takes no logs has no `onLog`.
 *
 * `onSpan` and `onLog` are called on the user's path: return soon, start no I/O, throw nothing
 * (what is thrown is counted and goes no further).
 */
export interface Sink {
  /** What `health()` calls it; default "sink". */
  readonly name?: string;
  /**
   * True when milliseconds are fine enough for its log lines. Where all sinks agree, a line's time is
   * read from the wall clock, which costs half of the monotonic one.
   */
  readonly isTimeCoarse?: boolean;
  /** Called once, when telemetry is created; throw here when the setup is wrong. */
  start?(host: SinkHost): void;
  /** A span has ended. */
  onSpan?(span: SpanRecord): void;
  /** A line was written. */
  onLog?(record: LogRecord): void;
  /** Metrics were read; not on the user's path. */
  onMetrics?(metrics: readonly MetricRecord[]): void;
  /** Resolves when all that came before has arrived or was counted as dropped; never rejects. */
  flush?(): Promise<void>;
  /** Flushes and closes for good; may be called twice; never rejects. */
  shutdown?(): Promise<void>;
  /** The books of its destinations. */
  health?(): readonly DestinationHealth[];
}

/** Wraps a sink in another: a filter, a redaction, a tail decision. */
export type Layer = (next: Sink) => Sink;

/** What a sink is told when it starts. */
export interface SinkHost {
  /** Who records: service, version, environment. */
  readonly resource: Resource;
  /** Where time comes from. */
  readonly clock: Clock;
  /** The platform. */
  readonly runtime: Runtime;
  /** Tells people of a loss, in a line; call it seldom. */
  readonly report?: (message: string) => void;
}

/** The books of one destination. */
export interface DestinationHealth {
  /** The sink's name. */
  readonly name: string;
  /** The books of its spans; absent when it takes none. */
  readonly spans?: SignalHealth;
  /** The books of its log records; absent when it takes none. */
  readonly logs?: SignalHealth;
  /** The books of its metrics, one an instrument and reading; absent when it takes none. */
  readonly metrics?: SignalHealth;
}

/**
 * Keeps what is active across calls and awaits: the ambient context. `undefined` is "nothing".
 */
export interface ContextStore {
  /** What is active here. */
  get(): unknown;
  /** Calls `fn` with `value` active in it and in all it awaits. */
  run<A extends unknown[], R>(value: unknown, fn: (...args: A) => R, ...args: A): R;
}

/** Where lines are written to, in their order. */
export interface LineOutput {
  /** The books of its lines. */
  readonly tally: Tally;
  /** Lines that wait. */
  readonly queued: number;
  /** Their characters. */
  readonly queuedBytes: number;
  /** Takes a line, without its line feed; it is written now or soon. Never throws. */
  write(line: string): void;
  /** Writes what waits. */
  flush(): void;
}

/**
 * What the library wants of a platform and Web APIs don't give. All of it is optional: without any
 * it runs everywhere, with explicit context and no environment variables.
 */
export interface Runtime {
  /** Its name, for the resource: "deno", "workerd". */
  readonly name: string;
  /** More about it for the resource, in OpenTelemetry's names. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Ambient context. */
  readonly context?: ContextStore;
  /** Reads an environment variable. */
  readonly env?: (name: string) => string | undefined;
  /** True when standard output is a terminal that shows colour. */
  readonly isColorTerminal?: () => boolean;
  /** Writes a line, without its line feed, to standard output; default `console.log`. */
  readonly writeLine?: (line: string) => void;
  /** The same in batches, with books; it comes before `writeLine`. */
  readonly openLines?: () => LineOutput;
  /** True where the clock stands still between I/O (deployed Workers). */
  readonly isClockFrozen?: boolean;
  /** False where timers don't outlive a request: batches are then sent by `flush` alone. */
  readonly hasBackgroundTimers?: boolean;
  /** Wraps the handlers of a module Worker. */
  readonly wrapWorker?: WrapWorker;
  /** Registers what is to be called once before the process ends. */
  readonly onExit?: (last: () => void | Promise<void>) => void;
  /** Registers what is to be called each time that the program may end without notice. */
  readonly onHide?: (flush: () => void) => void;
}
