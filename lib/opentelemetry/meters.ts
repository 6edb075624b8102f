import * as api from "npm:@opentelemetry/api@^1.9.0";
import type { Attributes } from "../core/attributes.ts";
import { Span } from "../trace/span.ts";
import type { RecordOptions } from "../metric/instrument.ts";
import type { Meter } from "../metric/meter.ts";
import type { Observe } from "../metric/observable.ts";

/** The meter of a telemetry as the API's meter provider. */
export class ApiMeterProvider implements api.MeterProvider {
  readonly #meter: Meter;

  /** Meters of the API are scopes of this one. */
  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** The meter of a part of the program. */
  getMeter(name: string, version?: string): api.Meter {
    return new ApiMeter(this.#meter.scoped(name, version));
  }
}

type Kind = "observableCounter" | "observableUpDownCounter" | "observableGauge";

class ApiMeter implements api.Meter {
  readonly #meter: Meter;
  readonly #observables = new Map<string, ApiObservable>();
  /** Callbacks that observe several instruments at once. */
  readonly #batches = new Map<api.BatchObservableCallback, readonly api.Observable[]>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  createCounter(name: string, options?: api.MetricOptions): api.Counter {
    return this.#meter.counter(name, setupOf(options));
  }

  createUpDownCounter(name: string, options?: api.MetricOptions): api.UpDownCounter {
    return this.#meter.upDownCounter(name, setupOf(options));
  }

  createGauge(name: string, options?: api.MetricOptions): api.Gauge {
    return this.#meter.gauge(name, setupOf(options));
  }

  createHistogram(name: string, options?: api.MetricOptions): api.Histogram {
    const histogram = this.#meter.histogram(name, {
      ...setupOf(options),
      buckets: boundsOf(options),
    });
    return {
      record: (value, attributes, context) =>
        histogram.record(value, attributes, context && inContext(context)),
    };
  }

  createObservableCounter(name: string, options?: api.MetricOptions): api.ObservableCounter {
    return this.#observable("observableCounter", name, options);
  }

  createObservableUpDownCounter(
    name: string,
    options?: api.MetricOptions,
  ): api.ObservableUpDownCounter {
    return this.#observable("observableUpDownCounter", name, options);
  }

  createObservableGauge(name: string, options?: api.MetricOptions): api.ObservableGauge {
    return this.#observable("observableGauge", name, options);
  }

  addBatchObservableCallback(
    callback: api.BatchObservableCallback,
    observables: api.Observable[],
  ): void {
    this.#batches.set(callback, observables);
  }

  removeBatchObservableCallback(callback: api.BatchObservableCallback): void {
    this.#batches.delete(callback);
  }

  #observable(kind: Kind, name: string, options?: api.MetricOptions): api.Observable {
    const before = this.#observables.get(`${kind} ${name}`);
    if (before !== undefined) return before;
    const observable = new ApiObservable();
    this.#observables.set(`${kind} ${name}`, observable);
    this.#meter[kind](name, setupOf(options), (observe) => {
      observable.ask(observe);
      this.#askBatches(observable, observe);
    });
    return observable;
  }

  /** Asks the batch callbacks that name this one; what they say of others is asked for there. */
  #askBatches(observable: ApiObservable, observe: Observe): void {
    for (const [callback, observables] of this.#batches) {
      if (!observables.includes(observable)) continue;
      const result = callback({
        observe: (metric, value, attributes) => {
          if (metric === observable) observe(value, attributes as Attributes);
        },
      });
      ignore(result);
    }
  }
}

class ApiObservable implements api.Observable {
  readonly #callbacks = new Set<api.ObservableCallback>();

  addCallback(callback: api.ObservableCallback): void {
    this.#callbacks.add(callback);
  }

  removeCallback(callback: api.ObservableCallback): void {
    this.#callbacks.delete(callback);
  }

  ask(observe: Observe): void {
    for (const callback of this.#callbacks) {
      const result = callback({
        observe: (value, attributes) => observe(value, attributes as Attributes),
      });
      ignore(result);
    }
  }
}

/** Metrics are read in one go: what a promise says later is not waited for. */
function ignore(result: void | Promise<void>): void {
  if (result instanceof Promise) {
    result.catch((error) => api.diag.warn(`sextant: a callback of a metric failed: ${error}`));
  }
}

function setupOf(options: api.MetricOptions = {}) {
  const { description, unit, valueType } = options;
  return { description, unit, isInteger: valueType === api.ValueType.INT };
}

function boundsOf(options: api.MetricOptions = {}): readonly number[] | undefined {
  const bounds = options.advice?.explicitBucketBoundaries;
  const isRight = bounds?.every((bound, index) =>
    Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1])
  );
  if (isRight === false) {
    api.diag.warn(
      `sextant: bounds ${bounds?.join(", ")} do not increase; the default ones are used`,
    );
  }
  return isRight === true ? bounds : undefined;
}

/** The sampled span of a context, for an exemplar. */
function inContext(context: api.Context): RecordOptions | undefined {
  const span = api.trace.getSpan(context);
  return span instanceof Span && span.isSampled ? { span } : undefined;
}
