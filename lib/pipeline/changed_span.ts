import type { Attributes } from "../core/attributes.ts";
import type { TimeAnchor } from "../core/clock.ts";
import type { Scope, SpanEvent, SpanLink, SpanRecord, StatusCode } from "../core/records.ts";
import { SpanContext } from "../core/span_context.ts";

/** What a layer changes of a span. */
export interface SpanChanges {
  /** Another trace state. */
  readonly traceStateText?: string;
  readonly name?: string;
  readonly statusMessage?: string;
  /** All attributes, in place of the span's own. */
  readonly attributes?: Attributes;
  readonly events?: readonly SpanEvent[];
}

/** A span of which some is changed; everything else is that of the span it was made from. */
export class ChangedSpan extends SpanContext implements SpanRecord {
  readonly #span: SpanRecord;
  readonly name: string;
  readonly statusMessage: string;
  readonly events: readonly SpanEvent[] | undefined;
  /** In place of the span's own; undefined when those stay. */
  #attributes: Attributes | undefined;
  #dropped = 0;

  /** Other sinks keep the span as it was. */
  constructor(span: SpanRecord, changes: SpanChanges) {
    const { t0, t1, t2, t3, s0, s1, traceFlags, isRemote } = span;
    const traceStateText = changes.traceStateText ?? span.traceStateText;
    super(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, isRemote);
    this.#span = span;
    this.name = changes.name ?? span.name;
    this.statusMessage = changes.statusMessage ?? span.statusMessage;
    this.events = changes.events ?? span.events;
    this.#attributes = changes.attributes;
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
  get localParent(): SpanRecord | undefined {
    return this.#span.localParent;
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
    return this.#attributes ?? this.#span.startAttributes;
  }
  get laterKeys(): readonly string[] | undefined {
    return this.#attributes === undefined ? this.#span.laterKeys : undefined;
  }
  get laterValues(): readonly unknown[] | undefined {
    return this.#attributes === undefined ? this.#span.laterValues : undefined;
  }
  get attributeLimit(): number {
    return this.#span.attributeLimit;
  }
  get droppedAttributes(): number {
    return this.#span.droppedAttributes + this.#dropped;
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
  get transactionId(): string | undefined {
    return this.#span.transactionId;
  }
  limitAttributes(): void {
    if (this.#attributes === undefined) return this.#span.limitAttributes();
    const entries = Object.entries(this.#attributes);
    if (entries.length <= this.attributeLimit) return;
    this.#attributes = Object.fromEntries(entries.slice(0, this.attributeLimit));
    this.#dropped = entries.length - this.attributeLimit;
  }
  attribute(key: string): unknown {
    const own = this.#attributes;
    if (own === undefined) return this.#span.attribute(key);
    return Object.hasOwn(own, key) ? own[key] : undefined;
  }
  attributes(): Record<string, unknown> {
    return this.#attributes === undefined ? this.#span.attributes() : { ...this.#attributes };
  }
}
