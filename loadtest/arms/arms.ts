import {
  createMeter,
  errors,
  otlp,
  otlpMetrics,
  parentOr,
  pipe,
  probability,
  rare,
  rateLimited,
  redMetrics,
  slowerThan,
  tail,
  type TelemetryOptions,
} from "../../mod.ts";
import { SPIN_US } from "../model/model.ts";

/** A way to run the target. */
export interface Arm {
  readonly name: string;
  /** What of `createTelemetry` it sets, given where to export to. */
  readonly options: (endpoint: string) => Partial<TelemetryOptions>;
  /** Microseconds of a core that each request burns besides: a cost that is known. */
  readonly spinUs?: number;
}

/** Spans alone, through layers. */
function traces(endpoint: string, ...layers: Parameters<typeof pipe>[0][]) {
  return pipe(...layers as [], otlp({ endpoint, signals: ["traces"] }));
}

/** Every arm; the first is what the others are held against, the second the same again (A/A). */
export const ARMS: readonly Arm[] = [
  { name: "off", options: () => ({}) },
  { name: "off again", options: () => ({}) },
  { name: "spin", options: () => ({}), spinUs: SPIN_US },
  { name: "logs", options: (endpoint) => ({ sinks: [otlp({ endpoint, signals: ["logs"] })] }) },
  { name: "traces", options: (endpoint) => ({ sinks: [traces(endpoint)] }) },
  { name: "logs+traces", options: (endpoint) => ({ sinks: [otlp({ endpoint })] }) },
  {
    name: "traces 1 in 10",
    options: (endpoint) => ({
      sinks: [traces(endpoint)],
      sampler: parentOr(probability(0.1)),
    }),
  },
  {
    name: "traces 50/s",
    options: (endpoint) => ({ sinks: [traces(endpoint)], sampler: parentOr(rateLimited(50)) }),
  },
  {
    name: "traces by tail",
    options: (endpoint) => {
      const layer = tail({ keep: [errors(), slowerThan(250), rare()], otherwise: 0.01 });
      return { sinks: [traces(endpoint, layer)] };
    },
  },
  {
    name: "RED metrics",
    options: (endpoint) => {
      const meter = createMeter();
      const layer = redMetrics(meter, { isEveryTraceRecorded: true });
      return { meter, sinks: [pipe(layer, { onSpan() {} }), otlpMetrics({ endpoint })] };
    },
  },
];
