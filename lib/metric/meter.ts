import type { Attributes } from "../core/attributes.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { MetricHost, MetricReader, MetricSource } from "../core/metric_source.ts";
import type { MetricRecord, Temporality } from "../core/metric_records.ts";
import { refuse } from "../core/refuse.ts";
import type { Scope } from "../core/records.ts";
import type { SpanContext } from "../core/span_context.ts";
import { AttributeSets } from "./attribute_set.ts";
import {
  Counter,
  Gauge,
  Histogram,
  type InstrumentHost,
  Measurements,
  UpDownCounter,
} from "./instrument.ts";
import { type Observe, Observed } from "./observable.ts";
import { startReader } from "./reader.ts";
import type { Aggregation } from "./aggregation.ts";
import type { MeterParts } from "./meter_parts.ts";
import { checkBounds } from "./bounds.ts";

/** Options of {@linkcode createPlainMeter}. */
export interface PlainMeterOptions {
  /** Since the last reading or since the start; default "cumulative". */
  readonly temporality?: Temporality;
  /** How often metrics go to the sinks; default 60,000. */
  readonly intervalMs?: number;
  /** Series of one instrument at most; default 2000. What comes past it is put together. */
  readonly cardinalityMax?: number;
  /** False: no spans are kept with the measurements of histograms. Default true. */
  readonly exemplars?: boolean;
}

/** Options of an instrument. */
export interface MetricOptions {
  /** For people. */
  readonly description?: string;
  /** In UCUM: `s`, `By`, `{request}`. */
  readonly unit?: string;
  /** True when values are whole numbers. */
  readonly isInteger?: boolean;
}

/** Options of a histogram. */
export interface HistogramOptions extends MetricOptions {
  /** The bounds of its buckets, or base-2 exponential ones. Default by the unit. */
  readonly buckets?: readonly number[] | "exponential";
}

/** OpenTelemetry's default bounds (metrics SDK, "Explicit Bucket Histogram Aggregation"). */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
/** Those of the semantic conventions for durations in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** OpenTelemetry metrics API, "Instrument name syntax". */
const NAME = /^[A-Za-z][A-Za-z0-9_.\-/]{0,254}$/;
const INTERVAL_MS = 60_000;
/** Sets of attributes remembered for each series that an instrument may have. */
const SETS_PER_SERIES = 10;

interface Registered {
  readonly kind: string;
  readonly instrument: unknown;
  readonly measurements: Measurements;
  /** Of an observable instrument. */
  readonly observed: Observed | undefined;
  /** False for a name that is not allowed, and for what a view leaves out. */
  readonly isRead: boolean;
}

/** What all scopes of one meter share. */
class Shared implements InstrumentHost {
  readonly instruments: Registered[] = [];
  readonly byName = new Map<string, Registered>();
  readonly warnings: string[] = [];
  readonly sets: AttributeSets;
  readonly cardinalityMax: number;
  readonly options: PlainMeterOptions;
  readonly parts: MeterParts;
  misuse = 0;
  clock: Clock = systemClock;
  current: Temporality;
  span: (() => SpanContext | undefined) | undefined;
  readonly activeSpan: (() => SpanContext | undefined) | undefined;

  constructor(options: PlainMeterOptions, parts: MeterParts) {
    this.options = options;
    this.parts = parts;
    this.cardinalityMax = options.cardinalityMax ?? 2000;
    this.sets = new AttributeSets(this.cardinalityMax * SETS_PER_SERIES);
    this.current = options.temporality ?? "cumulative";
    this.activeSpan = options.exemplars === false ? undefined : () => this.span?.();
  }

  readonly temporality = (): Temporality => this.current;
  readonly wallMs = (): number => this.clock.wallMs();
}

/** Makes instruments and reads them. Made by `createMeter` or {@linkcode createPlainMeter}. */
export class Meter implements MetricSource {
  readonly #shared: Shared;
  readonly #scope: Scope;

  /** Use `createMeter`. */
  constructor(shared: unknown, scope: Scope) {
    this.#shared = shared as Shared;
    this.#scope = scope;
  }

