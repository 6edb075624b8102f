import type { Exemplar } from "../core/metric_records.ts";
import type { SpanContext } from "../core/span_context.ts";

/**
 * Keeps the first measurement in each bucket since the last reading that was made in a sampled
 * span (OpenTelemetry metrics SDK, "AlignedHistogramBucketExemplarReservoir", trace based filter).
 */
export class Exemplars {
  readonly #kept = new Map<number, Exemplar>();

  /** Keeps it, unless the bucket has one. */
  offer(bucket: number, value: number, span: SpanContext, wallMs: () => number): void {
    if (this.#kept.has(bucket) || this.#kept.size >= EXEMPLARS_MAX) return;
    this.#kept.set(bucket, { value, epochMs: wallMs(), span });
  }

  /** Gives what was kept, and begins anew. */
  take(): readonly Exemplar[] {
    if (this.#kept.size === 0) return NONE;
    const all = [...this.#kept.values()];
    this.#kept.clear();
    return all;
  }
}

/** Exemplars of one series at most. */
const EXEMPLARS_MAX = 20;
const NONE: readonly Exemplar[] = [];
