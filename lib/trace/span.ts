import type { Attributes } from "../core/attributes.ts";
import type { Clock, TimeAnchor } from "../core/clock.ts";
import type { Scope, SpanEvent, SpanLink, SpanRecord, StatusCode } from "../core/records.ts";
import { SpanContext } from "../core/span_context.ts";
import type { Active, ForeignContext } from "../context/context.ts";
import type { Logger } from "../log/logger.ts";
import type { Baggage } from "../propagation/baggage.ts";
import { exceptionAttributes } from "./exception.ts";
import type { TraceState } from "../propagation/tracestate.ts";
import { asSpanContext, type GivenLink } from "./link.ts";
import { limitAttributes, type SpanLimits } from "./limits.ts";
import { spanEvent } from "./event.ts";
import type { SpanOptions, TimeInput } from "./options.ts";
import type { OpenSpan, TracerShared } from "./shared.ts";
import { type SpanStatus, statusCodeOf } from "./status.ts";
import { toMonotonicMs } from "./time_input.ts";

/** What spans need of the tracer that made them. */
export interface SpanHost {
  /** Where time comes from. */
  readonly clock: Clock;
  /** How much a span may hold. */
  readonly limits: SpanLimits;
  /** What its spans are said to come from. */
  readonly scope: Scope;
  /** True where the clock stands still between I/O, so that a duration of 0 says nothing. */
  readonly isClockFrozen: boolean;
  /** The counts of all tracers of one telemetry. */
  readonly shared: TracerShared;
  /** Takes a span that has ended. */
  finish(span: Span): void;
  /** Starts a span in a context. */
  start(
    active: Active | undefined,
    options: SpanOptions | string,
    attributes: Attributes | undefined,
  ): Span;
  /** Starts a span in a context and ends it when `callback` is done. */
  runIn<R>(
    active: Active | undefined,
    options: SpanOptions | string,
    attributes: Attributes | undefined,
    callback: (span: Span) => R,
  ): R;
  /** The ids, flags and trace state of a span alone. */
  contextOf(span: Span): SpanContext;
  /** The logger whose lines belong to `active`. */
  loggerIn(active: Active): Logger;
}

/** What the spans of one trace share in this process. */
export interface LocalTrace {
  /** The tracer that made them. */
  readonly host: SpanHost;
  /** Ties the monotonic clock to the wall clock. */
  readonly anchor: TimeAnchor;
  /** The transaction they belong to. */
  readonly transactionId: string | undefined;
}

/**
 * A piece of work with a start and an end. It is its own record: what sinks are handed at the end
 * is this object. It is also a {@linkcode SpanContext}, and a context that others can start in.
 *
 * Its methods are those of `Span` in OpenTelemetry's API, and a few more. None of them throws.
 */
export class Span extends SpanContext implements SpanRecord, OpenSpan {
  // Declared and not defined: each is written once, by the constructor, which halves what it costs.
  /** What it shares with the other spans of its trace in this process. */
  declare readonly trace: LocalTrace;
  /** The span it is below, of this process or remote; undefined: it begins a trace. */
  declare readonly parent: SpanContext | undefined;
  declare readonly kind: number;
  /** Names and values that go along to every service. */
  declare readonly baggage: Baggage | undefined;
  /** A context of OpenTelemetry's API whose other values go along. */
  declare readonly foreign: ForeignContext | undefined;
  declare startAttributes: Attributes | undefined;
  declare readonly startMonotonicMs: number;
  declare name: string;
  declare endMonotonicMs: number;
  declare laterKeys: string[] | undefined;
  declare laterValues: unknown[] | undefined;
  declare droppedAttributes: number;
  declare events: SpanEvent[] | undefined;
  declare droppedEvents: number;
  declare links: SpanLink[] | undefined;
  declare droppedLinks: number;
  declare statusCode: StatusCode;
  declare statusMessage: string;
  /** For the list of open spans. */
  declare before: OpenSpan | undefined;
  /** For the list of open spans. */
  declare after: OpenSpan | undefined;
  /** 0 never recorded, 1 recording, 2 ended. */
  #state: number;

