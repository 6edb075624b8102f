import {
  adjustedCount,
  type Layer,
  type LogRecord,
  type Span,
  SpanContext,
  SpanKind,
  type SpanOptions,
  type SpanRecord,
} from "../../mod.ts";
import { Arrivals } from "./arrivals.ts";
import { type Score, Scorer } from "./score.ts";
import type { Strategy } from "./strategy.ts";
import { CLOSE, END, LAST_END, type Play, type Reel, SETTLE, START } from "./tape.ts";
import { ReplayClock, seededIds, Telemetries } from "./telemetries.ts";
import type { Truth } from "./truth.ts";
import { Upstream } from "./upstream.ts";
import type { TrueSpan } from "./world.ts";

/** A line of this severity or above is about a failure; one below the other is detail. */
const ERROR_SEVERITY = 17;
const INFO_SEVERITY = 9;
/** What was kept is sent after so many records, or so long: as exporters do. */
const FLUSH_RECORDS = 4096;
const FLUSH_MS = 1000;
/** How often it is looked how much waits for a decision. */
const LOOK_MS = 250;
const NONE: (Span | undefined)[] = [];

/** Sends a stream through a strategy of the library itself, and scores what arrives. */
export class Player {
  readonly #strategy: Strategy;
  readonly #clock = new ReplayClock();
  readonly #scorer: Scorer;
  readonly #telemetries: Telemetries;
  readonly #upstream: Upstream | undefined;
  readonly #arrivals = new Arrivals();
  /** By slot, the spans of a trace by their place in it, until all have ended: they don't start in order. */
  readonly #made: (Span | undefined)[][] = [];
  readonly #hasLines: boolean;
  #plays: readonly Play[] = [];
  #weightText = "";
  #weight = 1;
  #bytes = 0;
  #records = 0;
  #flushMs = 0;
  #lookMs = 0;
  #cpuUs = 0;
  #peakWaitingBytes = 0;

