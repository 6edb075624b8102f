import type { Attributes } from "../core/attributes.ts";
import type { TimeAnchor } from "../core/clock.ts";
import type { Scope, SpanEvent, SpanLink, SpanRecord, StatusCode } from "../core/records.ts";
import { SpanContext } from "../core/span_context.ts";

/** A span with another trace state; everything else is that of the span it was made from. */
export class Resampled extends SpanContext implements SpanRecord {
  readonly #span: SpanRecord;

  /** Other sinks keep the span as it was. */
  constructor(span: SpanRecord, traceStateText: string) {
    const { t0, t1, t2, t3, s0, s1, traceFlags, isRemote } = span;
    super(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, isRemote);
    this.#span = span;
  }

  get name(): string {
    return this.#span.name;
  }
  get kind(): number {
    return this.#span.kind;
  }
  get scope(): Scope {
    return this.#span.scope;
  }
  get parentS0(): number {
    return this.#span.parentS0;
  }
  get parentS1(): number {
    return this.#span.parentS1;
  }
  get isParentRemote(): boolean {
    return this.#span.isParentRemote;
  }
  get parentSpanId(): string {
    return this.#span.parentSpanId;
  }
  get startMonotonicMs(): number {
    return this.#span.startMonotonicMs;
  }
  get endMonotonicMs(): number {
    return this.#span.endMonotonicMs;
  }
  get startEpochMs(): number {
    return this.#span.startEpochMs;
  }
  get durationMs(): number {
    return this.#span.durationMs;
  }
  get anchor(): TimeAnchor {
    return this.#span.anchor;
  }
  get startAttributes(): Attributes | undefined {
    return this.#span.startAttributes;
  }
  get laterKeys(): readonly string[] | undefined {
    return this.#span.laterKeys;
  }
  get laterValues(): readonly unknown[] | undefined {
    return this.#span.laterValues;
  }
  get attributeLimit(): number {
    return this.#span.attributeLimit;
  }
  get droppedAttributes(): number {
    return this.#span.droppedAttributes;
  }
  get events(): readonly SpanEvent[] | undefined {
    return this.#span.events;
  }
  get droppedEvents(): number {
    return this.#span.droppedEvents;
  }
  get links(): readonly SpanLink[] | undefined {
    return this.#span.links;
  }
  get droppedLinks(): number {
    return this.#span.droppedLinks;
  }
  get statusCode(): StatusCode {
    return this.#span.statusCode;
  }
  get statusMessage(): string {
    return this.#span.statusMessage;
  }
  get transactionId(): string | undefined {
    return this.#span.transactionId;
  }
  limitAttributes(): void {
    this.#span.limitAttributes();
  }
  attribute(key: string): unknown {
    return this.#span.attribute(key);
  }
  attributes(): Record<string, unknown> {
    return this.#span.attributes();
  }
}
