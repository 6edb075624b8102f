import type { Attributes } from "../core/attributes.ts";
import type { Exemplar, Point } from "../core/metric_records.ts";

/**
 * Attributes that were looked up once. An instrument finds what belongs to them in one step, by its
 * own number: this is the fast way to count.
 */
export class AttributeSet {
  /** What was given, in the order of the names, undefined values left out. */
  readonly values: Attributes;
  /** What each instrument has measured with these, by the instrument's number. */
  readonly slots: (Series | undefined)[] = [];

  /** For {@linkcode AttributeSets}. */
  constructor(values: Attributes) {
    this.values = values;
  }
}

/** What one instrument has measured with one set of attributes. */
export interface Series {
  readonly set: AttributeSet;
  /** False when it was read and given up: the next measurement begins another. */
  isLive: boolean;
  startEpochMs: number;
  /** Takes a measurement that stands for `weight` of its kind. */
  update(value: number, weight: number): void;
  /** The bucket of a value, for exemplars. */
  bucketOf(value: number): number;
  point(epochMs: number, exemplars: readonly Exemplar[]): Point;
}
