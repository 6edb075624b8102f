import type { SpanRecord } from "../core/records.ts";
import { namesOf } from "../core/value.ts";

/** Waits of a trace that are kept; of more, the idle time is too short. */
const WAITS_MAX = 256;
/** Attributes of inner spans that are kept. */
const COLLECTED_MAX = 128;
const CLIENT = 2;

/** What a trace has done in this process. */
export class Gathered {
  /** Spans that ended. */
  spans = 0;
  /** Those of them that failed. */
  errors = 0;
  /** Lines that were written. */
  lines = 0;
  /** Starts and ends of the spans in which it waited for others, in monotonic milliseconds. */
  readonly #waits: [startMs: number, endMs: number][] = [];
  #collected: Record<string, unknown> | undefined;

  /** Adds a span, with the attributes that are wanted of it. */
  add(span: SpanRecord, isCollected: ((name: string) => boolean) | undefined): void {
    this.spans++;
    if (span.statusCode === 2) this.errors++;
    if (span.kind === CLIENT && this.#waits.length < WAITS_MAX) {
      this.#waits.push([span.startMonotonicMs, span.endMonotonicMs]);
    }
    if (isCollected === undefined) return;
    const attributes = span.attributes();
    for (const name of namesOf(attributes).filter(isCollected)) {
      const collected = this.#collected ??= Object.create(null) as Record<string, unknown>;
      if (name in collected || Object.keys(collected).length < COLLECTED_MAX) {
        collected[name] = attributes[name];
      }
    }
  }

  /** What was collected and counted. */
  fields(): Record<string, unknown> {
    const { spans, errors, lines } = this;
    return { ...this.#collected, spans, errors, lines };
  }

  /** All that is known of a request; the root's own attributes come before collected ones. */
  summaryOf(root: SpanRecord): Record<string, unknown> {
    const idleMs = this.#idleMs(root.startMonotonicMs, root.endMonotonicMs);
    const { spans, errors, lines } = this;
    return {
      ...this.#collected,
      ...root.attributes(),
      name: root.name,
      duration_ms: rounded(root.durationMs),
      busy_ms: rounded(root.durationMs - idleMs),
      idle_ms: rounded(idleMs),
      spans,
      errors,
      lines,
    };
  }

  /** How long at least one wait was open, within a time. */
  #idleMs(startMs: number, endMs: number): number {
    let idleMs = 0;
    let untilMs = startMs;
    for (const [from, to] of this.#waits.toSorted(([a], [b]) => a - b)) {
      const end = Math.min(to, endMs);
      idleMs += Math.max(0, end - Math.max(from, untilMs));
      untilMs = Math.max(untilMs, end);
    }
    return idleMs;
  }
}

/** To microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
