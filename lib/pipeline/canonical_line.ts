import { matchesGlob } from "../core/glob.ts";
import { lateAttributesOf } from "../core/late.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Layer, Sink, SinkHost } from "../core/seams.ts";
import { unref } from "../core/timer.ts";
import { Gathered } from "./gathered.ts";

/** Options of {@linkcode canonicalLine}. */
export interface CanonicalLineOptions {
  /** The line's message; default "canonical line". */
  readonly message?: string;
  /**
   * Attributes of inner spans that the line has as well, by name; `*` stands for any run of
   * characters: `["order.*", "card.last_four"]`. Of several of one name the last is written. Default
   * none.
   */
  readonly collect?: readonly string[];
  /**
   * Milliseconds after which what came late is written, where the runtime has timers; elsewhere a
   * flush does it. Default 5000.
   */
  readonly lateMs?: number;
  /** Requests that are gathered at a time; the oldest go first. Default 10,000. */
  readonly tracesMax?: number;
}

/** A request whose line is written, and what came later. */
interface Done {
  readonly root: SpanRecord;
  readonly late: Gathered;
  readonly endedMs: number;
}

/**
 * Writes one wide line at the end of each request, or other local root: its attributes and those that
 * are collected from inner spans, how long it took (`duration_ms`), how much of that it waited for
 * others (`idle_ms`: some client span was open) or not (`busy_ms`), how many spans and lines it made
 * and how many failed. What comes later makes a follow-up line with the same ids: spans and lines of
 * the trace, and attributes that are set on the root after its end.
 *
 * The lines go to the same sink, as events named `request.summary` and `request.summary.late`. Put it
 * before `redact()`, so that they are redacted as well.
 *
 * @throws {RangeError} When a number is not positive.
 */
export function canonicalLine(options: CanonicalLineOptions = {}): Layer {
  const { message = "canonical line", collect = [], lateMs = 5000, tracesMax = 10_000 } = options;
  for (const [name, value] of Object.entries({ lateMs, tracesMax })) {
    if (!(value > 0)) {
      throw new RangeError(`canonicalLine(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  return (next) => new CanonicalLine(next, { message, collect, lateMs, tracesMax });
}

class CanonicalLine implements Sink {
  readonly #next: Sink;
  readonly #options: Required<CanonicalLineOptions>;
  readonly #open = new Map<string, Gathered>();
  readonly #done = new Map<string, Done>();
  readonly #isCollected: ((name: string) => boolean) | undefined;
  #host: SinkHost | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(next: Sink, options: Required<CanonicalLineOptions>) {
    this.#next = next;
    this.#options = options;
    const { collect } = options;
    if (collect.length > 0) {
      this.#isCollected = (name) => collect.some((pattern) => matchesGlob(pattern, name));
    }
  }

  start(host: SinkHost): void {
    this.#host = host;
    this.#next.start?.(host);
  }

  onLog(record: LogRecord): void {
    if (record.span !== undefined) this.#gatheredOf(record.span.traceId).lines++;
    this.#next.onLog?.(record);
  }

  onSpan(span: SpanRecord): void {
    const gathered = this.#gatheredOf(span.traceId);
    const isRoot = (span.parentS0 | span.parentS1) === 0 || span.isParentRemote;
    gathered.add(span, isRoot ? undefined : this.#isCollected);
    // A second request of one trace in this process has a line of its own.
    if (isRoot) {
      this.#write(span, "request.summary", gathered.summaryOf(span));
      this.#open.delete(span.traceId);
      this.#remember(span);
    }
    this.#next.onSpan?.(span);
  }

  async flush(): Promise<void> {
    this.#writeLate(Number.POSITIVE_INFINITY);
    await this.#next.flush?.();
  }

  async shutdown(): Promise<void> {
    clearTimeout(this.#timer);
    this.#writeLate(Number.POSITIVE_INFINITY);
    await (this.#next.shutdown?.() ?? this.#next.flush?.());
  }

  #remember(root: SpanRecord): void {
    const { tracesMax } = this.#options;
    const before = this.#done.get(root.traceId);
    if (before !== undefined) this.#close(root.traceId, before);
    if (this.#done.size >= tracesMax) {
      const [key, oldest] = this.#done.entries().next().value!;
      this.#close(key, oldest);
    }
    const endedMs = root.endMonotonicMs;
    this.#done.set(root.traceId, { root, late: new Gathered(), endedMs });
    if (this.#timer !== undefined || this.#host?.runtime.hasBackgroundTimers !== true) return;
    this.#remindOf(endedMs);
  }

  /** Looks again when the oldest one is due. */
  #remindOf(endedMs: number): void {
    const { lateMs } = this.#options;
    const dueMs = endedMs + lateMs - (this.#host?.clock.monotonicMs() ?? 0);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writeLate((this.#host?.clock.monotonicMs() ?? 0) - lateMs);
      const next = this.#done.values().next().value;
      if (next !== undefined) this.#remindOf(next.endedMs);
    }, Math.max(1, dueMs));
    unref(this.#timer);
  }

  /** Of the requests that ended before, the oldest come first. */
  #writeLate(beforeMs: number): void {
    for (const [key, done] of this.#done) {
      if (done.endedMs > beforeMs) return;
      this.#close(key, done);
    }
  }

  #close(key: string, { root, late }: Done): void {
    this.#done.delete(key);
    const attributes = lateAttributesOf(root);
    if (late.spans + late.lines === 0 && attributes === undefined) return;
    this.#write(root, "request.summary.late", { ...attributes, ...late.fields() });
  }

  #gatheredOf(key: string): Gathered {
    const late = this.#done.get(key)?.late;
    if (late !== undefined) return late;
    let gathered = this.#open.get(key);
    if (gathered === undefined) {
      if (this.#open.size >= this.#options.tracesMax) {
        this.#open.delete(this.#open.keys().next().value!);
      }
      gathered = new Gathered();
      this.#open.set(key, gathered);
    }
    return gathered;
  }

  #write(root: SpanRecord, eventName: string, fields: Record<string, unknown>): void {
    const { message } = this.#options;
    const isLate = eventName.endsWith(".late");
    this.#next.onLog?.({
      monotonicMs: isLate
        ? this.#host?.clock.monotonicMs() ?? root.endMonotonicMs
        : root.endMonotonicMs,
      anchor: root.anchor,
      severity: root.statusCode === 2 ? 17 : 9,
      message: isLate ? `${message}, late` : message,
      fields,
      bindings: undefined,
      scope: root.scope,
      span: root,
      transactionId: root.transactionId,
      eventName,
    });
  }
}