  constructor(strategy: Strategy, seed: number) {
    this.#strategy = strategy;
    this.#hasLines = strategy.signals !== "traces";
    this.#scorer = new Scorer({ isEveryErrorKept: strategy.isEveryErrorKept ?? false });
    this.#telemetries = new Telemetries({
      strategy,
      clock: this.#clock,
      seed,
      note: this.#note(),
      onBytes: (bytes) => {
        this.#bytes += bytes;
      },
    });
    if (strategy.upstream !== undefined) {
      this.#upstream = new Upstream(strategy.upstream, seededIds(seed + 1));
    }
  }

  /** Plays the next moments of the stream. */
  play(reel: Reel): void {
    const { length, atMs, kinds, slots, spans, plays } = reel;
    this.#plays = plays;
    for (let index = 0; index < length; index++) {
      const slot = slots[index];
      const nowMs = this.#clock.nowMs = atMs[index];
      const kind = kinds[index];
      if (kind === START) this.#start(plays[slot], spans[index]);
      else if (kind === END) this.#end(plays[slot], spans[index]);
      else if (kind === LAST_END) {
        this.#end(plays[slot], spans[index]);
        // A stream has many that wait to be settled: what is made of them is not held.
        this.#made[slot] = NONE;
      } else if (kind === SETTLE) {
        this.#scorer.settle(plays[slot], this.#arrivals.take(slot));
        if (nowMs - this.#lookMs >= LOOK_MS) this.#look(nowMs);
      } else if (kind === CLOSE) this.#scorer.close(plays[slot].window);
    }
  }

  /** How many records are to be sent now; 0 when it is not yet time. */
  get due(): number {
    const isTime = this.#records >= FLUSH_RECORDS || this.#clock.nowMs - this.#flushMs >= FLUSH_MS;
    return isTime ? this.#records : 0;
  }

  /** Sends them. */
  async flush(): Promise<void> {
    this.#records = 0;
    this.#flushMs = this.#clock.nowMs;
    await this.#telemetries.flush();
  }

  /** What it took, or its share of what sending took. */
  spend(cpuUs: number): void {
    this.#cpuUs += cpuUs;
  }

  /** Nothing comes any more: what it all comes to. */
  async end(truth: Truth): Promise<Score> {
    await this.#telemetries.shutdown();
    return this.#scorer.score(this.#strategy.name, truth, {
      bytes: this.#bytes,
      cpuUsPerTrace: this.#cpuUs / Math.max(1, truth.traces),
      peakWaitingBytes: this.#peakWaitingBytes,
    });
  }

  #look(nowMs: number): void {
    this.#lookMs = nowMs;
    const bytes = this.#telemetries.waitingBytes();
    if (bytes > this.#peakWaitingBytes) this.#peakWaitingBytes = bytes;
  }

  #start({ trace: { spans }, slot }: Play, index: number): void {
    const { service, name, parent, start, attributes } = spans[index];
    const made = index === 0 ? this.#made[slot] = [] : this.#made[slot];
    this.#arrivals.current = slot;
    let span: Span;
    if (parent < 0) {
      const telemetry = this.#telemetries.of(service);
      span = this.#upstream === undefined
        ? telemetry.startSpan(start, attributes)
        : telemetry.startSpan(below(start, this.#upstream.next()), attributes);
    } else if (this.#isRemote(spans[parent], spans[index])) {
      const telemetry = this.#telemetries.of(service);
      span = telemetry.startSpan(below(start, asRemote(made[parent]!)), attributes);
    } else span = made[parent]!.startSpan(start, attributes);
    // Filled up to its place, so that the list has no holes.
    while (made.length < index) made.push(undefined);
    made[index] = span;
    if (span.isSampled || this.#hasLines) this.#arrivals.expect(slot, span, index === 0);
    if (this.#hasLines) span.log.debug("entered", { service, operation: name });
  }

  /** A message is worked on by whoever takes it; a service is called over the network. */
  #isRemote(parent: TrueSpan, { start, service }: TrueSpan): boolean {
    return start.kind === SpanKind.CONSUMER ||
      (this.#telemetries.isPerService && parent.service !== service);
  }

  #end({ trace, slot }: Play, index: number): void {
    const { service, name, durationMs, isError, statusMessage, events } = trace.spans[index];
    const span = this.#made[slot][index]!;
    this.#arrivals.current = slot;
    if (this.#hasLines) {
      const fields = { service, operation: name, duration_ms: durationMs };
      if (isError) span.log.error("failed", fields);
      else span.log.info("handled", fields);
    }
    if (events !== undefined) {
      for (const event of events) span.addEvent(event.name, event.attributes);
    }
    if (isError) span.setStatus({ code: "error", message: statusMessage ?? "failed" });
    span.end();
  }

  #note(): Layer {
    return (next) => ({
      onSpan: (span) => {
        if (!span.isSampled) return;
        if (this.#strategy.signals !== "logs") this.#noteSpan(span);
        next.onSpan?.(span);
      },
      onLog: (record) => {
        if (this.#hasLines) this.#noteLine(record);
        next.onLog?.(record);
      },
    });
  }

  #noteSpan(span: SpanRecord): void {
    this.#records++;
    this.#scorer.delay.add(this.#clock.nowMs - span.endMonotonicMs);
    const arrivals = this.#arrivals;
    const slot = arrivals.slotOf(span);
    if (slot < 0) return;
    arrivals.spans[slot]++;
    if (arrivals.isRoot(slot, span)) arrivals.weights[slot] = this.#weightOf(slot, span);
    if (span.statusCode === 2) this.#fail(slot, span);
  }

  #noteLine({ span, severity, fields, monotonicMs }: LogRecord): void {
    this.#records++;
    this.#scorer.delay.add(this.#clock.nowMs - monotonicMs);
    const arrivals = this.#arrivals;
    const slot = span === undefined ? -1 : arrivals.slotOf(span);
    if (slot < 0) return;
    if (severity >= INFO_SEVERITY) arrivals.lines[slot]++;
    // A canonical line counts the failures of its request.
    if (severity >= ERROR_SEVERITY || Number(fields?.errors) > 0) this.#fail(slot, span!);
    if (arrivals.spans[slot] === 0) arrivals.weights[slot] = this.#weightOf(slot, span!);
  }

  /** A failure has arrived: notes of which service. */
  #fail(slot: number, { s0, s1 }: SpanContext): void {
    this.#arrivals.isErrorSeen[slot] = 1;
    const index = this.#made[slot].findIndex((span) => span?.s0 === s0 && span.s1 === s1);
    // The root's is that of the whole request: it names no service.
    if (index <= 0) return;
    (this.#arrivals.failures[slot] ??= []).push(this.#plays[slot].trace.spans[index].service);
  }

  #weightOf(slot: number, { traceStateText }: Pick<SpanContext, "traceStateText">): number {
    // Lines of a failure that pass whatever was decided about the trace stand for themselves alone.
    const isCertain = this.#hasLines && this.#strategy.isEveryErrorKept === true;
    if (isCertain && this.#arrivals.isErrorSeen[slot] === 1) return 1;
    // A head gives many traces the same threshold.
    if (traceStateText !== this.#weightText) {
      this.#weightText = traceStateText;
      this.#weight = adjustedCount({ traceStateText });
    }
    return this.#weight;
  }
}

/** How a span is started below one that is elsewhere. */
function below({ name, kind }: SpanOptions, parent: SpanContext): SpanOptions {
  return { name, kind, parent };
}

/** What arrives of a span at the next service. */
function asRemote(span: SpanContext): SpanContext {
  const { t0, t1, t2, t3, s0, s1, traceFlags, traceStateText } = span;
  return new SpanContext(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, true);
}
