/** `deno task size`: what the library weighs, minified and gzipped, by what is used of it. */
import { resolve, toFileUrl } from "@std/path";
import { bundle, gzippedBytes } from "../build/bundle.ts";
import { ROOT } from "../build/entries.ts";

const HELP = `What the library weighs: bundled from the public entries by what is used, minified,
gzipped. Exit code 1 when something is over its limit.

  deno task size
  deno task size --json`;

/** Something that is used of the library, and what it may weigh. */
interface Case {
  readonly name: string;
  readonly source: string;
  /** Bytes that it may weigh: a change that adds more is to be seen. Rivals have none. */
  readonly limitBytes?: number;
  /** Where it is to get to. */
  readonly goalBytes?: number;
  /** What is taken off: the part that another case weighs already. */
  readonly without?: string;
}

const MOD = toFileUrl(resolve(ROOT, "mod.ts")).href;
const LOGS = `import { createTelemetry, lines, json } from "${MOD}";
  const t = createTelemetry({ service: "x", sinks: [lines(json)] }); t.log.info("a");`;
const TRACES = `import { createTelemetry, otlp } from "${MOD}";
  const t = createTelemetry({ service: "x", sinks: [otlp({ signals: ["traces"] })] });
  t.startSpan("a").end();`;

const CASES: readonly Case[] = [
  { name: "logger with JSON lines", source: LOGS, goalBytes: 3_000, limitBytes: 22_500 },
  { name: "traces with OTLP", source: TRACES, goalBytes: 6_000, limitBytes: 30_700 },
  {
    name: "traces, logs and metrics with OTLP",
    source: `import { createMeter, createTelemetry, otlp, otlpMetrics } from "${MOD}";
      const meter = createMeter();
      const t = createTelemetry({ service: "x", meter, sinks: [otlp(), otlpMetrics()] });
      t.log.info("a"); t.startSpan("a").end(); meter.counter("n").add(1);`,
    goalBytes: 12_000,
    limitBytes: 36_000,
  },
  {
    name: "behind @opentelemetry/api, besides traces",
    source: `${TRACES}
      import { register } from "${toFileUrl(resolve(ROOT, "lib/opentelemetry/mod.ts")).href}";
      register(t);`,
    without: "traces with OTLP",
    goalBytes: 2_000,
    limitBytes: 2_000,
  },
  { name: "everything", source: `export * from "${MOD}";`, limitBytes: 51_500 },
  {
    name: "OTel SDK: traces with OTLP",
    source: `import { trace } from "npm:@opentelemetry/api@1.10.0";
      import { OTLPTraceExporter } from "npm:@opentelemetry/exporter-trace-otlp-proto@0.301.1";
      import { BatchSpanProcessor, TracerProvider } from "npm:@opentelemetry/sdk-trace@3.1.1";
      const spanProcessors = [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })];
      trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
      trace.getTracer("x").startSpan("a").end();`,
  },
];

/** What a case weighs. */
export interface Size {
  readonly name: string;
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
  readonly limitBytes?: number;
  readonly goalBytes?: number;
  readonly isOver: boolean;
}

/** Weighs every case. */
export async function sizes(): Promise<Size[]> {
  const folder = await Deno.makeTempDir({ dir: ROOT, prefix: ".size-" });
  try {
    const known = new Map<string, { minified: number; gzipped: number }>();
    const result: Size[] = [];
    for (const [index, one] of CASES.entries()) {
      const { name, source, limitBytes, goalBytes, without } = one;
      const path = `${folder}/${index}`;
      await Deno.writeTextFile(`${path}.ts`, source);
      await bundle(`${path}.ts`, `${path}.js`, {
        isMinified: true,
        hasPackages: name.includes("SDK"),
      });
      const own = {
        minified: (await Deno.stat(`${path}.js`)).size,
        gzipped: await gzippedBytes(`${path}.js`),
      };
      known.set(name, own);
      const base = without === undefined ? { minified: 0, gzipped: 0 } : known.get(without)!;
      const gzipped = own.gzipped - base.gzipped;
      result.push({
        name,
        minifiedBytes: own.minified - base.minified,
        gzippedBytes: gzipped,
        limitBytes,
        goalBytes,
        isOver: limitBytes !== undefined && gzipped > limitBytes,
      });
    }
    return result;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [flag, ...more] = Deno.args;
  if (more.length > 0 || (flag !== undefined && flag !== "--json")) {
    console.log(HELP);
    Deno.exit(flag === "--help" ? 0 : 2);
  }
  const all = await sizes();
  if (flag === "--json") console.log(JSON.stringify(all, null, 2));
  else {
    console.log(`${"used".padEnd(44)}  minified  gzipped    limit     goal`);
    for (const one of all) console.log(textOf(one));
  }
  Deno.exit(all.some(({ isOver }) => isOver) ? 1 : 0);
}

function textOf(
  { name, minifiedBytes, gzippedBytes, limitBytes, goalBytes, isOver }: Size,
): string {
  const cell = (bytes: number | undefined) =>
    (bytes === undefined ? "" : `${(bytes / 1000).toFixed(1)} kB`).padStart(9);
  return `${name.padEnd(44)} ${cell(minifiedBytes)}${cell(gzippedBytes)}${cell(limitBytes)}${
    cell(goalBytes)
  }${isOver ? "  OVER ITS LIMIT" : ""}`;
}
