import type { Attributes } from "../core/attributes.ts";
import type { MetricRecord, Temporality } from "../core/metric_records.ts";
import type { Scope } from "../core/records.ts";
import type { SpanContext } from "../core/span_context.ts";
import { type Aggregation, seriesOf, valuesOf } from "./aggregation.ts";
import type { AttributeSets } from "./attribute_set.ts";
import { Exemplars } from "./exemplars.ts";
import { AttributeSet, type Series } from "./series.ts";

/** What instruments need of their meter. */
export interface InstrumentHost {
  readonly sets: AttributeSets;
  /** Series of one instrument at most, the overflow included. */
  readonly cardinalityMax: number;
  readonly temporality: () => Temporality;
  readonly wallMs: () => number;
  /** The span that is active, for exemplars: those of sampled ones. */
  readonly activeSpan: (() => SpanContext | undefined) | undefined;
  /** Measurements that make no sense: NaN, a negative addend. */
  misuse: number;
}

/** What an instrument is. */
export interface InstrumentSetup {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly isInteger: boolean;
  readonly scope: Scope;
  readonly aggregation: Aggregation;
  /** The attributes that are kept; undefined: all. */
  readonly kept: readonly string[] | undefined;
  /** The instrument's number: its place in the slots of attribute sets. */
  readonly slot: number;
}

/** Puts the measurements of one instrument together. */
export class Measurements {
  readonly setup: InstrumentSetup;
  readonly #host: InstrumentHost;
  readonly #series = new Map<AttributeSet, Series>();
  readonly #exemplars = new Map<Series, Exemplars>();
  readonly #hasExemplars: boolean;
  #startEpochMs: number | undefined;

  constructor(host: InstrumentHost, setup: InstrumentSetup) {
    this.#host = host;
    this.setup = setup;
    const { kind } = setup.aggregation;
    this.#hasExemplars = host.activeSpan !== undefined &&
      (kind === "histogram" || kind === "exponential");
  }

  measure(
    value: number,
    attributes: Attributes | AttributeSet | undefined,
    weight = 1,
    span?: SpanContext,
  ): void {
    const set = attributes instanceof AttributeSet ? attributes : this.#host.sets.of(attributes);
    let series = set.slots[this.setup.slot];
    if (series === undefined || !series.isLive) series = this.#begin(set);
    if (value - value !== 0) {
      // NaN or infinite.
      this.#host.misuse++;
      return;
    }
    series.update(value, weight);
    if (!this.#hasExemplars) return;
    const active = span ?? this.#host.activeSpan!();
    if (active === undefined || !active.isSampled) return;
    this.#offer(series, value, active);
  }

  #offer(series: Series, value: number, span: SpanContext): void {
    let exemplars = this.#exemplars.get(series);
    if (!exemplars) this.#exemplars.set(series, exemplars = new Exemplars());
    exemplars.offer(series.bucketOf(value), value, span, this.#host.wallMs);
  }

  #begin(given: AttributeSet): Series {
    const { sets, cardinalityMax, wallMs } = this.#host;
    const { kept, slot, aggregation } = this.setup;
    let set = kept === undefined ? given : sets.only(given, kept);
    let series = this.#series.get(set);
    if (series === undefined && this.#series.size >= cardinalityMax - 1) {
      set = sets.overflow;
      series = this.#series.get(set);
    }
    if (series === undefined) {
      series = seriesOf(aggregation, set, this.#startEpochMs ?? wallMs());
      this.#series.set(set, series);
    }
    given.slots[slot] = series;
    return series;
  }

  /** What was measured; with delta temporality since the last time. Undefined: nothing. */
  collect(epochMs: number): MetricRecord | undefined {
    if (this.#series.size === 0) return undefined;
    const { name, description, unit, isInteger, scope, aggregation } = this.setup;
    const temporality = this.#host.temporality();
    const points = Array.from(
      this.#series.values(),
      (series) => series.point(epochMs, this.#exemplars.get(series)?.take() ?? []),
    );
    if (temporality === "delta" && aggregation.kind !== "gauge") this.clear(epochMs);
    return {
      ...valuesOf(aggregation, points),
      name,
      description,
      unit,
      isInteger,
      scope,
      temporality,
    };
  }

  /** Begins anew: series that nobody measures any more are forgotten. */
  clear(epochMs: number): void {
    for (const series of this.#series.values()) series.isLive = false;
    this.#series.clear();
    this.#exemplars.clear();
    this.#startEpochMs = epochMs;
  }
}

/** Adds up: requests, bytes. */
export class Counter {
  readonly #host: InstrumentHost;
  readonly #measurements: Measurements;

  /** Use `meter.counter()`. */
  constructor(measurements: Measurements, host: InstrumentHost) {
    this.#host = host;
    this.#measurements = measurements;
  }

  /** Adds a number from 0; one below is left out and counted as misuse. */
  add(value: number, attributes?: Attributes): void {
    if (value < 0) this.#host.misuse++;
    else this.#measurements.measure(value, attributes);
  }
}

/** Adds up what may go down as well: open connections. */
export class UpDownCounter {
  readonly #measurements: Measurements;

  /** Use `meter.upDownCounter()`. */
  constructor(measurements: Measurements) {
    this.#measurements = measurements;
  }

  /** Adds a number. */
  add(value: number, attributes?: Attributes): void {
    this.#measurements.measure(value, attributes);
  }
}

/** Keeps the last value: a temperature. */
export class Gauge {
  readonly #measurements: Measurements;

  /** Use `meter.gauge()`. */
  constructor(measurements: Measurements) {
    this.#measurements = measurements;
  }

  /** Sets the value. */
  record(value: number, attributes?: Attributes): void {
    this.#measurements.measure(value, attributes);
  }
}

/** How a measurement of a histogram differs from others. */
export interface RecordOptions {
  /** For how many it stands: a span's adjusted count. Default 1. */
  readonly weight?: number;
  /** The span that an exemplar points at; default the active one. */
  readonly span?: SpanContext;
}

/** Puts values into buckets: durations, sizes. */
export class Histogram {
  readonly #host: InstrumentHost;
  readonly #measurements: Measurements;

  /** Use `meter.histogram()`. */
  constructor(measurements: Measurements, host: InstrumentHost) {
    this.#host = host;
    this.#measurements = measurements;
  }

  /** Records a value from 0; one below is left out and counted as misuse. */
  record(value: number, attributes?: Attributes, options?: RecordOptions): void {
    if (value < 0) this.#host.misuse++;
    else this.#measurements.measure(value, attributes, options?.weight, options?.span);
  }
}
