import type { Attributes } from "../core/attributes.ts";
import { type Clock, TimeAnchor } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Scope, SpanRecord } from "../core/records.ts";
import type { ContextStore } from "../core/seams.ts";
import { copyOf, type SpanContext } from "../core/span_context.ts";
import { type Active, Context, parentOf } from "../context/context.ts";
import type { Logger } from "../log/logger.ts";
import { SILENT } from "../log/silent.ts";
import { type Decide, flagsOf } from "./decide.ts";
import { given, type LazyAttributes } from "./lazy_attributes.ts";
import type { SpanOptions, SpanStart } from "./options.ts";
import type { SpanLimits } from "./limits.ts";
import type { TracerParts } from "./setup.ts";
import type { SpanMisuse, TracerShared } from "./shared.ts";
import { type LocalTrace, Span, type SpanHost } from "./span.ts";
import { endFailed, endWith } from "./settle.ts";
import { toMonotonicMs } from "./time_input.ts";

/** What a tracer has counted. */
export interface TracerCounts {
  /** Spans recorded and handed to the sinks. */
  readonly recorded: number;
  /** Local roots that the sampler did not choose. */
  readonly unsampledRoots: number;
  /** Spans recorded and not ended yet. */
  readonly open: number;
  /** The names of open spans and how many there are of each: at most 20 names. */
  readonly openNames: Readonly<Record<string, number>>;
  /** What was done wrong. */
  readonly misuse: Readonly<SpanMisuse>;
}

/** Spans that are not recorded have no time. */
const NO_ANCHOR = /* @__PURE__ */ new TimeAnchor(0);

/**
 * Starts spans: ids, parent, sampling where a trace begins or enters the process, and the record
 * that goes to the sinks at the end.
 */
export class Tracer implements SpanHost {
  /** Where time comes from. */
  readonly clock: Clock;
  /** How much a span may hold. */
  readonly limits: SpanLimits;
  /** What its spans are said to come from. */
  readonly scope: Scope;
  /** True where the clock stands still between I/O. */
  readonly isClockFrozen: boolean;
  /** The counts of all tracers of one telemetry. */
  readonly shared: TracerShared;
  readonly #parts: TracerParts;
  readonly #store: ContextStore;
  readonly #random: Random;
  readonly #decide: Decide;
  readonly #onSpan: ((span: SpanRecord) => void) | undefined;
  readonly #unsampled: LocalTrace;
  /** That of the trace before, which the next one shares as long as the clocks agree. */
  #latest: LocalTrace;

  /** For `createTelemetry`. */
  constructor(parts: TracerParts) {
    this.#parts = parts;
    const { pipeline } = parts;
    this.clock = pipeline.clock;
    this.limits = parts.limits;
    this.scope = parts.scope ?? pipeline.scope;
    this.isClockFrozen = pipeline.runtime.isClockFrozen ?? false;
    this.shared = parts.shared;
    this.#store = pipeline.store;
    this.#random = parts.random;
    this.#decide = parts.decide;
    this.#onSpan = pipeline.onSpan;
    this.#unsampled = { host: this, anchor: NO_ANCHOR, transactionId: undefined };
    this.#latest = this.#unsampled;
  }

  /**
   * Starts a span as OpenTelemetry's API does.
   *
   * @param context Ours or one of the API; default what is active.
   */
  startSpan(name: string, options?: SpanStart, context?: unknown): Span {
    const active = context === undefined
      ? this.#stored()
      : context instanceof Context || context instanceof Span
      ? context
      : this.#parts.foreign?.activeOf(context);
    return this.start(active, options === undefined ? name : { ...options, name }, undefined);
  }

