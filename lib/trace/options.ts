import type { Attributes } from "../core/attributes.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { Active } from "../context/context.ts";
import type { GivenLink } from "./link.ts";

/** The kinds of spans, numbered as in OpenTelemetry's API. */
export const SpanKind = {
  /** Work within the service. */
  INTERNAL: 0,
  /** The answer to a request from elsewhere. */
  SERVER: 1,
  /** A request to elsewhere. */
  CLIENT: 2,
  /** A message sent, to be worked on later. */
  PRODUCER: 3,
  /** A message worked on. */
  CONSUMER: 4,
} as const;

/** One of {@linkcode SpanKind}. */
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind];

/**
 * A moment, as OpenTelemetry's API takes it: milliseconds since the epoch, a reading of
 * `performance.now()`, a Date, or seconds and nanoseconds since the epoch.
 */
export type TimeInput = number | Date | readonly [seconds: number, nanoseconds: number];

/** What a span starts with, but for its name. */
export interface SpanStart {
  /** Its kind; default internal. */
  readonly kind?: SpanKind;
  /**
   * Its first attributes, or a function that gives them, called only when the span is recorded or a
   * sampler asks. Read when the span ends: don't change the object in between.
   */
  readonly attributes?: Attributes | (() => Attributes);
  /** Ties to other spans. */
  readonly links?: readonly GivenLink[];
  /** Its start; default now. */
  readonly startTime?: TimeInput;
  /** True: begins a new trace whatever is active. */
  readonly root?: boolean;
  /** Its parent, in place of the active one. */
  readonly parent?: SpanContext;
  /**
   * The context it starts in, in place of the active one: its parent, baggage and transaction. With
   * `root: true` only baggage and transaction are taken over.
   */
  readonly context?: Active;
}

/** What a span starts with. */
export interface SpanOptions extends SpanStart {
  /** What the span is about: few different names, details go into attributes. */
  readonly name: string;
}