  /** For the tracer; use `span()` or `startSpan()`. */
  constructor(
    trace: LocalTrace,
    t0: number,
    t1: number,
    t2: number,
    t3: number,
    s0: number,
    s1: number,
    parent: SpanContext | undefined,
    traceFlags: number,
    traceStateText: string,
    name: string,
    kind: number,
    attributes: Attributes | undefined,
    active: Active | undefined,
    startMonotonicMs: number,
    isRecording: boolean,
  ) {
    super(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, false);
    this.trace = trace;
    this.parent = parent;
    this.kind = kind;
    this.baggage = active?.baggage;
    this.foreign = active?.foreign;
    this.startAttributes = attributes;
    this.startMonotonicMs = startMonotonicMs;
    this.name = name;
    this.endMonotonicMs = -1;
    this.laterKeys = undefined;
    this.laterValues = undefined;
    this.droppedAttributes = 0;
    this.events = undefined;
    this.droppedEvents = 0;
    this.links = undefined;
    this.droppedLinks = 0;
    this.statusCode = 0;
    this.statusMessage = "";
    this.before = undefined;
    this.after = undefined;
    this.#state = isRecording ? 1 : 0;
  }

  get parentS0(): number {
    return this.parent?.s0 ?? 0;
  }

  get parentS1(): number {
    return this.parent?.s1 ?? 0;
  }

  get isParentRemote(): boolean {
    return this.parent?.isRemote ?? false;
  }

  /** The span around it in this process. */
  get localParent(): Span | undefined {
    return this.parent instanceof Span ? this.parent : undefined;
  }

  get scope(): Scope {
    return this.trace.host.scope;
  }

  get anchor(): TimeAnchor {
    return this.trace.anchor;
  }

  get transactionId(): string | undefined {
    return this.trace.transactionId;
  }

  get parentSpanId(): string {
    return this.parent?.spanId ?? "";
  }

  get startEpochMs(): number {
    return this.trace.anchor.wallMs(this.startMonotonicMs);
  }

  get durationMs(): number {
    return Math.max(0, this.endMonotonicMs - this.startMonotonicMs);
  }

  attribute(key: string): unknown {
    const index = this.laterKeys?.indexOf(key) ?? -1;
    if (index >= 0) return this.laterValues![index];
    const start = this.startAttributes;
    return start !== undefined && Object.hasOwn(start, key) ? start[key] : undefined;
  }

  get attributeLimit(): number {
    return this.trace.host.limits.attributes;
  }

  limitAttributes(): void {
    const { attributes: most, valueLength } = this.trace.host.limits;
    const { attributes, droppedAttributes } = limitAttributes(
      this.attributes(),
      most,
      valueLength,
    );
    this.startAttributes = attributes;
    this.laterKeys = this.laterValues = undefined;
    this.droppedAttributes += droppedAttributes;
  }

  attributes(): Record<string, unknown> {
    const all: Record<string, unknown> = Object.assign(Object.create(null), this.startAttributes);
    this.laterKeys?.forEach((key, index) => all[key] = this.laterValues![index]);
    return all;
  }

  /** The ids, flags and trace state alone, without what the span holds. */
  spanContext(): SpanContext & { readonly traceState?: TraceState } {
    return this.trace.host.contextOf(this);
  }

  /** True until the end of a span that is recorded; work for attributes is wasted otherwise. */
  isRecording(): boolean {
    return this.#state === 1;
  }

  /** True for a span that is or was recorded. */
  get isRecorded(): boolean {
    return this.#state !== 0;
  }

