import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { Layer, Sink } from "../core/seams.ts";

/** Options of {@linkcode canonicalLine}. */
export interface CanonicalLineOptions {
  /** The line's message; default "canonical line". */
  readonly message?: string;
  /** Requests that are counted at a time; the oldest go first. Default 10,000. */
  readonly tracesMax?: number;
}

interface Counts {
  spans: number;
  errors: number;
  lines: number;
}

/**
 * Writes one wide line at the end of each request, or other local root: its attributes, how long it
 * took, how many spans and lines it made and how many failed. What comes later of the same trace
 * makes a follow-up line when the sink is flushed. The lines go to the same sink, as events named
 * `request.summary` and `request.summary.late`.
 *
 * @throws {RangeError} When `tracesMax` is not positive.
 */
export function canonicalLine(options: CanonicalLineOptions = {}): Layer {
  const { message = "canonical line", tracesMax = 10_000 } = options;
  if (!(tracesMax > 0)) {
    throw new RangeError(
      `canonicalLine(): tracesMax is ${tracesMax}, allowed is a positive number`,
    );
  }
  return (next) => new CanonicalLine(next, message, tracesMax);
}

class CanonicalLine implements Sink {
  readonly #next: Sink;
  readonly #message: string;
  readonly #tracesMax: number;
  readonly #open = new Map<string, Counts>();
  /** Roots whose line is written, and what came later. */
  readonly #done = new Map<string, { readonly root: SpanRecord; readonly late: Counts }>();

  constructor(next: Sink, message: string, tracesMax: number) {
    this.#next = next;
    this.#message = message;
    this.#tracesMax = tracesMax;
  }

  onLog(record: LogRecord): void {
    if (record.span !== undefined) this.#countsOf(record.span.traceId).lines++;
    this.#next.onLog?.(record);
  }

  onSpan(span: SpanRecord): void {
    const counts = this.#countsOf(span.traceId);
    counts.spans++;
    if (span.statusCode === 2) counts.errors++;
    const isRoot = (span.parentS0 | span.parentS1) === 0 || span.isParentRemote;
    // A second request of one trace in this process has a line of its own.
    if (isRoot) {
      this.#write(span, this.#message, "request.summary", counts);
      this.#open.delete(span.traceId);
      trim(this.#done, this.#tracesMax);
      this.#done.set(span.traceId, { root: span, late: { spans: 0, errors: 0, lines: 0 } });
    }
    this.#next.onSpan?.(span);
  }

  async flush(): Promise<void> {
    this.#writeLate();
    await this.#next.flush?.();
  }

  async shutdown(): Promise<void> {
    this.#writeLate();
    await (this.#next.shutdown?.() ?? this.#next.flush?.());
  }

  #writeLate(): void {
    for (const [key, { root, late }] of this.#done) {
      if (late.spans + late.lines > 0) {
        this.#write(root, `${this.#message}, late`, "request.summary.late", late);
      }
      this.#done.delete(key);
    }
  }

  #countsOf(key: string): Counts {
    const late = this.#done.get(key)?.late;
    if (late !== undefined) return late;
    let counts = this.#open.get(key);
    if (counts === undefined) {
      trim(this.#open, this.#tracesMax);
      counts = { spans: 0, errors: 0, lines: 0 };
      this.#open.set(key, counts);
    }
    return counts;
  }

  #write(root: SpanRecord, message: string, eventName: string, counts: Counts): void {
    this.#next.onLog?.({
      monotonicMs: root.endMonotonicMs,
      anchor: root.anchor,
      severity: root.statusCode === 2 ? 17 : 9,
      message,
      fields: {
        ...root.attributes(),
        name: root.name,
        duration_ms: Math.round(root.durationMs * 1000) / 1000,
        ...counts,
      },
      bindings: undefined,
      scope: root.scope,
      span: root,
      transactionId: root.transactionId,
      eventName,
    });
  }
}

function trim(map: Map<string, unknown>, most: number): void {
  if (map.size >= most) map.delete(map.keys().next().value!);
}
