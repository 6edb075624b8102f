import type { Exemplar, ExponentialBuckets, ExponentialPoint } from "../core/metric_records.ts";
import type { AttributeSet, Series } from "./series.ts";

/** The finest scale: buckets of 2^(2^-20), 0.00007 % wide. */
const SCALE_MAX = 20;
const SCALE_MIN = -10;

/**
 * A histogram whose buckets grow by a factor, and whose scale gets coarser when the values need
 * more buckets than it may have (OpenTelemetry data model, "ExponentialHistogram"; metrics SDK,
 * "Base2 Exponential Bucket Histogram Aggregation").
 */
export class ExponentialSeries implements Series {
  isLive = true;
  readonly #positive: Buckets;
  readonly #negative: Buckets;
  #scale = SCALE_MAX;
  #factor = factorOf(SCALE_MAX);
  #zeroCount = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(
    readonly set: AttributeSet,
    public startEpochMs: number,
    bucketsMax: number,
  ) {
    this.#positive = new Buckets(bucketsMax);
    this.#negative = new Buckets(bucketsMax);
  }

  update(value: number, weight: number): void {
    this.#sum += value * weight;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) {
      this.#zeroCount += weight;
      return;
    }
    const buckets = value > 0 ? this.#positive : this.#negative;
    let index = indexOf(Math.abs(value), this.#scale, this.#factor);
    const change = buckets.excess(index);
    if (change > 0) {
      // Both rows have one scale.
      this.#coarsen(change);
      index = indexOf(Math.abs(value), this.#scale, this.#factor);
    }
    buckets.add(index, weight);
  }

  #coarsen(change: number): void {
    this.#scale = Math.max(SCALE_MIN, this.#scale - change);
    this.#factor = factorOf(this.#scale);
    this.#positive.coarsen(change);
    this.#negative.coarsen(change);
  }

  bucketOf(value: number): number {
    return value === 0 ? 0 : indexOf(Math.abs(value), this.#scale, this.#factor);
  }

  point(epochMs: number, exemplars: readonly Exemplar[]): ExponentialPoint {
    const positive = this.#positive.read();
    const negative = this.#negative.read();
    const zeroCount = Math.round(this.#zeroCount);
    const isEmpty = this.#min > this.#max;
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    return {
      attributes: this.set.values,
      startEpochMs: this.startEpochMs,
      epochMs,
      exemplars,
      count: zeroCount + total(positive.counts) + total(negative.counts),
      sum: this.#sum,
      min: isEmpty ? undefined : this.#min,
      max: isEmpty ? undefined : this.#max,
      scale: this.#scale,
      zeroCount,
      positive,
      negative,
    };
  }
}

/** By what the logarithm of a value is multiplied at a scale. */
function factorOf(scale: number): number {
  return 2 ** scale * Math.LOG2E;
}

const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/** The index of the bucket of a positive value: above base^index, up to base^(index + 1). */
export function indexOf(value: number, scale: number, factor: number = factorOf(scale)): number {
  if (scale > 0) {
    const index = Math.ceil(Math.log(value) * factor) - 1;
    // The logarithm is not exact at powers of two, which are bounds at every scale.
    bits.setFloat64(0, value);
    if ((bits.getUint32(0) & 0xfffff) === 0 && bits.getUint32(4) === 0) {
      return exponentOf(value) * 2 ** scale - 1;
    }
    return index;
  }
  const exponent = exponentOf(value);
  // A power of two belongs to the bucket below.
  const isPower = value === 2 ** exponent;
  return (isPower ? exponent - 1 : exponent) >> -scale;
}

/** The exponent of a positive number: floor(log2(value)). */
function exponentOf(value: number): number {
  bits.setFloat64(0, value);
  const biased = (bits.getUint32(0) >>> 20) & 0x7ff;
  // Below 2^-1022 the exponent is in the fraction.
  return biased === 0 ? Math.floor(Math.log2(value)) : biased - 1023;
}

/** A row of buckets that moves with what it holds: addressed modulo its length. */
class Buckets {
  readonly #counts: Float64Array;
  #low = 0;
  #high = -1;

  constructor(most: number) {
    this.#counts = new Float64Array(most);
  }

  #at(index: number): number {
    const { length } = this.#counts;
    return ((index % length) + length) % length;
  }

  /** By how many steps the scale must be coarser so that `index` fits. */
  excess(index: number): number {
    if (this.#high < this.#low) return 0;
    let low = Math.min(this.#low, index);
    let high = Math.max(this.#high, index);
    let change = 0;
    while (high - low >= this.#counts.length) {
      low >>= 1;
      high >>= 1;
      change++;
    }
    return change;
  }

  add(index: number, weight: number): void {
    if (this.#high < this.#low) this.#low = this.#high = index;
    else if (index < this.#low) this.#low = index;
    else if (index > this.#high) this.#high = index;
    this.#counts[this.#at(index)] += weight;
  }

  coarsen(change: number): void {
    if (this.#high < this.#low) return;
    const { offset, counts } = this.#raw();
    this.#counts.fill(0);
    this.#low = offset >> change;
    this.#high = this.#high >> change;
    counts.forEach((count, at) => {
      this.#counts[this.#at((offset + at) >> change)] += count;
    });
  }

  #raw(): ExponentialBuckets {
    const counts: number[] = [];
    for (let index = this.#low; index <= this.#high; index++) {
      counts.push(this.#counts[this.#at(index)]);
    }
    return { offset: this.#high < this.#low ? 0 : this.#low, counts };
  }

  read(): ExponentialBuckets {
    const { offset, counts } = this.#raw();
    return { offset, counts: counts.map(Math.round) };
  }
}
