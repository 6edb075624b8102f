import { assert, assertEquals } from "@std/assert";
import {
  createMeter,
  createTelemetry,
  memory,
  type MetricRecord,
  otlp,
  otlpMetrics,
  type OtlpOptions,
  type Sink,
  SpanKind,
  type Telemetry,
} from "../../mod.ts";
import { decodeLogs, decodeMetrics, decodeTraces, faultServer } from "../../lib/testing/mod.ts";
import { compareLog, compareMetric, compareSpan } from "./compare.ts";
import { ensureCollector, NoCollector } from "./build.ts";
import { configOf } from "./config.ts";
import { freePort, startCollector } from "./start.ts";

let binary: string | undefined;
let reason = "";
try {
  binary = await ensureCollector({ onProgress: (text) => console.error(text) });
} catch (error) {
  if (!(error instanceof NoCollector)) throw error;
  reason = ` (${error.message.split("\n")[0]})`;
}

/** A test that needs a real collector; what it wrote is read after it has ended. */
function withCollector(
  name: string,
  more: Partial<Parameters<typeof configOf>[0]>,
  send: (url: string) => Promise<void>,
  look: (read: (signal: string) => Promise<Uint8Array[]>) => Promise<void>,
): void {
  Deno.test({
    name: `a real collector: ${name}${reason}`,
    ignore: binary === undefined,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      const port = freePort();
      const config = configOf({ port, folder, ...more });
      try {
        {
          await using collector = await startCollector({ binary: binary!, config, port, folder });
          await send(collector.url);
        }
        await look(async (signal) => {
          const text = await Deno.readTextFile(`${folder}/${signal}.ndjson`);
          return text.trim().split("\n").map((line) => new TextEncoder().encode(line));
        });
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Ways to send, each a service of its own. */
const WAYS: Readonly<Record<string, OtlpOptions>> = {
  "protobuf": { protocol: "http/protobuf" },
  "protobuf-gzip": { protocol: "http/protobuf", compression: "gzip" },
  "json": { protocol: "http/json" },
  "json-gzip": { protocol: "http/json", compression: "gzip" },
};

function recordSpans(telemetry: Telemetry): void {
  const remote = telemetry.extract({
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
    tracestate: "vendor=x,ot=th:4",
  });
  const parent = telemetry.startSpan({ name: "GET /é", kind: SpanKind.SERVER, context: remote }, {
    text: "naïve ✓",
    int: 42,
    negative: -7,
    big: 2 ** 40,
    huge: 2n ** 62n,
    double: 1.5,
    nothing: null,
    yes: true,
    list: ["a", 1, [false]],
    map: { inner: { deep: "x" } },
    bytes: new Uint8Array([1, 2, 255]),
    long: "x".repeat(3000),
    absent: undefined,
  });
  parent.setAttribute("int", 43).addEvent("cache miss", { key: "k" });
  for (const kind of Object.values(SpanKind)) {
    const child = parent.startSpan({ name: `kind ${kind}`, kind });
    child.addLink({ context: parent.spanContext(), attributes: { why: "test" } });
    if (kind === SpanKind.CLIENT) child.fail(new TypeError("no room"));
    if (kind === SpanKind.PRODUCER) child.setStatus({ code: 1 });
    child.end();
  }
  const limited = telemetry.startSpan("limits");
  for (let index = 0; index < 200; index++) limited.setAttribute(`a${index}`, index).addEvent("e");
  limited.end();
  parent.end();
}

function recordLogs(telemetry: Telemetry): void {
  telemetry.span("work", (span) => {
    span.log.child({ tenant: "a" }).warn("low stock ✓", { left: 2, "more": { deep: [1, "b"] } });
  });
  for (const level of ["error", "warn", "info", "debug", "trace"] as const) {
    telemetry.log[level](`at ${level}`, { level_is: level, pad: "y".repeat(500) });
  }
  telemetry.event("started", { port: 1 });
}

function recordMetrics(meter: ReturnType<typeof createMeter>): void {
  meter.counter("orders", { unit: "{order}", isInteger: true, description: "Orders." })
    .add(3, { kind: "tea", size: 2 });
  meter.upDownCounter("stock").add(-2.5);
  meter.gauge("temperature", { unit: "Cel" }).record(21.5, { room: "é" });
  const explicit = meter.histogram("duration", { unit: "s" });
  const exponential = meter.histogram("bytes", { unit: "By", buckets: "exponential" });
  for (let index = 0; index < 100; index++) {
    explicit.record(index / 25, { route: "/a" });
    exponential.record(index * index);
  }
  meter.observableGauge("observed", {}, (take) => take(7, { from: "callback" }));
}

const spans = memory();
const logs = memory();
const metrics: { readonly service: string; readonly metric: MetricRecord }[] = [];
const encodings = new Map<string, Set<string>>();

/** One service: all three signals one way. */
async function sendAll(url: string, service: string, way: OtlpOptions): Promise<void> {
  const meter = createMeter();
  const fetch: typeof globalThis.fetch = (input, init) => {
    const encoding = new Headers(init?.headers).get("content-encoding") ?? "none";
    encodings.set(service, (encodings.get(service) ?? new Set()).add(encoding));
    return globalThis.fetch(input, init);
  };
  const options = { ...way, endpoint: url, fetch };
  const tap: Sink = {
    onSpan: (span) => spans.onSpan!(span),
    onLog: (record) => logs.onLog!(record),
    onMetrics: (all) => void metrics.push(...all.map((metric) => ({ service, metric }))),
  };
  const telemetry = createTelemetry({
    service,
    version: "1.2.3",
    level: "trace",
    attributes: { "deployment.environment.name": "test" },
    meter,
    sinks: [otlp(options), otlpMetrics(options), tap],
  });
  recordSpans(telemetry);
  recordLogs(telemetry);
  recordMetrics(meter);
  await telemetry.shutdown();
  for (const destination of telemetry.health().destinations) {
    for (const books of [destination.spans, destination.logs, destination.metrics]) {
      if (books !== undefined) assertEquals(books.delivered, books.created, service);
    }
  }
}

withCollector(
  "all three signals, in protobuf and JSON, plain and gzip, arrive as they were recorded",
  {},
  async (url) => {
    for (const [service, way] of Object.entries(WAYS)) await sendAll(url, service, way);
  },
  async (read) => {
    for (const service of Object.keys(WAYS)) {
      const isZipped = service.endsWith("gzip");
      assertEquals(encodings.get(service)!.has("gzip"), isZipped, service);
    }
    const json = "application/json";
    const gotSpans = (await read("traces")).flatMap((line) => decodeTraces(line, json));
    assertEquals(gotSpans.length, spans.spans.length);
    for (const record of spans.spans) {
      const got = gotSpans.filter(({ spanId }) => spanId === record.spanId);
      assertEquals(got.length, 1);
      compareSpan(got[0], record);
    }
    const gotLogs = (await read("logs")).flatMap((line) => decodeLogs(line, json));
    assertEquals(gotLogs.length, logs.logs.length);
    for (const service of Object.keys(WAYS)) {
      const mine = gotLogs.filter(({ resource }) => resource["service.name"] === service);
      const recorded = logs.logs.filter(({ scope }) => scope.name === service);
      assertEquals([mine.length, recorded.length], [7, 7]);
      for (const [index, record] of recorded.entries()) compareLog(mine[index], record);
    }
    const gotMetrics = (await read("metrics")).flatMap((line) => decodeMetrics(line, json));
    assertEquals(gotMetrics.length, metrics.length);
    for (const { service, metric } of metrics) {
      const got = gotMetrics.filter(({ name, resource }) =>
        name === metric.name && resource["service.name"] === service
      );
      assertEquals(got.length, 1, metric.name);
      compareMetric(got[0], metric);
    }
  },
);

withCollector(
  "its tail sampling keeps whole traces with errors of ours",
  { tail: { decisionWaitMs: 100, slowMs: 60_000, otherwise: 0 } },
  async (url) => {
    const telemetry = createTelemetry({ service: "tail", sinks: [otlp({ endpoint: url })] });
    for (let index = 0; index < 20; index++) {
      const root = telemetry.startSpan(`trace ${index}`);
      const child = root.startSpan("child");
      if (index % 5 === 0) child.fail(new Error("as planned"));
      child.end();
      root.end();
    }
    await telemetry.shutdown();
    // The decision is made on a tick of a second.
    await new Promise((done) => setTimeout(done, 2500));
  },
  async (read) => {
    const kept = (await read("traces")).flatMap((line) => decodeTraces(line, "application/json"));
    const roots = kept.filter(({ parentSpanId }) => parentSpanId === "").map(({ name }) => name);
    assertEquals(roots.sort(), ["trace 0", "trace 10", "trace 15", "trace 5"]);
    assertEquals(kept.length, 8);
  },
);

withCollector(
  "its probability sampler keeps the traces that our thresholds say",
  { probability: 0.25 },
  async (url) => {
    const sinks = [otlp({ endpoint: url })];
    const telemetry = createTelemetry({ service: "probability", sinks });
    for (let index = 0; index < 400; index++) telemetry.startSpan("root").end();
    await telemetry.shutdown();
    await Promise.resolve();
  },
  async (read) => {
    const kept = (await read("traces")).flatMap((line) => decodeTraces(line, "application/json"));
    // 3 in 4 have R >= T with p = 0.25, T = 0xc0…: binomial, nine standard deviations on each side.
    assert(kept.length > 25 && kept.length < 175, `${kept.length}`);
    for (const { traceId, traceState } of kept) {
      assertEquals(traceState, "ot=th:c");
      assert(traceId.slice(-14) >= "c0000000000000", traceId);
    }
  },
);

Deno.test({
  name: `a real collector: sends each signal on to a backend of its own${reason}`,
  ignore: binary === undefined,
  fn: async () => {
    await using tempo = await faultServer();
    await using loki = await faultServer();
    const folder = await Deno.makeTempDir();
    const port = freePort();
    const config = configOf({ port, forwardTo: { traces: tempo.url, logs: `${loki.url}/otlp` } });
    {
      await using collector = await startCollector({ binary: binary!, config, port, folder });
      const sinks = [otlp({ endpoint: collector.url })];
      const telemetry = createTelemetry({ service: "forward", onLoss: false, sinks });
      telemetry.span("work", (span) => span.log.info("line"));
      await telemetry.shutdown();
    }
    await Deno.remove(folder, { recursive: true });
    assertEquals(tempo.spans().map(({ name }) => name), ["work"]);
    assertEquals(loki.logs().map(({ body }) => body), ["line"]);
    assertEquals([tempo.logs(), loki.spans()], [[], []]);
    assert(loki.requests.every(({ path }) => path === "/otlp/v1/logs"));
  },
});
