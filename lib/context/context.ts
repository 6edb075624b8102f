import type { SpanContext } from "../core/span_context.ts";
import type { Baggage } from "../propagation/baggage.ts";

/**
 * What travels with a piece of work besides its span: the parent of what starts next, baggage and
 * the transaction. Immutable. A span of this process is a context too, so none is made for it.
 */
export class Context {
  // Declared and not defined: the constructor alone writes them, in less code.
  /** The parent of a span that starts here: of this process or remote; undefined: a new trace. */
  declare readonly parent: SpanContext | undefined;
  /** Names and values that go along to every service (W3C Baggage). */
  declare readonly baggage: Baggage | undefined;
  /** The transaction this belongs to. */
  declare readonly transactionId: string | undefined;
  /** A context of OpenTelemetry's API that this one stands for; its other values go along. */
  declare readonly foreign: ForeignContext | undefined;

  /** All parts are optional; `new Context()` is a context that says nothing. */
  constructor(
    parent?: SpanContext,
    baggage?: Baggage,
    transactionId?: string,
    foreign?: ForeignContext,
  ) {
    this.parent = parent;
    this.baggage = baggage;
    this.transactionId = transactionId;
    this.foreign = foreign;
  }
}

/** A context of OpenTelemetry's API, by its shape. */
export interface ForeignContext {
  /** The value of a key, or undefined. */
  getValue(key: symbol): unknown;
  /** With this value. */
  setValue(key: symbol, value: unknown): ForeignContext;
  /** Without a value for the key. */
  deleteValue(key: symbol): ForeignContext;
}

/** Anything that can be active: a span of this process, or a context. */
export type Active = Context | (SpanContext & Carried);

/** The part of a span that travels on from it. */
export interface Carried {
  /** Names and values that go along. */
  readonly baggage: Baggage | undefined;
  /** The transaction it belongs to. */
  readonly transactionId: string | undefined;
  /** A context of OpenTelemetry's API whose other values go along. */
  readonly foreign: ForeignContext | undefined;
}

/** The parent of a span that starts while `active` is active. */
export function parentOf(active: Active | undefined): SpanContext | undefined {
  return active instanceof Context ? active.parent : active;
}
