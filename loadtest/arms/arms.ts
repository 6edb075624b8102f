import {
  adaptive,
  createMeter,
  errors,
  json,
  lines,
  logfmt,
  otlp,
  otlpMetrics,
  parentOr,
  pipe,
  pretty,
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

/** An arm of the shop, or of the module of `--target`. */
function builtIn(
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
  builtIn("off", "no sink: nothing is recorded", () => ({})),
  builtIn("off again", "the same, as a check", () => ({})),
  builtIn("spin", `off, and ${SPIN_US} µs of work`, () => ({}), SPIN_US),
  builtIn("logs", "log lines by OTLP", (endpoint) => ({
    sinks: [otlp({ endpoint, signals: ["logs"] })],
  })),
  builtIn("JSON lines", "log lines to a file, as JSON", () => ({
    sinks: [lines(json, { write: toNowhere() })],
  })),
  builtIn("JSON lines debug", "lines of every level, as JSON", () => ({
    sinks: [lines(json, { write: toNowhere() })],
    level: "debug",
  })),
  builtIn("JSON lines warn", "lines that warn, as JSON: the others cost a comparison", () => ({
    sinks: [lines(json, { write: toNowhere() })],
    level: "warn",
  })),
  builtIn("logfmt lines", "log lines to a file, as logfmt", () => ({
    sinks: [lines(logfmt, { write: toNowhere() })],
  })),
  builtIn("pretty lines", "log lines to a file, for people", () => ({
    sinks: [pretty({ write: toNowhere(), spans: false })],
  })),
  builtIn("traces", "four spans a request by OTLP", (endpoint) => ({ sinks: [traces(endpoint)] })),
  builtIn("logs+traces", "both by OTLP", (endpoint) => ({ sinks: [otlp({ endpoint })] })),
  builtIn("gzip", "both by OTLP, compressed", (endpoint) => ({
    sinks: [otlp({ endpoint, compression: "gzip" })],
  })),
  builtIn("traces 1 in 10", "one trace of ten, decided at its start", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(probability(0.1)),
  })),
  builtIn("traces 1 in 100", "one trace of a hundred", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(probability(0.01)),
  })),
  builtIn("traces 50/s", "fifty traces a second", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(rateLimited(50)),
  })),
  builtIn("traces adaptive", "50 traces a second, rare operations first", (endpoint) => ({
    sinks: [traces(endpoint)],
    sampler: parentOr(adaptive(50)),
  })),
  builtIn("traces by tail", "errors, slow and rare traces, and one of a hundred", (endpoint) => {
    const layer = tail({ keep: [errors(), slowerThan(250), rare()], otherwise: 0.01 });
    return { sinks: [traces(endpoint, layer)] };
  }),
  builtIn("RED metrics", "metrics of spans, no span exported", (endpoint) => {
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

const UNUSUAL = new Set([
  "JSON lines debug",
  "JSON lines warn",
  "logfmt lines",
  "pretty lines",
  "gzip",
  "traces 1 in 100",
  "traces adaptive",
]);

/** The arms of a run that names none. */
export const USUAL_ARMS: readonly string[] = ARMS.map(({ name }) => name)
  .filter((name) => !UNUSUAL.has(name));
