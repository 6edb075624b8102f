import { SpanStatusCode } from "@opentelemetry/api";
import { assert, assertEquals } from "@std/assert";
import { OTLPLogExporter as JsonLogs } from "npm:@opentelemetry/exporter-logs-otlp-http@0.301.0";
import { OTLPLogExporter as ProtoLogs } from "npm:@opentelemetry/exporter-logs-otlp-proto@0.301.0";
import { OTLPMetricExporter as JsonMetrics } from "npm:@opentelemetry/exporter-metrics-otlp-http@0.301.0";
import { OTLPMetricExporter as ProtoMetrics } from "npm:@opentelemetry/exporter-metrics-otlp-proto@0.301.0";
import { OTLPTraceExporter as JsonTraces } from "npm:@opentelemetry/exporter-trace-otlp-http@0.301.0";
import { OTLPTraceExporter as ProtoTraces } from "npm:@opentelemetry/exporter-trace-otlp-proto@0.301.1";
import { resourceFromAttributes } from "npm:@opentelemetry/resources@3.1.1";
import { BatchLogRecordProcessor, LoggerProvider } from "npm:@opentelemetry/sdk-logs@3.1.1";
import { MeterProvider, PeriodicExportingMetricReader } from "npm:@opentelemetry/sdk-metrics@3.1.1";
import { BatchSpanProcessor, TracerProvider } from "npm:@opentelemetry/sdk-trace@3.1.1";
import { ensureCollector, NoCollector } from "../../tools/collector/build.ts";
import { configOf } from "../../tools/collector/config.ts";
import { freePort, startCollector } from "../../tools/collector/start.ts";
import { createCollector } from "./collector.ts";
import { ingestInto } from "./ingest.ts";
import { type Queries, queriesOf } from "./queries.ts";
import { openStore } from "./store.ts";

/** How each request was sent. */
interface Arrival {
  readonly path: string;
  readonly type: string | null;
  readonly encoding: string | null;
}