  /** A meter for another part of the program; everything but its name is the same. */
  scoped(name: string, version = ""): Meter {
    return new Meter(this.#shared, { name, version });
  }

  /** For `createTelemetry`. */
  attach(host: MetricHost): MetricReader {
    const shared = this.#shared;
    shared.clock = host.clock;
    shared.span = host.activeSpan;
    const { temporality, intervalMs } = shared.options;
    const settings = shared.parts.fromEnv?.(host.runtime, shared.warnings);
    shared.current = temporality ?? settings?.temporality ?? "cumulative";
    return startReader(this, intervalMs ?? settings?.intervalMs ?? INTERVAL_MS, host);
  }

  /** Looks attributes up once: instruments take the result faster than an object. */
  attributes(attributes: Attributes): Attributes {
    return this.#shared.sets.of(attributes) as unknown as Attributes;
  }

  /** Adds up: requests, bytes. */
  counter(name: string, options?: MetricOptions): Counter {
    return this.#make("counter", name, options, { kind: "sum", isMonotonic: true }, Counter);
  }

  /** Adds up what may go down as well. */
  upDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return this.#make(
      "upDownCounter",
      name,
      options,
      { kind: "sum", isMonotonic: false },
      UpDownCounter,
    );
  }

  /** Keeps the last value. */
  gauge(name: string, options?: MetricOptions): Gauge {
    return this.#make("gauge", name, options, { kind: "gauge" }, Gauge);
  }

  /** Puts values into buckets. */
  histogram(name: string, options: HistogramOptions = {}): Histogram {
    const { buckets = options.unit === "s" ? SECONDS : BOUNDS } = options;
    let aggregation = buckets === "exponential" ? this.#shared.parts.exponential : undefined;
    if (aggregation === undefined) {
      const bounds = buckets as readonly number[];
      checkBounds(`histogram(${name}): buckets`, bounds);
      aggregation = { kind: "histogram", bounds: [...bounds] };
    }
    return this.#make("histogram", name, options, aggregation, Histogram);
  }

  /** Asks for a sum that is kept elsewhere, whenever metrics are read. */
  observableCounter(
    name: string,
    options: MetricOptions,
    observe: (take: Observe) => void,
  ): void {
    const own: Aggregation = { kind: "sum", isMonotonic: true };
    this.#make("observableCounter", name, options, own, undefined, observe);
  }

  /** As {@linkcode Meter.observableCounter}, for a sum that may go down. */
  observableUpDownCounter(
    name: string,
    options: MetricOptions,
    observe: (take: Observe) => void,
  ): void {
    const own: Aggregation = { kind: "sum", isMonotonic: false };
    this.#make("observableUpDownCounter", name, options, own, undefined, observe);
  }

  /** Asks for a value whenever metrics are read. */
  observableGauge(
    name: string,
    options: MetricOptions,
    observe: (take: Observe) => void,
  ): void {
    this.#make("observableGauge", name, options, { kind: "gauge" }, undefined, observe);
  }

  #make<I>(
    kind: string,
    name: string,
    options: MetricOptions = {},
    own: Aggregation,
    make?: new (measurements: Measurements, host: InstrumentHost) => I,
    observe?: (take: Observe) => void,
  ): I {
    const shared = this.#shared;
    const { description = "", unit = "", isInteger = false } = options;
    const isNameRight = NAME.test(name);
    if (!isNameRight) {
      shared.warnings.push(`instrument name ${JSON.stringify(name)} is not allowed`);
    }
    const key = `${this.#scope.name}\u0000${this.#scope.version}\u0000${name.toLowerCase()}`;
    const before = shared.byName.get(key);
    if (before !== undefined && observe === undefined) {
      if (before.kind === kind && before.measurements.setup.unit === unit) {
        return before.instrument as I;
      }
      shared.warnings.push(`instrument ${name} is made twice, as ${before.kind} and as ${kind}`);
    }
    const view = shared.parts.viewOf?.(name, own);
    const measurements = new Measurements(shared, {
      name: view?.name ?? name,
      description: view?.description ?? description,
      unit,
      isInteger,
      scope: this.#scope,
      aggregation: view?.aggregation ?? own,
      kept: view?.attributes,
      slot: shared.instruments.length,
    });
    const registered: Registered = {
      kind,
      instrument: make && new make(measurements, shared),
      measurements,
      observed: observe && new Observed(measurements, shared.sets, observe),
      isRead: isNameRight && view?.drop !== true,
    };
    if (before === undefined) shared.byName.set(key, registered);
    shared.instruments.push(registered);
    return registered.instrument as I;
  }

  /** Reads all instruments. With delta temporality what was read begins anew. */
  collect(): MetricRecord[] {
    const shared = this.#shared;
    const epochMs = shared.clock.wallMs();
    return shared.instruments.flatMap(({ observed, measurements, isRead }) => {
      if (!isRead) return [];
      try {
        observed?.ask(epochMs, shared.current);
      } catch {
        // A callback of the user's that throws says nothing this time.
        shared.misuse++;
        return [];
      }
      return measurements.collect(epochMs) ?? [];
    });
  }

  /** Whether values are since the last reading or since the start. */
  get temporality(): Temporality {
    return this.#shared.current;
  }

  /** What was wrong with instruments and their use, for people. */
  get warnings(): readonly string[] {
    const { warnings, misuse } = this.#shared;
    return misuse === 0 ? warnings : [...warnings, `${misuse} measurements made no sense`];
  }
}

/**
 * Makes the smallest meter, for where each kilobyte counts: histograms have bounds, there are no
 * views, and no variables are read. `createMeter` has all of it.
 *
 * @throws {TypeError} When an option is wrong.
 */
export function createPlainMeter(options: PlainMeterOptions = {}): Meter {
  return meterOf(options, {});
}

/** A meter that is made of `parts`; checks the options that all meters have. */
export function meterOf(options: PlainMeterOptions, parts: MeterParts): Meter {
  const { temporality = "delta", cardinalityMax = 2, intervalMs = 1 } = options;
  if (!/^(delta|cumulative)$/.test(temporality)) {
    refuse("temporality", temporality, "delta, cumulative");
  }
  if (!(cardinalityMax >= 2)) refuse("cardinalityMax", cardinalityMax, "2 or more");
  if (!(intervalMs > 0)) refuse("intervalMs", intervalMs, "a positive number");
  return new Meter(new Shared(options, parts), { name: "sextant", version: "" });
}
