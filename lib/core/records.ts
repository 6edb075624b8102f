import type { Attributes } from "./attributes.ts";
import type { TimeAnchor } from "./clock.ts";
import type { SpanContext } from "./span_context.ts";

/** The part of a program that records: OpenTelemetry's instrumentation scope. */
export interface Scope {
  /** Its name: a module, a library, a target. */
  readonly name: string;
  /** Its version; the empty string when it has none. */
  readonly version: string;
}

/** Something that happened at a moment within a span. */
export interface SpanEvent {
  /** What happened. */
  readonly name: string;
  /** When, on the monotonic clock. */
  readonly monotonicMs: number;
  /** Details. */
  readonly attributes: Attributes | undefined;
  /** Attributes not kept because of the limit; default 0. */
  readonly droppedAttributes?: number;
}

/** A tie to a span that is not the parent: the producer of a message, a batch's members. */
export interface SpanLink {
  /** The other span. */
  readonly context: SpanContext;
  /** Details. */
  readonly attributes?: Attributes | undefined;
  /** Attributes not kept because of the limit; default 0. */
  readonly droppedAttributes?: number;
}

/**
 * The status of a span. The numbers are those of OpenTelemetry: 0 unset, 1 ok, 2 error.
 */
export type StatusCode = 0 | 1 | 2;

/**
 * A span that has ended, as a sink sees it. Readonly, and its own storage: nothing was copied for
 * the sink, so read it in the call and keep no more of it than you need.
 */
export interface SpanRecord extends SpanContext {
  /** What the span is about. */
  readonly name: string;
  /** OpenTelemetry's span kind: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  /** The part of the program that made it. */
  readonly scope: Scope;
  /** Bytes 0-3 of the parent's span id; with {@linkcode SpanRecord.parentS1} zero: no parent. */
  readonly parentS0: number;
  /** Bytes 4-7 of the parent's span id. */
  readonly parentS1: number;
  /** True when the parent is in another process. */
  readonly isParentRemote: boolean;
  /** The parent, where it is a span of this process that is known; undefined for a local root. */
  readonly localParent?: SpanRecord | undefined;
  /** The parent's span id as hex; the empty string for a root. */
  readonly parentSpanId: string;
  /** Start on the monotonic clock. */
  readonly startMonotonicMs: number;
  /** End on the monotonic clock. */
  readonly endMonotonicMs: number;
  /** Start in milliseconds since the epoch. */
  readonly startEpochMs: number;
  /** Duration in milliseconds. */
  readonly durationMs: number;
  /** Ties the monotonic clock to the wall clock. */
  readonly anchor: TimeAnchor;
  /** The attributes given at the start; one of {@linkcode SpanRecord.laterKeys} may replace some. */
  readonly startAttributes: Attributes | undefined;
  /** Names set after the start, each once, in order; `laterValues` has their values. */
  readonly laterKeys: readonly string[] | undefined;
  /** The values of {@linkcode SpanRecord.laterKeys}. */
  readonly laterValues: readonly unknown[] | undefined;
  /** How many attributes it may have. An encoder that finds more calls `limitAttributes` first. */
  readonly attributeLimit: number;
  /** Leaves out the attributes past the limit and counts them. */
  limitAttributes(): void;
  /** Attributes not kept because of the limit. */
  readonly droppedAttributes: number;
  /** What happened within. */
  readonly events: readonly SpanEvent[] | undefined;
  /** Events not kept because of the limit. */
  readonly droppedEvents: number;
  /** Ties to other spans. */
  readonly links: readonly SpanLink[] | undefined;
  /** Links not kept because of the limit. */
  readonly droppedLinks: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: StatusCode;
  /** Why it is an error; the empty string otherwise. */
  readonly statusMessage: string;
  /** The transaction it belongs to, which outlives a trace; undefined when there is none. */
  readonly transactionId: string | undefined;
  /** The value of one attribute, or undefined. */
  attribute(key: string): unknown;
  /** All attributes as a new object. */
  attributes(): Record<string, unknown>;
}

/** A log line, as a sink sees it. */
export interface LogRecord {
  /** When, on the clock of its anchor: the monotonic one, or the wall clock itself. */
  readonly monotonicMs: number;
  /** Ties the monotonic clock to the wall clock. */
  readonly anchor: TimeAnchor;
  /** OpenTelemetry's severity number: 1 trace, 5 debug, 9 info, 13 warn, 17 error. */
  readonly severity: number;
  /** What happened, for people. */
  readonly message: string;
  /** The details of this call. */
  readonly fields: Attributes | undefined;
  /** The details of the logger: those given to `child`. */
  readonly bindings: Attributes | undefined;
  /** The part of the program that wrote it. */
  readonly scope: Scope;
  /** The span it was written in. */
  readonly span: SpanContext | undefined;
  /** The transaction it belongs to, which outlives a trace. */
  readonly transactionId: string | undefined;
  /** The name of the event when the line is one (OpenTelemetry's event name). */
  readonly eventName: string | undefined;
}
