import type {
  Exemplar,
  HistogramPoint,
  MetricValues,
  NumberPoint,
  Point,
} from "../core/metric_records.ts";
import type { AttributeSet, Series } from "./series.ts";

/** How measurements are put together. */
export type Aggregation =
  | { readonly kind: "sum"; readonly isMonotonic: boolean }
  | { readonly kind: "gauge" }
  | { readonly kind: "histogram"; readonly bounds: readonly number[] }
  | { readonly kind: "exponential"; readonly begin: BeginSeries };

/** Begins a series of one set of attributes. */
export type BeginSeries = (set: AttributeSet, startEpochMs: number) => Series;

/** Begins a series. */
export function seriesOf(
  aggregation: Aggregation,
  set: AttributeSet,
  startEpochMs: number,
): Series {
  switch (aggregation.kind) {
    case "sum":
      return new SumSeries(set, startEpochMs);
    case "gauge":
      return new GaugeSeries(set, startEpochMs);
    case "histogram":
      return new HistogramSeries(set, startEpochMs, aggregation.bounds);
    case "exponential":
      return aggregation.begin(set, startEpochMs);
  }
}

/** The points of series, with the kind that they have. */
export function valuesOf(aggregation: Aggregation, points: readonly Point[]): MetricValues {
  const { kind } = aggregation;
  return (kind === "sum" ? { ...aggregation, points } : { kind, points }) as MetricValues;
}

class SumSeries implements Series {
  isLive = true;
  value = 0;

  constructor(readonly set: AttributeSet, public startEpochMs: number) {}

  update(value: number, weight: number): void {
    this.value += value * weight;
  }

  bucketOf(): number {
    return 0;
  }

  point(epochMs: number, exemplars: readonly Exemplar[]): NumberPoint {
    const { set, startEpochMs, value } = this;
    return { attributes: set.values, startEpochMs, epochMs, exemplars, value };
  }
}

class GaugeSeries extends SumSeries {
  override update(value: number): void {
    this.value = value;
  }
}

class HistogramSeries implements Series {
  isLive = true;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(
    readonly set: AttributeSet,
    public startEpochMs: number,
    bounds: readonly number[],
  ) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  update(value: number, weight: number): void {
    this.#counts[this.bucketOf(value)] += weight;
    this.#sum += value * weight;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** The first bucket whose bound is not below the value: bounds belong to the bucket they end. */
  bucketOf(value: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= bounds[middle]) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  point(epochMs: number, exemplars: readonly Exemplar[]): HistogramPoint {
    // Weights may be fractions; the wire has whole numbers, and a count that is their sum.
    const bucketCounts = Array.from(this.#counts, Math.round);
    const isEmpty = this.#min > this.#max;
    return {
      attributes: this.set.values,
      startEpochMs: this.startEpochMs,
      epochMs,
      exemplars,
      bounds: this.#bounds,
      bucketCounts,
      count: bucketCounts.reduce((sum, count) => sum + count, 0),
      sum: this.#sum,
      min: isEmpty ? undefined : this.#min,
      max: isEmpty ? undefined : this.#max,
    };
  }
}
