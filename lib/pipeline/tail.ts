import type { Clock } from "../core/clock.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { DestinationHealth, Layer, Sink, SinkHost } from "../core/seams.ts";
import type { SpanContext } from "../core/span_context.ts";
import { type DropReason, Tally } from "../core/tally.ts";
import type { Threshold } from "../core/threshold.ts";
import { withOtThreshold } from "../propagation/ot_tracestate.ts";
import { ChangedSpan } from "./changed_span.ts";
import { type Thinned, thinner } from "./thinner.ts";
import { bytesOfLog, bytesOfSpan } from "./record_bytes.ts";
import type { TailRule } from "./tail_rules.ts";

/** Options of {@linkcode tail}. */
export interface TailOptions {
  /** A trace is kept when one of these says so: `[errors(), slowerThan(250)]`. */
  readonly keep?: readonly TailRule[];
  /** The part of the others that is kept, 0 to 1; default 0. */
  readonly otherwise?: number;
  /** Decides at the latest so many milliseconds after the first span ended; default 30,000. */
  readonly deadlineMs?: number;
  /** Bytes of spans and lines that may wait, estimated; default 16 MiB. */
  readonly bytesMax?: number;
  /** Decisions that are remembered for what comes late; default 10,000. */
  readonly decisionsMax?: number;
}

/** What was decided: kept by a rule with the head's threshold, by chance with another, or left out. */
type Decision = "keep" | "drop" | Threshold;

/** A trace that waits for its decision. */
interface Waiting {
  readonly key: number;
  spans: SpanRecord[];
  logs: LogRecord[];
  root: SpanRecord | undefined;
  bytes: number;
  readonly sinceMs: number;
  /** True when a rule has said already that it is kept. */
  isKept: boolean;
  /** True when its trace was decided about and no request of it is under way: it need not wait. */
  readonly isLate: boolean;
}

/** How often it is looked for traces past their deadline. */
const LOOK_MS = 100;

/**
 * Holds the spans and log lines of each trace until its local root has ended, and keeps those that
 * a rule wants, and of the others a part. The decision is about what this process has seen of the
 * trace. All that follows in a trace that a rule has kept is kept. In others it is asked about anew:
 * another request of the same trace when that has ended, a message that was worked on, a span that
 * outlived its request. So a failure is kept wherever it is, without what was left out before it.
 *
 * Counts stay right: what a rule keeps has the probability of the head; of the rest the trace's own
 * random bits decide, and the probability of both decisions is written into `th` (OTEP 235).
 *
 * Bounded by bytes: past them, traces go that would be left out anyway, the oldest first, then the
 * oldest. Everything is counted in `health()` under "tail".
 *
 * @throws {TypeError} When a rule is not a function.
 * @throws {RangeError} When a number is outside of what is allowed.
 */
