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
    const index = indexOf(Math.abs(value), this.#scale);
    const change = buckets.add(index, weight);
    if (change === 0) return;
    // Both rows have one scale.
    this.#coarsen(change);
    buckets.add(indexOf(Math.abs(value), this.#scale), weight);
  }

  #coarsen(change: number): void {
    this.#scale = Math.max(SCALE_MIN, this.#scale - change);
    this.#positive.coarsen(change);
    this.#negative.coarsen(change);
  }

  bucketOf(value: number): number {
    return value === 0 ? 0 : indexOf(Math.abs(value), this.#scale);
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

/** Above this scale a table of bounds would be long: there the logarithm is taken. */
const TABLE_SCALE_MAX = 10;
/** The smallest number whose exponent is its own; below it the exponent is in the fraction. */
const NORMAL_MIN = 2.2250738585072014e-308;
const FRACTION_BITS = 52;
const TWO_32 = 4_294_967_296;

/** The upper bounds of the buckets between two powers of two, as fractions of 52 bits. */
interface Bounds {
  /** Where to begin to look for a fraction, by its first bits. */
  readonly starts: Uint16Array;
  readonly bounds: Float64Array;
}

const allBounds: (Bounds | undefined)[] = [];

/** Made once a scale. */
function boundsAt(scale: number): Bounds {
  return allBounds[scale] ??= makeBounds(2 ** scale);
}

function makeBounds(many: number): Bounds {
  const bounds = Float64Array.from(
    { length: many + 1 },
    (_, at) => Math.floor((2 ** (at / many) - 1) * 2 ** FRACTION_BITS),
  );
  let at = 0;
  const starts = Uint16Array.from({ length: many }, (_, first) => {
    const least = first / many * 2 ** FRACTION_BITS;
    while (bounds[at] < least) at++;
    return at;
  });
  return { starts, bounds };
}

const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/**
 * The index of the bucket of a positive value: above base^index, up to base^(index + 1). A power of
 * two, which is a bound at every scale, ends its bucket.
 */
export function indexOf(value: number, scale: number): number {
  const isSmall = value < NORMAL_MIN;
  bits.setFloat64(0, isSmall ? value * 2 ** FRACTION_BITS : value);
  const high = bits.getUint32(0);
  const fraction = (high & 0xfffff) * TWO_32 + bits.getUint32(4);
  const exponent = (high >>> 20) - (isSmall ? 1023 + FRACTION_BITS : 1023);
  if (scale <= 0) return (fraction === 0 ? exponent - 1 : exponent) >> -scale;
  if (scale <= TABLE_SCALE_MAX) {
    const { starts, bounds } = boundsAt(scale);
    let at = starts[(high & 0xfffff) >>> (20 - scale)];
    // Twice at most: no bucket is narrower than half of what the first bits tell apart.
    while (fraction > bounds[at]) at++;
    return (exponent << scale) + at - 1;
  }
  return fraction === 0
    ? exponent * 2 ** scale - 1
    : Math.ceil(Math.log(value) * (2 ** scale * Math.LOG2E)) - 1;
}

/** A row of buckets that moves with what it holds: addressed modulo a power of two. */
class Buckets {
  readonly #most: number;
  readonly #mask: number;
  /** Made when something comes: most histograms have nothing below zero. */
  #counts: Float64Array | undefined;
  #low = 0;
  #high = -1;

  constructor(most: number) {
    this.#most = most;
    this.#mask = 2 ** Math.ceil(Math.log2(most)) - 1;
  }

  /** Adds to a bucket, or says by how many steps the scale must be coarser before it can. */
  add(index: number, weight: number): number {
    if (index < this.#low || index > this.#high) {
      const change = this.#extend(index);
      if (change > 0) return change;
    }
    this.#counts![index & this.#mask] += weight;
    return 0;
  }

  #extend(index: number): number {
    if (this.#counts === undefined) {
      this.#counts = new Float64Array(this.#mask + 1);
      this.#low = this.#high = index;
    }
    const first = Math.min(this.#low, index);
    const last = Math.max(this.#high, index);
    let change = 0;
    while ((last >> change) - (first >> change) >= this.#most) change++;
    if (change === 0) {
      this.#low = first;
      this.#high = last;
    }
    return change;
  }

  coarsen(change: number): void {
    const { offset, counts } = this.#raw();
    this.#counts?.fill(0);
    this.#low = this.#low >> change;
    this.#high = this.#high >> change;
    counts.forEach((count, at) => {
      this.#counts![((offset + at) >> change) & this.#mask] += count;
    });
  }

  #raw(): ExponentialBuckets {
    const counts: number[] = [];
    for (let index = this.#low; index <= this.#high; index++) {
      counts.push(this.#counts![index & this.#mask]);
    }
    return { offset: this.#low, counts };
  }

  read(): ExponentialBuckets {
    const { offset, counts } = this.#raw();
    return { offset, counts: counts.map(Math.round) };
  }
}
