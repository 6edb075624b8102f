import { resolve, toFileUrl } from "@std/path";
import { ROOT } from "../build/entries.ts";

/** Something that is used of the library, and what it may weigh. */
export interface Case {
  readonly name: string;
  readonly source: string;
  /** Gzipped bytes that it may weigh: a change that adds more is to be seen. Rivals have none. */
  readonly limitBytes?: number;
  /** Where it is to get to. */
  readonly goalBytes?: number;
  /** The part that another case weighs already, by its name. */
  readonly without?: string;
  /** True for a rival, whose packages are part of it. */
  readonly isRival?: boolean;
}

const urlOf = (path: string) => toFileUrl(resolve(ROOT, path)).href;
const MOD = urlOf("mod.ts");
const API = urlOf("lib/opentelemetry/mod.ts");

const FULL_TRACES = `import { createTelemetry, otlp } from "${MOD}";
  const t = createTelemetry({ service: "x", sinks: [otlp({ signals: ["traces"] })] });
  t.startSpan("a").end();`;

/** What is weighed, in the order of the table. */
export const CASES: readonly Case[] = [
  {
    name: "logger with JSON lines",
    source: `import { createLogger, createPipeline, lines, tinyJson } from "${MOD}";
      const log = createLogger(createPipeline({ service: "x", sinks: [lines(tinyJson)] }));
      log.info("a");`,
    goalBytes: 3_000,
    limitBytes: 3_020,
  },
  {
    name: "traces with OTLP",
    source: `import { createPipeline, createTracer, otlpTracesTo } from "${MOD}";
      const sinks = [otlpTracesTo("https://collector.example/v1/traces")];
      createTracer(createPipeline({ service: "x", sinks })).startSpan("a").end();`,
    goalBytes: 6_000,
    limitBytes: 11_300,
  },
  {
    name: "traces, logs and metrics with OTLP",
    source: `import { createLogger, createPipeline, createPlainMeter, createTracer } from "${MOD}";
      import { otlpLogsTo, otlpMetricsTo, otlpTracesTo } from "${MOD}";
      const meter = createPlainMeter();
      const pipeline = createPipeline({
        service: "x",
        meter,
        sinks: [
          otlpTracesTo("https://collector.example/v1/traces"),
          otlpLogsTo("https://collector.example/v1/logs"),
          otlpMetricsTo("https://collector.example/v1/metrics"),
        ],
      });
      createLogger(pipeline).info("a");
      createTracer(pipeline).startSpan("a").end();
      meter.counter("n").add(1);`,
    goalBytes: 12_000,
    limitBytes: 16_080,
  },
  {
    name: "behind @opentelemetry/api, besides traces",
    source: `${FULL_TRACES}
      import { register } from "${API}";
      register(t);`,
    without: "createTelemetry: traces with OTLP",
    goalBytes: 2_000,
    limitBytes: 2_000,
  },
  {
    name: "createTelemetry: logger with JSON lines",
    source: `import { createTelemetry, json, lines } from "${MOD}";
      createTelemetry({ service: "x", sinks: [lines(json)] }).log.info("a");`,
    limitBytes: 23_750,
  },
  { name: "createTelemetry: traces with OTLP", source: FULL_TRACES, limitBytes: 31_700 },
  {
    name: "createTelemetry: traces, logs and metrics",
    source: `import { createMeter, createTelemetry, otlp, otlpMetrics } from "${MOD}";
      const meter = createMeter();
      const t = createTelemetry({ service: "x", meter, sinks: [otlp(), otlpMetrics()] });
      t.log.info("a"); t.startSpan("a").end(); meter.counter("n").add(1);`,
    limitBytes: 36_850,
  },
  { name: "everything", source: `export * from "${MOD}";`, limitBytes: 56_900 },
  { name: "nothing of it", source: `import "${MOD}";`, limitBytes: 60 },
  {
    name: "OTel SDK: traces with OTLP",
    isRival: true,
    source: `import { trace } from "npm:@opentelemetry/api@1.10.0";
      import { OTLPTraceExporter } from "npm:@opentelemetry/exporter-trace-otlp-proto@0.301.1";
      import { BatchSpanProcessor, TracerProvider } from "npm:@opentelemetry/sdk-trace@3.1.1";
      const spanProcessors = [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })];
      trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
      trace.getTracer("x").startSpan("a").end();`,
  },
];