export function tail(options: TailOptions = {}): Layer {
  const { keep = [], otherwise = 0, deadlineMs = 30_000 } = options;
  const { bytesMax = 16 * 1024 * 1024, decisionsMax = 10_000 } = options;
  keep.forEach((rule, index) => {
    if (typeof rule !== "function") {
      throw new TypeError(`tail(): keep[${index}] is ${typeof rule}, allowed is a rule: errors()`);
    }
  });
  if (!(otherwise >= 0 && otherwise <= 1)) {
    throw new RangeError(`tail(): otherwise is ${otherwise}, allowed is 0 to 1`);
  }
  for (const [name, value] of Object.entries({ deadlineMs, bytesMax, decisionsMax })) {
    if (!(value > 0)) {
      throw new RangeError(`tail(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  const checked = { keep, otherwise, deadlineMs, bytesMax, decisionsMax };
  return (next) => new Tail(next, checked);
}

class Tail implements Sink {
  readonly #next: Sink;
  readonly #options: Required<TailOptions>;
  /** In the order of their first records. */
  readonly #waiting = new Map<number, Waiting>();
  /** Those of them that would be kept as far as is known; they make room last. */
  readonly #wanted = new Map<number, Waiting>();
  /**
   * Traces that were decided about, true where a rule keeps them; chance says the same whenever it is
   * asked. In two generations: when the younger is full, the older is forgotten.
   */
  #decided = new Map<number, boolean>();
  #decidedBefore = new Map<number, boolean>();
  readonly #thin: Thinned;
  #lookMs = 0;
  readonly #spans = new Tally();
  readonly #logs = new Tally();
  #clock: Clock | undefined;
  #bytes = 0;
  #queuedSpans = 0;
  #queuedLogs = 0;

  constructor(next: Sink, options: Required<TailOptions>) {
    this.#next = next;
    this.#options = options;
    this.#thin = thinner(options.otherwise);
  }

  start(host: SinkHost): void {
    this.#clock = host.clock;
    this.#next.start?.(host);
  }

  onSpan(span: SpanRecord): void {
    this.#spans.created++;
    // Recorded without being sampled: for other layers, and not for this decision.
    if (!span.isSampled) return this.#forwardSpan(span, "keep");
    const trace = this.#traceOf(span, span.endMonotonicMs);
    if (trace === undefined) return this.#forwardSpan(span, "keep");
    trace.spans.push(span);
    this.#queuedSpans++;
    this.#grow(trace, bytesOfSpan(span));
    const isRoot = (span.parentS0 | span.parentS1) === 0 || span.isParentRemote;
    if (isRoot) trace.root = span;
    if (isRoot || trace.isLate) this.#settleEnded(trace);
    this.#keepWithin(span.endMonotonicMs);
  }

  onLog(record: LogRecord): void {
    this.#logs.created++;
    const { span } = record;
    // Outside of a trace, or in one that the head left out, there is nothing to wait for.
    if (span === undefined || !span.isSampled) return this.#forwardLog(record, "keep");
    const trace = this.#traceOf(span);
    if (trace === undefined) return this.#forwardLog(record, "keep");
    trace.logs.push(snapshot(record));
    this.#queuedLogs++;
    this.#grow(trace, bytesOfLog(record));
    if (trace.isLate) this.#settleEnded(trace);
    this.#keepWithin(trace.sinceMs);
  }

  async flush(): Promise<void> {
    this.#decideOverdue(this.#nowMs());
    await this.#next.flush?.();
  }

  async shutdown(): Promise<void> {
    for (const traces of [this.#wanted, this.#waiting]) {
      for (const trace of traces.values()) this.#settle(trace);
    }
    await (this.#next.shutdown?.() ?? this.#next.flush?.());
  }

  health(): readonly DestinationHealth[] {
    const own: DestinationHealth = {
      name: "tail",
      spans: this.#spans.health(this.#queuedSpans, this.#bytes),
      logs: this.#logs.health(this.#queuedLogs, 0),
    };
    return [own, ...(this.#next.health?.() ?? [])];
  }

  #nowMs(): number {
    return this.#clock?.monotonicMs() ?? 0;
  }

  /** What a record waits in; undefined when a rule keeps its trace already. */
  #traceOf(span: SpanContext, nowMs?: number): Waiting | undefined {
    const key = keyOf(span);
    const waiting = this.#waiting.get(key) ?? this.#wanted.get(key);
    if (waiting !== undefined) return waiting;
    const isKept = this.#decided.get(key) ?? this.#decidedBefore.get(key);
    if (isKept === true) return undefined;
    const trace: Waiting = {
      key,
      spans: [],
      logs: [],
      root: undefined,
      bytes: 0,
      sinceMs: nowMs ?? this.#nowMs(),
      isKept: false,
      isLate: isKept === false && !isOpen(span),
    };
    this.#waiting.set(key, trace);
    return trace;
  }

  #grow(trace: Waiting, bytes: number): void {
    trace.bytes += bytes;
    this.#bytes += bytes;
  }

  #decideOverdue(nowMs: number): void {
    const limitMs = nowMs - this.#options.deadlineMs;
    // The oldest come first: the first that is young enough ends the search.
    for (const traces of [this.#wanted, this.#waiting]) {
      for (const trace of traces.values()) {
        if (trace.sinceMs > limitMs) break;
        this.#settle(trace);
      }
    }
  }

  #keepWithin(nowMs: number): void {
    if (nowMs - this.#lookMs >= LOOK_MS) {
      this.#lookMs = nowMs;
      this.#decideOverdue(nowMs);
    }
    const { bytesMax } = this.#options;
    for (const trace of this.#waiting.values()) {
      if (this.#bytes <= bytesMax) return;
      if (this.#decide(trace) === "drop") this.#close(trace, "drop", "evicted");
      else {
        // Asked once: a rule may count what it is asked about.
        this.#waiting.delete(trace.key);
        this.#wanted.set(trace.key, trace);
      }
    }
    for (const trace of this.#wanted.values()) {
      if (this.#bytes <= bytesMax) return;
      this.#close(trace, "drop", "evicted");
    }
  }

  #settle(trace: Waiting): void {
    this.#close(trace, this.#decide(trace), "sampled");
  }

  /**
   * A local root has ended. Unless a rule keeps the trace, what belongs to another that is under way
   * waits on: it is kept if that one fails.
   */
  #settleEnded(trace: Waiting): void {
    const decision = this.#decide(trace);
    const hasMore = decision !== "keep" && (trace.spans.some(isOpen) || trace.logs.some(isOfOpen));
    if (!hasMore) return this.#close(trace, decision, "sampled");
    const [openSpans, spans] = divided(trace.spans, isOpen);
    const [openLogs, logs] = divided(trace.logs, isOfOpen);
    let bytes = 0;
    for (const span of openSpans) bytes += bytesOfSpan(span);
    for (const record of openLogs) bytes += bytesOfLog(record);
    this.#release({ ...trace, spans, logs, bytes: trace.bytes - bytes }, decision, "sampled");
    Object.assign(trace, { spans: openSpans, logs: openLogs, bytes, root: undefined });
  }

  #decide(trace: Waiting): Decision {
    trace.isKept ||= this.#options.keep.some((rule) => {
      try {
        return rule(trace);
      } catch {
        // A rule of the user's that throws keeps the trace: what is unclear is worth a look.
        return true;
      }
    });
    if (trace.isKept) return "keep";
    const context: SpanContext | undefined = trace.root ?? trace.spans[0] ?? trace.logs[0].span;
    return context === undefined ? "drop" : this.#thin(context) ?? "drop";
  }

  #close(trace: Waiting, decision: Decision, reason: DropReason): void {
    this.#waiting.delete(trace.key);
    this.#wanted.delete(trace.key);
    this.#release(trace, decision, reason);
  }

  #release(trace: Waiting, decision: Decision, reason: DropReason): void {
    this.#bytes -= trace.bytes;
    this.#queuedSpans -= trace.spans.length;
    this.#queuedLogs -= trace.logs.length;
    this.#decided.set(trace.key, trace.isKept);
    if (this.#decided.size * 2 >= this.#options.decisionsMax) {
      this.#decidedBefore = this.#decided;
      this.#decided = new Map();
    }
    for (const span of trace.spans) this.#forwardSpan(span, decision, reason);
    for (const record of trace.logs) this.#forwardLog(record, decision, reason);
  }

  #forwardSpan(span: SpanRecord, decision: Decision, reason: DropReason = "sampled"): void {
    if (decision === "drop") return this.#spans.drop(reason);
    this.#spans.delivered++;
    this.#next.onSpan?.(
      decision === "keep" ? span : new ChangedSpan(span, {
        traceStateText: withOtThreshold(span.traceStateText, decision),
      }),
    );
  }

  #forwardLog(record: LogRecord, decision: Decision, reason: DropReason = "sampled"): void {
    if (decision === "drop") return this.#logs.drop(reason);
    this.#logs.delivered++;
    this.#next.onLog?.(record);
  }
}

/** 53 random bits of the trace id: enough to tell apart what waits at one time. */
function keyOf({ t2, t3 }: SpanContext): number {
  return (t2 & 0x1fffff) * 4294967296 + (t3 >>> 0);
}

/** True when the local root of a span has not ended: it will bring about a decision. */
function isOpen(span: SpanContext): boolean {
  let top: Partial<SpanRecord> = span;
  while (top.localParent !== undefined) top = top.localParent;
  // -1 until then; a context that is no span of ours has no end, and is nothing to wait for.
  return top.endMonotonicMs! < 0;
}

function isOfOpen({ span }: LogRecord): boolean {
  return isOpen(span!);
}

/** Those of which it is true, and the others. */
function divided<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

/** A line as it is now: the caller may change its fields afterwards. */
function snapshot(record: LogRecord): LogRecord {
  return record.fields === undefined ? record : { ...record, fields: { ...record.fields } };
}
