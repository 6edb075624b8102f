import type { Aggregation } from "./aggregation.ts";
import { meterSettingsFrom } from "./env.ts";
import { ExponentialSeries } from "./exponential.ts";
import { type Meter, meterOf, type PlainMeterOptions } from "./meter.ts";
import { checkViews, type View, viewsOf } from "./view.ts";

/**
 * Options of {@linkcode createMeter}. What is not given comes from
 * OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE and OTEL_METRIC_EXPORT_INTERVAL, where the
 * runtime reads the environment.
 */
export interface MeterOptions extends PlainMeterOptions {
  /** Changes what becomes of measurements; the first that fits an instrument applies. */
  readonly views?: readonly View[];
}

/** Buckets of an exponential histogram (OpenTelemetry metrics SDK, "MaxSize"). */
const EXPONENTIAL_BUCKETS = 160;

const EXPONENTIAL: Aggregation = {
  kind: "exponential",
  begin: (set, startEpochMs) => new ExponentialSeries(set, startEpochMs, EXPONENTIAL_BUCKETS),
};

/**
 * Makes a meter; give it to `createTelemetry({ meter })`, and its metrics go to the sinks that take
 * them, such as `otlpMetrics()`.
 *
 * @throws {TypeError | RangeError} When an option is wrong.
 */
export function createMeter(options: MeterOptions = {}): Meter {
  const { views = [] } = options;
  checkViews(views);
  return meterOf(options, {
    exponential: EXPONENTIAL,
    viewOf: viewsOf(views, EXPONENTIAL),
    fromEnv: meterSettingsFrom,
  });
}
