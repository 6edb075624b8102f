import type { Attributes } from "./attributes.ts";
import type { Scope } from "./records.ts";
import type { SpanContext } from "./span_context.ts";

/** Whether a point says what came since the last one, or since the start. */
export type Temporality = "delta" | "cumulative";

/** A measurement with the span it was made in. */
export interface Exemplar {
  /** What was measured. */
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly epochMs: number;
  /** The sampled span. */
  readonly span: SpanContext;
}

/** What all points have. */
export interface Point {
  /** What tells it from the other points of its metric. */
  readonly attributes: Attributes;
  /** Where its time begins: milliseconds since the epoch. */
  readonly startEpochMs: number;
  /** When it was read: milliseconds since the epoch. */
  readonly epochMs: number;
  /** Measurements with their spans. */
  readonly exemplars: readonly Exemplar[];
}

/** A number: a sum, or the last value. */
export interface NumberPoint extends Point {
  /** The sum, or the last value. */
  readonly value: number;
}

/** What all histograms have. */
export interface Distribution extends Point {
  /** How many values. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;
  /** The least; undefined when nothing was recorded. */
  readonly min: number | undefined;
  /** The most; undefined when nothing was recorded. */
  readonly max: number | undefined;
}

/** A histogram whose buckets end at `bounds`, the last one open. */
export interface HistogramPoint extends Distribution {
  /** Where buckets end, that value included. */
  readonly bounds: readonly number[];
  /** How many values each holds; one more than bounds. */
  readonly bucketCounts: readonly number[];
}

/** A row of buckets of an exponential histogram: the first has the index `offset`. */
export interface ExponentialBuckets {
  /** The index of the first. */
  readonly offset: number;
  /** How many values each holds. */
  readonly counts: readonly number[];
}

/**
 * A base-2 exponential histogram: bucket `i` holds values above base^i and up to base^(i+1), with
 * base = 2^(2^-scale) (OpenTelemetry data model, "ExponentialHistogram").
 */
export interface ExponentialPoint extends Distribution {
  /** How fine: 20 the finest, -10 the coarsest. */
  readonly scale: number;
  /** How many values are 0. */
  readonly zeroCount: number;
  /** Those above 0. */
  readonly positive: ExponentialBuckets;
  /** Those below 0, by their distance from it. */
  readonly negative: ExponentialBuckets;
}

/** The kinds of metric data with their points. */
export type MetricValues =
  | { readonly kind: "gauge"; readonly points: readonly NumberPoint[] }
  | { readonly kind: "sum"; readonly isMonotonic: boolean; readonly points: readonly NumberPoint[] }
  | { readonly kind: "histogram"; readonly points: readonly HistogramPoint[] }
  | { readonly kind: "exponential"; readonly points: readonly ExponentialPoint[] };

/** What one instrument has measured, as a sink sees it. */
export type MetricRecord = MetricValues & {
  /** Its name. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  /** In UCUM: `s`, `By`, `{request}`. */
  readonly unit: string;
  /** Whether points are since the last reading. */
  readonly temporality: Temporality;
  /** True when its values are whole numbers. */
  readonly isInteger: boolean;
  /** The part of the program that measures. */
  readonly scope: Scope;
};
