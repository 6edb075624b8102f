import type { Attributes } from "../core/attributes.ts";
import type { Temporality } from "../core/metric_records.ts";
import type { AttributeSets } from "./attribute_set.ts";
import type { Measurements } from "./instrument.ts";
import type { AttributeSet } from "./series.ts";

/** Says a value that is there when it is looked at. */
export type Observe = (value: number, attributes?: Attributes) => void;

/** Asks for totals or values that are kept elsewhere. */
export class Observed {
  readonly #measurements: Measurements;
  readonly #sets: AttributeSets;
  readonly #observe: (take: Observe) => void;
  /** The totals of the last time, for delta temporality. */
  #totals = new Map<AttributeSet, number>();
  #startEpochMs: number | undefined;

  /** Asks nothing yet. */
  constructor(
    measurements: Measurements,
    sets: AttributeSets,
    observe: (take: Observe) => void,
  ) {
    this.#measurements = measurements;
    this.#sets = sets;
    this.#observe = observe;
  }

  /** Asks, and measures what is said; for sums the difference when the temporality is delta. */
  ask(epochMs: number, temporality: Temporality): void {
    this.#startEpochMs ??= epochMs;
    const totals = new Map<AttributeSet, number>();
    // The last value counts when one set is named twice.
    this.#observe((value, attributes) => void totals.set(this.#sets.of(attributes), value));
    const isSum = this.#measurements.setup.aggregation.kind === "sum";
    const isDelta = isSum && temporality === "delta";
    if (!isDelta) this.#measurements.clear(this.#startEpochMs);
    for (const [set, total] of totals) {
      const before = isDelta ? this.#totals.get(set) ?? 0 : 0;
      // A total below the last one began anew: all of it is new.
      this.#measurements.measure(total < before ? total : total - before, set);
    }
    this.#totals = totals;
  }
}