  /** Sets one attribute; a later value replaces an earlier one. */
  setAttribute(key: string, value: unknown): this {
    if (this.#state !== 1) return this.#late(key, value);
    if (this.laterKeys === undefined) {
      this.laterKeys = [key];
      this.laterValues = [value];
      return this;
    }
    const index = this.laterKeys.indexOf(key);
    if (index >= 0) this.laterValues![index] = value;
    else if (this.laterKeys.length >= this.trace.host.limits.attributes) this.droppedAttributes++;
    else {
      this.laterKeys.push(key);
      this.laterValues!.push(value);
    }
    return this;
  }

  /** Sets several attributes. */
  setAttributes(attributes: Attributes): this {
    for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key]);
    return this;
  }

  /** Adds something that happened now, or at `time`. */
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#state !== 1) return this.#refuse();
    const { limits, clock } = this.trace.host;
    const event = spanEvent(name, attributesOrTime, time, limits, this.trace.anchor, clock);
    if (this.events === undefined) this.events = [event];
    else if (this.events.length >= limits.events) this.droppedEvents++;
    else this.events.push(event);
    return this;
  }

  /** Adds a tie to another span; one whose ids are malformed is counted as dropped. */
  addLink(link: GivenLink): this {
    if (this.#state !== 1) return this.#refuse();
    const { limits } = this.trace.host;
    const context = asSpanContext(link.context);
    if (context === undefined || (this.links?.length ?? 0) >= limits.links) {
      this.droppedLinks++;
      return this;
    }
    const { linkAttributes, valueLength } = limits;
    const kept = { context, ...limitAttributes(link.attributes, linkAttributes, valueLength) };
    if (this.links === undefined) this.links = [kept];
    else this.links.push(kept);
    return this;
  }

  /** Adds several ties. */
  addLinks(links: readonly GivenLink[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  /**
   * Sets the status. Ok is final, and unset never replaces another (OpenTelemetry tracing API,
   * "Set Status").
   */
  setStatus(status: SpanStatus): this {
    if (this.#state !== 1) return this.#refuse();
    const code = statusCodeOf(status);
    if (this.statusCode === 1 || code === 0) return this;
    this.statusCode = code;
    this.statusMessage = code === 2 ? status.message ?? "" : "";
    return this;
  }

  /** Gives the span another name. */
  updateName(name: string): this {
    if (this.#state !== 1) return this.#refuse();
    this.name = name;
    return this;
  }

  /** Adds an `exception` event for what was thrown; the status stays as it is. */
  recordException(thrown: unknown, time?: TimeInput): void {
    this.addEvent("exception", exceptionAttributes(thrown), time);
  }

  /** What a thrown error does to a span: the exception event, `error.type` and status error. */
  fail(thrown: unknown): this {
    if (this.#state !== 1) return this;
    const attributes = exceptionAttributes(thrown);
    this.addEvent("exception", attributes);
    this.setAttribute("error.type", attributes["exception.type"]);
    return this.setStatus({ code: 2, message: attributes["exception.message"] });
  }

  /** Ends the span, now or at `time`, and hands it to the sinks. Once: later calls are counted. */
  end(time?: TimeInput): void {
    if (this.#state !== 1) {
      if (this.#state === 2) this.trace.host.shared.misuse.endedTwice++;
      return;
    }
    this.endMonotonicMs = time === undefined
      ? this.trace.host.clock.monotonicMs()
      : Math.max(this.startMonotonicMs, toMonotonicMs(time, this.trace.anchor));
    const { host } = this.trace;
    if (host.isClockFrozen && this.endMonotonicMs === this.startMonotonicMs) {
      // Work without I/O: not 0 long, but of a length that nobody can know there.
      this.setAttribute("sextant.duration.unmeasurable", true);
    }
    if (host.limits.valueLength !== Infinity) this.limitAttributes();
    this.#state = 2;
    host.finish(this);
  }

  /** Ends the span at the end of the block: `using s = startSpan("x")`. */
  [Symbol.dispose](): void {
    if (this.#state !== 2) this.end();
  }

  /** A logger whose lines belong to this span. */
  get log(): Logger {
    return this.trace.host.loggerIn(this);
  }

  /** Runs `callback` in a span below this one. */
  span<R>(options: SpanOptions | string, callback: (span: Span) => R): R;
  /** Runs `callback` in a span below this one, which starts with attributes. */
  span<R>(
    options: SpanOptions | string,
    attributes: Attributes,
    callback: (span: Span) => R,
  ): R;
  span<R>(
    options: SpanOptions | string,
    second: Attributes | ((span: Span) => R),
    third?: (span: Span) => R,
  ): R {
    return typeof second === "function"
      ? this.trace.host.runIn(this, options, undefined, second as (span: Span) => R)
      : this.trace.host.runIn(this, options, second, third!);
  }

  /** Starts a span below this one; end it yourself. */
  startSpan(options: SpanOptions | string, attributes?: Attributes): Span {
    return this.trace.host.start(this, options, attributes);
  }

  /** Kept for a follow-up line, within the limit; it counts as misuse all the same. */
  #late(key: string, value: unknown): this {
    const { shared, limits } = this.trace.host;
    if (this.#state === 2) shared.keepLate?.(this, key, value, limits.attributes);
    return this.#refuse();
  }

  #refuse(): this {
    if (this.#state === 2) this.trace.host.shared.misuse.usedAfterEnd++;
    return this;
  }
}
