import {
  adaptive,
  createMeter,
  errors,
  json,
  lines,
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
import type { Arm } from "./arm.ts";

/** An arm of the demo's shop. */
function shop(
  name: string,
  description: string,
  options: (endpoint: string) => Partial<TelemetryOptions>,
  spinUs?: number,
): Arm {
  return { name, description, target: { kind: "shop", options }, spinUs };
}

/** Spans alone, through layers. */
function traces(endpoint: string, ...layers: Parameters<typeof pipe>[0][]) {
  return pipe(...layers as [], otlp({ endpoint, signals: ["traces"] }));
}

/** Every arm of the shop; the first is what the others are held against, the second the same again. */
export const ARMS: readonly Arm[] = [
  shop("off", "no sink: nothing is recorded", () => ({})),
  shop("off again", "the same, as a check", () => ({})),
  shop("spin", `off, and ${SPIN_US} µs of work`, () => ({}), SPIN_US),
  shop("logs", "log lines by OTLP", (endpoint) => ({
    sinks: [otlp({ endpoint, signals: ["logs"] })],
  })),
  shop("JSON lines", "log lines to a file, as JSON", () => ({
    sinks: [lines(json, { write: toNowhere() })],
  })),
  shop("traces", "four spans a request by OTLP", (endpoint) => ({ sinks: [traces(endpoint)] })),
  shop("logs+traces", "both by OTLP", (endpoint) => ({ sinks: [otlp({ endpoint })] })),
  shop("gzip", "both by OTLP, compressed", (endpoint) => ({
    sinks: [otlp({ endpoint, compression: "gzip" })],
  })),
  shop("traces 1 in 10", "one trace of ten, decided at its start", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(probability(0.1)),
  })),
  shop("traces 1 in 100", "one trace of a hundred", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(probability(0.01)),
  })),
  shop("traces 50/s", "fifty traces a second", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(rateLimited(50)),
  })),
  shop("traces adaptive", "50 traces a second, rare operations first", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(adaptive(50)),
  })),
  shop("traces by tail", "errors, slow and rare traces, and one of a hundred", (endpoint) => {
    const layer = tail({ keep: [errors(), slowerThan(250), rare()], otherwise: 0.01 });
    return { sinks: [traces(endpoint, layer)] };
  }),
  shop("RED metrics", "metrics of spans, no span exported", (endpoint) => {
    const meter = createMeter();
    const layer = redMetrics(meter, { isEveryTraceRecorded: true });
    return { meter, sinks: [pipe(layer, { onSpan() {} }), otlpMetrics({ endpoint })] };
  }),
];

/** Writes lines into the file that takes everything: what is measured is not the disk. */
function toNowhere(): (text: string) => void {
  const file = Deno.openSync("/dev/null", { write: true });
  const encoder = new TextEncoder();
  return (text) => void file.writeSync(encoder.encode(`${text}\n`));
}

/** The arms of a run that names none. */
export const USUAL_ARMS: readonly string[] = ARMS.map(({ name }) => name).filter((name) =>
  !["gzip", "traces 1 in 100", "traces adaptive"].includes(name)
);
