import type { Clock, Layer, Sampler, SamplingRule } from "../../mod.ts";

/** What of a telemetry a strategy decides. */
export interface StrategyParts {
  readonly sampler?: Sampler;
  readonly layers?: readonly Layer[];
  /** Default "info". */
  readonly level?: string;
}

/** A way to choose what is kept. */
export interface Strategy {
  readonly name: string;
  readonly signals: "traces" | "logs" | "both";
  /** It, as it is written into `createTelemetry`. */
  readonly configuration: string;
  /** Made anew for each replay, and each telemetry of it; `clock` is the replay's. */
  readonly make: (clock: Clock) => StrategyParts;
  /**
   * Where decisions fall: "process", in one telemetry for all services, as in a monolith or a
   * collector; "services", in one for each. Default "process".
   */
  readonly topology?: "process" | "services";
  /** A proxy before the services has kept this part already, and says so in tracestate. */
  readonly upstream?: number;
  /** True when every failure is kept whatever chance says: estimates of error rates rely on it. */
  readonly isEveryErrorKept?: boolean;
}

/** What the strategies of a budget have to know of the stream. */
export interface Known {
  /** Traces a second, bursts included. */
  readonly ratePerS: number;
  /** What is asked most often, as a rule knows it when it begins: a path, where a route comes later. */
  readonly busiest: Pick<SamplingRule, "name" | "attributes">;
}

/** Strategies that differ in one number: the more of it, the more is kept. */
export interface Family {
  /** Its name, without the budget. */
  readonly name: string;
  /** The most the number may be: 1 for a probability. */
  readonly max: number;
  /** About the number with which this part of the bytes is kept. */
  readonly guess: (part: number, known: Known) => number;
  /** True when rules keep something though the number is 0. */
  readonly hasBase: boolean;
  readonly of: (setting: number, known: Known) => Omit<Strategy, "name">;
}

/** A strategy as it can be told to a worker. */
export type StrategySpec =
  & { readonly name: string; readonly budget?: number; readonly isOverBudget?: boolean }
  & (
    | { readonly kind: "family"; readonly family: string; readonly setting: number }
    | { readonly kind: "fixed" }
    /** From a module of the user's. */
    | { readonly kind: "user"; readonly url: string }
  );