/** A store behind a real server, and how requests came. */
async function withServer(
  work: (url: string, queries: Queries, arrivals: readonly Arrival[]) => Promise<void>,
): Promise<void> {
  const store = openStore(":memory:");
  const { app } = createCollector(ingestInto(store));
  const arrivals: Arrival[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const { headers } = request;
    arrivals.push({
      path: pathname,
      type: headers.get("content-type"),
      encoding: headers.get("content-encoding"),
    });
    return app.fetch(request);
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}`, queriesOf(store.database), arrivals);
  } finally {
    await server.shutdown();
    store.close();
  }
}

interface Exporters {
  readonly traces: ProtoTraces | JsonTraces;
  readonly logs: ProtoLogs | JsonLogs;
  readonly metrics: ProtoMetrics | JsonMetrics;
}

/** Records a trace, two lines and a metric with OpenTelemetry's SDK for JavaScript, and sends them. */
async function sendAll({ traces, logs, metrics }: Exporters): Promise<void> {
  const resource = resourceFromAttributes({ "service.name": "shop-js", "host.name": "box" });
  const tracing = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: traces })],
  });
  const tracer = tracing.getTracer("checkout", "1.2.3");
  const span = tracer.startSpan("POST /checkout", { kind: 1 });
  span.setAttributes({ "http.response.status_code": 402, sku: "tea", sizes: [1, 2] });
  span.addEvent("declined", { reason: "no money" });
  span.setStatus({ code: SpanStatusCode.ERROR, message: "declined" });
  span.end();
  const logging = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: logs })],
  });
  const logger = logging.getLogger("payments");
  logger.emit({
    severityNumber: 13,
    severityText: "WARN",
    body: "card declined",
    attributes: { card: "0002" },
  });
  logger.emit({ severityNumber: 9, body: { text: "an object", count: 2 } });
  const metering = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: metrics })],
  });
  metering.getMeter("shop").createCounter("orders").add(3, { tier: "gold" });
  metering.getMeter("shop").createHistogram("time", { unit: "ms" }).record(12);
  await Promise.all([tracing.forceFlush(), logging.forceFlush(), metering.forceFlush()]);
  await Promise.all([tracing.shutdown(), logging.shutdown(), metering.shutdown()]);
}

/** All of it is there, as it was recorded. */
function assertStored(queries: Queries): void {
  const [trace, ...others] = queries.traces({ limit: 9 });
  assertEquals(others, []);
  assertEquals(
    [trace.service, trace.name, trace.status, trace.errors],
    ["shop-js", "POST /checkout", 402, 1],
  );
  const [span] = queries.trace(trace.traceId);
  assertEquals([span.scope, span.statusMessage, span.kind], ["checkout", "declined", 2]);
  assertEquals(span.resource["host.name"], "box");
  assertEquals(span.attributes.sizes, [1, 2]);
  assertEquals(span.events.map(({ name }) => name), ["declined"]);
  const [line] = queries.logs({ text: "declined", limit: 9 });
  assertEquals([line.severity, line.scope, line.attributes.card], [13, "payments", "0002"]);
  // A time that the sender did not give is when it was observed.
  assert(Math.abs(Number(line.timeNs) / 1e6 - Date.now()) < 60_000);
  assertEquals(queries.logs({ text: "object", limit: 9 }).length, 1);
  assertEquals(queries.metricNames().map(({ name }) => name), ["orders", "time"]);
}

const WAYS: readonly (readonly [name: string, type: string, make: (url: string) => Exporters])[] = [
  ["protobuf", "application/x-protobuf", (url) => ({
    traces: new ProtoTraces({ url: `${url}/v1/traces` }),
    logs: new ProtoLogs({ url: `${url}/v1/logs` }),
    metrics: new ProtoMetrics({ url: `${url}/v1/metrics` }),
  })],
  ["JSON", "application/json", (url) => ({
    traces: new JsonTraces({ url: `${url}/v1/traces` }),
    logs: new JsonLogs({ url: `${url}/v1/logs` }),
    metrics: new JsonMetrics({ url: `${url}/v1/metrics` }),
  })],
];

for (const [name, type, make] of WAYS) {
  Deno.test(`OpenTelemetry's SDK for JavaScript is received, ${name}`, async () => {
    await withServer(async (url, queries, arrivals) => {
      await sendAll(make(url));
      assertStored(queries);
      for (const path of ["/v1/traces", "/v1/logs", "/v1/metrics"]) {
        const arrival = arrivals.find((one) => one.path === path);
        assertEquals(arrival?.type?.split(";")[0], type, path);
      }
    });
  });
}

let binary: string | undefined;
let reason = "";
try {
  binary = await ensureCollector({ onProgress: (text) => console.error(text) });
} catch (error) {
  if (!(error instanceof NoCollector)) throw error;
  reason = ` (${error.message.split("\n")[0]})`;
}

for (const encoding of ["proto", "json"] as const) {
  Deno.test({
    name: `the OpenTelemetry Collector is received, ${encoding} with gzip${reason}`,
    ignore: binary === undefined,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        await withServer(async (url, queries, arrivals) => {
          const port = freePort();
          const config = JSON.parse(configOf({ port, forward: url }));
          config.exporters.otlphttp.encoding = encoding;
          await using collector = await startCollector({
            binary: binary!,
            config: JSON.stringify(config),
            port,
            folder,
          });
          await sendAll(WAYS[0][2](collector.url));
          // It sends what it holds before it ends.
          await collector.stop();
          assertStored(queries);
          const type = encoding === "json" ? "application/json" : "application/x-protobuf";
          assert(arrivals.length >= 3);
          for (const arrival of arrivals) {
            assertEquals([arrival.type, arrival.encoding], [type, "gzip"], arrival.path);
          }
        });
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
