import { otlp, parentOr, probability, type TelemetryOptions } from "../../mod.ts";

/** A way to run the target. */
export interface Arm {
  readonly name: string;
  /** What of `createTelemetry` it sets, given where to export to. */
  readonly options: (endpoint: string) => Partial<TelemetryOptions>;
}

/** Every arm; the first is what the others are held against, the second the same again (A/A). */
export const ARMS: readonly Arm[] = [
  { name: "off", options: () => ({}) },
  { name: "off again", options: () => ({}) },
  { name: "logs", options: (endpoint) => ({ sinks: [otlp({ endpoint, signals: ["logs"] })] }) },
  { name: "traces", options: (endpoint) => ({ sinks: [otlp({ endpoint, signals: ["traces"] })] }) },
  { name: "logs+traces", options: (endpoint) => ({ sinks: [otlp({ endpoint })] }) },
  {
    name: "traces 1 in 10",
    options: (endpoint) => ({
      sinks: [otlp({ endpoint, signals: ["traces"] })],
      sampler: parentOr(probability(0.1)),
    }),
  },
];
