import {
  adjustedCount,
  type Layer,
  type LogRecord,
  type Span,
  SpanContext,
  SpanKind,
  type SpanRecord,
} from "../../mod.ts";
import { threadCpuUs } from "./cpu.ts";
import { type Arrived, type Score, Scorer } from "./score.ts";
import type { Strategy } from "./strategy.ts";
import { CLOSE, END, LAST_END, type Moment, type Play, SETTLE, START } from "./tape.ts";
import { ReplayClock, seededIds, Telemetries } from "./telemetries.ts";
import type { Truth } from "./truth.ts";
import { Upstream } from "./upstream.ts";

/** A line of this severity or above is about a failure; one below the other is detail. */
const ERROR_SEVERITY = 17;
const INFO_SEVERITY = 9;
/** What was kept is sent after so many records, or so long: as exporters do. */
const FLUSH_RECORDS = 4096;
const FLUSH_MS = 1000;
/** How often it is looked how much waits for a decision. */
const LOOK_MS = 250;

/** What has arrived of a trace so far. */
class Open implements Arrived {
  /** By their place in the trace, as they don't start in that order, until all have ended. */
  made: (Span | undefined)[];
  rootS0 = 0;
  rootS1 = 0;
  readonly play: Play;
  weight = 0;
  spans = 0;
  lines = 0;
  isErrorSeen = false;
  failures: string[] | undefined;
  key: number | undefined;

  constructor(play: Play) {
    this.play = play;
    this.made = Array(play.trace.spans.length).fill(undefined);
  }

  /** Lets go of the spans: a stream has many that wait to be settled. */
  release(): void {
    this.made = [];
  }

  /** Notes that a failure arrived, and of which service. */
  fail({ s0, s1 }: SpanContext): void {
    this.isErrorSeen = true;
    const index = this.made.findIndex((span) => span?.s0 === s0 && span.s1 === s1);
    // The root's is that of the whole request: it names no service.
    if (index > 0) (this.failures ??= []).push(this.play.trace.spans[index].service);
  }
}

/** Sends a stream through a strategy of the library itself, and scores what arrives. */
export class Player {
  readonly #strategy: Strategy;
  readonly #clock = new ReplayClock();
  readonly #scorer: Scorer;
  readonly #telemetries: Telemetries;
  readonly #upstream: Upstream | undefined;
  /** By slot: what is on the tape. By key: that of which records may pass. */
  readonly #open: (Open | undefined)[] = [];
  readonly #byKey = new Map<number, Open>();
  readonly #hasLines: boolean;
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
  play(moments: readonly Moment[]): void {
    const startUs = threadCpuUs();
    for (const moment of moments) this.#play(moment);
    this.#cpuUs += threadCpuUs() - startUs;
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

  /** Its share of what sending took. */
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

  #play({ atMs, kind, play, span }: Moment): void {
    this.#clock.nowMs = atMs;
    const { slot } = play;
    if (kind === START) this.#start(this.#open[slot] ??= new Open(play), span);
    else if (kind === END) this.#end(this.#open[slot]!, span);
    else if (kind === LAST_END) {
      const open = this.#open[slot]!;
      this.#end(open, span);
      // Nothing of it can pass: it is not held until it settles.
      if (open.key === undefined) this.#open[slot] = undefined;
      else open.release();
    } else if (kind === SETTLE) {
      const open = this.#open[slot];
      this.#open[slot] = undefined;
      if (open !== undefined) this.#byKey.delete(open.key!);
      this.#scorer.settle(play, open);
      if (atMs - this.#lookMs >= LOOK_MS) this.#look(atMs);
    } else if (kind === CLOSE) this.#scorer.close(play.window);
  }

  #look(nowMs: number): void {
    this.#lookMs = nowMs;
    const bytes = this.#telemetries.waitingBytes();
    if (bytes > this.#peakWaitingBytes) this.#peakWaitingBytes = bytes;
  }

  #start(open: Open, index: number): void {
    const { service, name, parent, start, attributes } = open.play.trace.spans[index];
    const telemetry = this.#telemetries.of(service);
    const { made } = open;
    let span: Span;
    if (parent < 0) {
      span = this.#upstream === undefined
        ? telemetry.startSpan(start, attributes)
        : telemetry.startSpan({ ...start, parent: this.#upstream.next() }, attributes);
    } else if (this.#isRemote(open, index)) {
      const remote = asRemote(made[parent]!);
      span = telemetry.startSpan({ ...start, parent: remote }, attributes);
    } else span = made[parent]!.startSpan(start, attributes);
    made[index] = span;
    if (index === 0) {
      open.rootS0 = span.s0;
      open.rootS1 = span.s1;
    }
    if (open.key === undefined && (span.isSampled || this.#hasLines)) {
      open.key = keyOf(span);
      this.#byKey.set(open.key, open);
    }
    if (this.#hasLines) span.log.debug("entered", { service, operation: name });
  }

  /** A message is worked on by whoever takes it; a service is called over the network. */
  #isRemote({ play: { trace: { spans } } }: Open, index: number): boolean {
    const { start, parent, service } = spans[index];
    return start.kind === SpanKind.CONSUMER ||
      (this.#telemetries.isPerService && spans[parent].service !== service);
  }

  #end({ made, play: { trace } }: Open, index: number): void {
    const { service, name, durationMs, isError, statusMessage, events } = trace.spans[index];
    const span = made[index]!;
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
    const open = this.#byKey.get(keyOf(span));
    if (open === undefined) return;
    open.spans++;
    if (span.s0 === open.rootS0 && span.s1 === open.rootS1) {
      open.weight = this.#weightOf(open, span);
    }
    if (span.statusCode === 2) open.fail(span);
  }

  #noteLine({ span, severity, fields, monotonicMs }: LogRecord): void {
    this.#records++;
    this.#scorer.delay.add(this.#clock.nowMs - monotonicMs);
    const open = span === undefined ? undefined : this.#byKey.get(keyOf(span));
    if (open === undefined) return;
    if (severity >= INFO_SEVERITY) open.lines++;
    // A canonical line counts the failures of its request.
    if (severity >= ERROR_SEVERITY || Number(fields?.errors) > 0) open.fail(span!);
    if (open.spans === 0) open.weight = this.#weightOf(open, span!);
  }

  #weightOf(open: Open, span: Pick<SpanContext, "traceStateText">): number {
    // Lines of a failure that pass whatever was decided about the trace stand for themselves alone.
    const isCertain = this.#hasLines && this.#strategy.isEveryErrorKept === true;
    return isCertain && open.isErrorSeen ? 1 : adjustedCount(span);
  }
}

/** What arrives of a span at the next service. */
function asRemote(span: SpanContext): SpanContext {
  const { t0, t1, t2, t3, s0, s1, traceFlags, traceStateText } = span;
  return new SpanContext(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, true);
}

/** 53 random bits of the trace id: enough to tell apart what is on the tape at one time. */
function keyOf({ t2, t3 }: SpanContext): number {
  return (t2 & 0x1fffff) * 4294967296 + (t3 >>> 0);
}