  /** Runs `callback` with a new span active in it; the callback ends the span. */
  startActiveSpan<F extends (span: Span) => unknown>(name: string, callback: F): ReturnType<F>;
  /** The same with options. */
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanStart,
    callback: F,
  ): ReturnType<F>;
  /** The same in a context. */
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanStart,
    context: unknown,
    callback: F,
  ): ReturnType<F>;
  startActiveSpan(name: string, ...rest: unknown[]): unknown {
    const callback = rest.at(-1) as (span: Span) => unknown;
    const [options, context] = rest.slice(0, -1);
    const span = this.startSpan(name, options as SpanStart | undefined, context);
    return this.#store.run(span, callback, span);
  }

  /** Runs `callback` in a span, which ends when it returns or its promise settles. */
  span<R>(options: SpanOptions | string, callback: (span: Span) => R): R;
  /** Runs `callback` in a span that starts with attributes. */
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
    const active = this.#stored();
    return typeof second === "function"
      ? this.runIn(active, options, undefined, second as (span: Span) => R)
      : this.runIn(active, options, second, third!);
  }

  #stored(): Active | undefined {
    return this.#store.get() as Active | undefined;
  }

  /** A tracer for another part of the program; traces, sampler, sinks and counts are the same. */
  scoped(name: string, version = ""): Tracer {
    return new Tracer({ ...this.#parts, scope: { name, version } });
  }

  /** What was counted so far, by all tracers of the telemetry. */
  counts(): TracerCounts {
    const { recorded, unsampledRoots, open, misuse } = this.shared;
    return {
      recorded,
      unsampledRoots,
      open,
      openNames: this.shared.openNames?.() ?? {},
      misuse: { ...misuse },
    };
  }

  finish(span: Span): void {
    this.shared.remove(span);
    this.#onSpan!(span);
  }

  contextOf(span: Span): SpanContext {
    return this.#parts.foreign?.contextOf(span) ?? copyOf(span);
  }

  loggerIn(active: Active): Logger {
    return (this.#parts.pipeline.log ?? SILENT).within(active);
  }

  start(
    active: Active | undefined,
    options: SpanOptions | string,
    attributes: Attributes | undefined,
  ): Span {
    if (typeof options === "string") {
      return this.#startIn(active, options, undefined, attributes, false);
    }
    const own = options.attributes;
    const all = own === undefined
      ? attributes
      : attributes === undefined
      ? own
      : { ...given(own), ...attributes };
    const context = options.parent ?? options.context ?? active;
    const span = this.#startIn(
      context as Active | undefined,
      options.name,
      options,
      all,
      options.root === true,
    );
    if (options.links !== undefined && options.links.length > 0) span.addLinks(options.links);
    return span;
  }

  #startIn(
    active: Active | undefined,
    name: string,
    options: SpanStart | undefined,
    attributes: LazyAttributes,
    isRoot: boolean,
  ): Span {
    const parent = isRoot ? undefined : parentOf(active);
    const kind = options?.kind ?? 0;
    if (parent instanceof Span && parent.trace.host.shared === this.shared) {
      const { trace } = parent;
      const own = trace.host === this
        ? trace
        : { host: this, anchor: trace.anchor, transactionId: trace.transactionId };
      return this.#startChild(parent, own, name, kind, attributes, options, active);
    }
    return this.#startLocalRoot(parent, active, name, kind, attributes, options);
  }

  #startChild(
    parent: Span,
    trace: LocalTrace,
    name: string,
    kind: number,
    attributes: LazyAttributes,
    options: SpanStart | undefined,
    active: Active | undefined,
  ): Span {
    const isRecording = parent.isRecorded;
    const { t0, t1, t2, t3 } = parent;
    return this.#create(
      isRecording ? this.clock.monotonicMs() : 0,
      trace,
      t0,
      t1,
      t2,
      t3,
      parent,
      parent.traceFlags,
      parent.traceStateText,
      name,
      kind,
      attributes,
      options,
      active,
      isRecording,
    );
  }

  #startLocalRoot(
    parent: SpanContext | undefined,
    active: Active | undefined,
    name: string,
    kind: number,
    attributes: LazyAttributes,
    options: SpanStart | undefined,
  ): Span {
    const random = this.#random;
    let t0: number, t1: number, t2: number, t3: number;
    if (parent !== undefined) ({ t0, t1, t2, t3 } = parent);
    else {
      do {
        t0 = random.int32(), t1 = random.int32(), t2 = random.int32(), t3 = random.int32();
      } while ((t0 | t1 | t2 | t3) === 0);
    }
    const decided = this.#decide(parent, t2, t3, name, kind, attributes, this.scope.name);
    const { isSampled, state, attributes: added } = decided;
    if (!isSampled) this.shared.unsampledRoots++;
    const isRecording = (isSampled || decided.isRecorded === true) && this.#onSpan !== undefined;
    const transactionId = active?.transactionId;
    // One reading serves both the span's start and the anchor.
    const nowMs = isRecording ? this.clock.monotonicMs() : 0;
    const trace = isRecording || transactionId !== undefined
      ? this.#localTrace(parent, transactionId, nowMs)
      : this.#unsampled;
    return this.#create(
      nowMs,
      trace,
      t0,
      t1,
      t2,
      t3,
      parent,
      flagsOf(isSampled, parent),
      state,
      name,
      kind,
      added === undefined ? attributes : { ...given(attributes), ...added },
      options,
      active,
      isRecording,
    );
  }

  #localTrace(
    parent: SpanContext | undefined,
    transactionId: string | undefined,
    nowMs: number,
  ): LocalTrace {
    // A parent of another telemetry in this process: one wall clock for both.
    if (parent instanceof Span && parent.trace.anchor !== NO_ANCHOR) {
      return { host: this, anchor: parent.trace.anchor, transactionId };
    }
    const anchor = nowMs === 0 ? NO_ANCHOR : this.#parts.pipeline.anchors.at(nowMs);
    if (transactionId !== undefined) return { host: this, anchor, transactionId };
    if (this.#latest.anchor !== anchor) this.#latest = { host: this, anchor, transactionId };
    return this.#latest;
  }

  #create(
    nowMs: number,
    trace: LocalTrace,
    t0: number,
    t1: number,
    t2: number,
    t3: number,
    parent: SpanContext | undefined,
    flags: number,
    state: string,
    name: string,
    kind: number,
    attributes: LazyAttributes,
    options: SpanStart | undefined,
    active: Active | undefined,
    isRecording: boolean,
  ): Span {
    const random = this.#random;
    const s0 = random.int32();
    let s1 = random.int32();
    if ((s0 | s1) === 0) s1 = 1;
    const startMs = isRecording && options?.startTime !== undefined
      ? toMonotonicMs(options.startTime, trace.anchor)
      : nowMs;
    const span = new Span(
      trace,
      t0,
      t1,
      t2,
      t3,
      s0,
      s1,
      parent,
      flags,
      state,
      name,
      kind,
      isRecording ? given(attributes) : undefined,
      active,
      startMs,
      isRecording,
    );
    if (isRecording) this.shared.add(span);
    return span;
  }

  runIn<R>(
    active: Active | undefined,
    options: SpanOptions | string,
    attributes: Attributes | undefined,
    callback: (span: Span) => R,
  ): R {
    const span = this.start(active, options, attributes);
    let result: R;
    try {
      result = this.#store.run(span, callback, span);
    } catch (thrown) {
      endFailed(span, thrown);
      throw thrown;
    }
    if (typeof result !== "object" || result === null) {
      span.end();
      return result;
    }
    return endWith(
      span,
      result,
      (work) => this.#store.run(span, work),
      this.#parts.bodies,
    );
  }
}
