import { assert, assertEquals } from "@std/assert";
import {
  alwaysRecord,
  createMeter,
  createTelemetry,
  otlp,
  otlpMetrics,
  pipe,
  probability,
  redMetrics,
} from "../../mod.ts";
import { faultServer } from "../testing/mod.ts";

const REQUESTS = 500;

Deno.test("rate, errors and duration are exact though one trace in ten is sampled and exported", async () => {
  await using server = await faultServer();
  const meter = createMeter();
  const telemetry = createTelemetry({
    service: "x",
    meter,
    sampler: alwaysRecord(probability(0.1)),
    sinks: [
      pipe(
        redMetrics(meter, { isEveryTraceRecorded: true }),
        otlp({ endpoint: server.url, signals: ["traces"] }),
      ),
      otlpMetrics({ endpoint: server.url }),
    ],
  });
  const handle = telemetry.handler((request) => {
    const index = Number(new URL(request.url).searchParams.get("index"));
    if (index % 10 === 0) throw new RangeError("as planned");
    return new Response("ok", { status: index % 5 === 0 ? 503 : 200 });
  });
  for (let index = 0; index < REQUESTS; index++) {
    try {
      await handle(new Request(`http://x.test/a?index=${index}`));
    } catch {
      // As planned.
    }
  }
  await telemetry.shutdown();
  const metric = server.metrics().find(({ name }) => name === "http.server.request.duration")!;
  assertEquals([metric.unit, metric.kind], ["s", "histogram"]);
  const counts = metric.points.map(({ attributes, count, sum }) => {
    assert(sum! >= 0 && sum! < 60);
    assertEquals([attributes["http.request.method"], attributes["url.scheme"]], ["GET", "http"]);
    return [attributes["http.response.status_code"], attributes["error.type"], count];
  });
  assertEquals(
    counts.toSorted(),
    [
      [undefined, "RangeError", 50],
      [200, undefined, 400],
      [503, "503", 50],
    ].toSorted(),
  );
  const exemplars = metric.points.flatMap((point) => point.exemplars);
  const sampled = server.spans();
  assert(sampled.length > 10 && sampled.length < 150, `${sampled.length} of ${REQUESTS}`);
  assert(exemplars.length > 0, "exemplars");
  const ids = new Set(sampled.map(({ spanId }) => spanId));
  assert(exemplars.every(({ spanId }) => ids.has(spanId)), "an exemplar of a span not sampled");
});
