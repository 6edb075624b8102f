import type { Temporality } from "../core/metric_records.ts";
import type { Runtime } from "../core/seams.ts";
import type { Aggregation } from "./aggregation.ts";
import type { ViewOf } from "./view.ts";

/** What a meter can do without. */
export interface MeterParts {
  /** Finds what views make of an instrument. */
  readonly viewOf?: ViewOf;
  /** What histograms are that ask for exponential buckets. */
  readonly exponential?: Aggregation;
  /** Reads OpenTelemetry's variables. */
  readonly fromEnv?: (runtime: Runtime, warnings: string[]) => MeterSettings;
}

/** What variables say of a meter; what is absent they don't say. */
export interface MeterSettings {
  readonly temporality?: Temporality;
  readonly intervalMs?: number;
}
