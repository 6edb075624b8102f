import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { ExponentialPoint, HistogramPoint, MetricRecord } from "../core/metric_records.ts";
import { alwaysOff } from "../sampling/always.ts";
import { probability } from "../sampling/probability.ts";
import { otlpMetrics } from "../otlp/metric_sink.ts";
import { pipe } from "../pipeline/pipe.ts";
import { createTelemetry } from "../telemetry.ts";
import { type DecodedMetric, decodeMetrics } from "../testing/mod.ts";
import { indexOf } from "./exponential.ts";
import { healthMetrics } from "./health_metrics.ts";
import { logMetrics } from "./log_metrics.ts";
import { createMeter } from "./create_meter.ts";
import { createPlainMeter, type Meter } from "./meter.ts";
import { prometheus } from "./prometheus.ts";
import { redMetrics } from "./red.ts";

function values(metric: MetricRecord | undefined): [unknown, number][] {
  if (metric?.kind !== "sum" && metric?.kind !== "gauge") throw new Error(`kind ${metric?.kind}`);
  return metric.points.map(({ attributes, value }) => [{ ...attributes }, value]);
}

Deno.test("counters add up by attributes, whatever their order", () => {
  const meter = createMeter();
  const counter = meter.counter("requests", { unit: "{request}" });
  counter.add(1, { route: "/a", method: "GET" });
  counter.add(2, { method: "GET", route: "/a" });
  counter.add(3, meter.attributes({ method: "GET", route: "/a" }));
  counter.add(1, { route: "/a", method: "GET", none: undefined });
  counter.add(5);
  counter.add(1, { code: 1 });
  counter.add(1, { code: "1" });
  assertEquals(values(meter.collect()[0]), [
    [{ method: "GET", route: "/a" }, 7],
    [{}, 5],
    [{ code: 1 }, 1],
    [{ code: "1" }, 1],
  ]);
});

Deno.test("what makes no sense is left out, counted and said", () => {
  const meter = createMeter();
  const counter = meter.counter("a");
  counter.add(-1);
  counter.add(NaN);
  counter.add(Infinity);
  meter.histogram("b").record(-1);
  assertEquals(meter.warnings, ["4 measurements made no sense"]);
  meter.counter("1 wrong").add(1);
  assertEquals(meter.collect().map(({ name }) => name), ["a"]);
  assertEquals(values(meter.collect()[0]), [[{}, 0]]);
  assert(meter.warnings[0].includes('"1 wrong" is not allowed'));
});

Deno.test("the same instrument twice is one; another kind of it is said", () => {
  const meter = createMeter();
  assert(meter.counter("a") === meter.counter("A"));
  assert(meter.scoped("other").counter("a") !== meter.counter("a"));
  meter.histogram("a");
  assert(meter.warnings[0].includes("made twice, as counter and as histogram"));
});

Deno.test("delta begins anew at each reading, cumulative goes on", () => {
  const clock = { nowMs: 1000, wallMs: () => clock.nowMs, monotonicMs: () => clock.nowMs };
  for (const temporality of ["delta", "cumulative"] as const) {
    const meter = createMeter({ temporality });
    meter.attach({ clock, runtime: { name: "x" }, sinks: [], activeSpan: () => undefined }).stop();
    const counter = meter.counter("a");
    const labels = meter.attributes({ x: 1 });
    let total = 40;
    meter.observableCounter("total", {}, (observe) => observe(total));
    clock.nowMs = 1000;
    counter.add(1, labels);
    clock.nowMs = 2000;
    const [first, firstTotal] = meter.collect();
    assertEquals(first.points[0].startEpochMs, 1000);
    assertEquals(values(firstTotal), [[{}, 40]]);
    counter.add(2, labels);
    total = 45;
    clock.nowMs = 3000;
    const [second, secondTotal] = meter.collect();
    const isDelta = temporality === "delta";
    assertEquals(values(second), [[{ x: 1 }, isDelta ? 2 : 3]]);
    assertEquals(second.points[0].startEpochMs, isDelta ? 2000 : 1000);
    assertEquals(values(secondTotal), [[{}, isDelta ? 5 : 45]]);
  }
});

Deno.test("past the limit of series all goes into the overflow series, and nothing is lost", () => {
  const meter = createMeter({ cardinalityMax: 10 });
  const counter = meter.counter("a");
  for (let index = 0; index < 1000; index++) counter.add(1, { index });
  const [metric] = meter.collect();
  assertEquals(metric.points.length, 10);
  const all = values(metric);
  assertEquals(all.at(-1), [{ "otel.metric.overflow": true }, 991]);
  assertEquals(all.reduce((sum, [, value]) => sum + value, 0), 1000);
});

Deno.test("views rename, drop, keep attributes and choose buckets", () => {
  const meter = createMeter({
    views: [
      { instrument: "noise.*", drop: true },
      { instrument: "requests", name: "http.requests", attributes: ["route"] },
      { instrument: "size", buckets: "exponential" },
      { instrument: "time", buckets: [1, 2] },
    ],
  });
  meter.counter("noise.a").add(1);
  meter.counter("requests").add(1, { route: "/a", user: 1 });
  meter.counter("requests").add(1, { route: "/a", user: 2 });
  meter.histogram("size").record(3);
  meter.histogram("time").record(2);
  const [requests, size, time] = meter.collect();
  assertEquals([requests.name, values(requests)], ["http.requests", [[{ route: "/a" }, 2]]]);
  assertEquals(size.kind, "exponential");
  assertEquals((time.points[0] as HistogramPoint).bucketCounts, [0, 1, 0]);
  assertThrows(
    () => createMeter({ views: [{ instrument: "a", color: 1 } as never] }),
    TypeError,
    "has color",
  );
  assertThrows(
    () => createMeter({ views: [{ instrument: "a", buckets: [2, 1] }] }),
    RangeError,
    "2, 1",
  );
});

Deno.test("a histogram's buckets hold what lies between their bounds, the upper one included", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1 }),
      (numbers) => {
        const bounds = [0, 5, 10];
        const meter = createMeter();
        const histogram = meter.histogram("a", { buckets: bounds });
        for (const number of numbers) histogram.record(number);
        const point = meter.collect()[0].points[0] as HistogramPoint;
        const expected = [0, 0, 0, 0];
        for (const number of numbers) {
          const at = bounds.findIndex((bound) => number <= bound);
          expected[at < 0 ? 3 : at]++;
        }
        assertEquals(point.bucketCounts, expected);
        assertEquals(point.count, numbers.length);
        assertEquals([point.min, point.max], [Math.min(...numbers), Math.max(...numbers)]);
      },
    ),
  );
});

Deno.test("exponential buckets: every value lies in the bucket it is counted in", () => {
  // OpenTelemetry's own table: powers of two end their bucket.
  const cases: [value: number, scale: number, index: number][] = [
    [1, 0, -1],
    [2, 0, 0],
    [3, 0, 1],
    [4, 0, 1],
    [1, 3, -1],
    [2, 3, 7],
    [4, 1, 3],
    [5, 1, 4],
    [1, -1, -1],
    [4, -1, 0],
    [5, -1, 1],
    [0.25, 0, -3],
    [Number.MAX_VALUE, -10, 0],
    [5e-324, -10, -2],
  ];
  for (const [value, scale, index] of cases) {
    assertEquals(indexOf(value, scale), index, `${value} at ${scale}`);
  }
  // Each bucket of a scale is two of the next finer one, whatever way its index is found.
  const numbers = fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(numbers, (value) => {
    for (let scale = 10; scale > -10; scale--) {
      assertEquals(indexOf(value, scale - 1), indexOf(value, scale) >> 1, `${value} at ${scale}`);
    }
  }));
  // On a bound, just above it, and with the logarithm where it is taken.
  for (let scale = 1; scale <= 20; scale++) {
    for (const index of [-3 * 2 ** scale, -1, 0, 1, 2 ** scale - 1, 2 ** scale, 977]) {
      const bound = 2 ** ((index + 1) / 2 ** scale);
      const above = bound * (1 + 2 ** -40);
      assertEquals(indexOf(above, scale), index + 1, `above ${bound} at ${scale}`);
      assertEquals(indexOf(bound * (1 - 2 ** -40), scale), index, `below ${bound} at ${scale}`);
    }
  }
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 }),
      (numbers) => {
        const meter = createMeter();
        const histogram = meter.histogram("a", { buckets: "exponential" });
        for (const number of numbers) histogram.record(number);
        const point = meter.collect()[0].points[0] as ExponentialPoint;
        assertEquals(point.count, numbers.length);
        const { offset, counts } = point.positive;
        assert(counts.length <= 160, `${counts.length} buckets`);
        const base = 2 ** (2 ** -point.scale);
        const sorted = numbers.toSorted((a, b) => a - b);
        let seen = 0;
        counts.forEach((count, at) => {
          const [low, high] = [base ** (offset + at), base ** (offset + at + 1)];
          for (const number of sorted.slice(seen, seen + count)) {
            assert(number > low * (1 - 1e-9) && number <= high * (1 + 1e-9));
          }
          seen += count;
        });
        assertEquals(seen, numbers.length);
      },
    ),
  );
});

Deno.test("an exponential histogram keeps the finest scale that its values allow", () => {
  const meter = createMeter();
  const histogram = meter.histogram("a", { buckets: "exponential" });
  histogram.record(1);
  histogram.record(0);
  const scale = () => (meter.collect()[0].points[0] as ExponentialPoint).scale;
  assertEquals(scale(), 20);
  histogram.record(1024);
  assertEquals(scale(), 3);
  const point = meter.collect()[0].points[0] as ExponentialPoint;
  assertEquals([point.zeroCount, point.count, point.positive.counts.at(-1)], [1, 3, 1]);
});

interface Sent {
  readonly metrics: DecodedMetric[];
  readonly url: string;
}

function sender(protocol: "http/protobuf" | "http/json") {
  const sent: Sent[] = [];
  const sink = otlpMetrics({
    endpoint: "http://127.0.0.1:1",
    protocol,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const type = request.headers.get("content-type")!;
      sent.push({ url: request.url, metrics: decodeMetrics(await request.bytes(), type) });
      return new Response(null, { headers: { "content-type": type } });
    },
  });
  return { sent, sink };
}

for (const protocol of ["http/protobuf", "http/json"] as const) {
  Deno.test(`metrics arrive as they were measured, ${protocol}`, async () => {
    const { sent, sink } = sender(protocol);
    const meter = createMeter();
    const telemetry = createTelemetry({ service: "x", meter, sinks: [sink] });
    meter.counter("whole", { isInteger: true, unit: "By", description: "d" }).add(-0 + 7, {
      a: "b",
    });
    meter.upDownCounter("part").add(-1.5);
    meter.gauge("last").record(3);
    meter.histogram("time", { unit: "s" }).record(0.02);
    const sizes = meter.histogram("size", { buckets: "exponential" });
    for (const size of [1, 2, 3, 0]) sizes.record(size);
    await telemetry.shutdown();
    assertEquals(sent[0].url, "http://127.0.0.1:1/v1/metrics");
    const [whole, part, last, time, size] = sent[0].metrics;
    assertEquals(
      [whole.kind, whole.isMonotonic, whole.temporality, whole.unit, whole.description],
      [
        "sum",
        true,
        2,
        "By",
        "d",
      ],
    );
    assertEquals([whole.points[0].value, { ...whole.points[0].attributes }], [7, { a: "b" }]);
    assertEquals(whole.resource["service.name"], "x");
    assertEquals([part.isMonotonic, part.points[0].value], [false, -1.5]);
    assertEquals([last.kind, last.points[0].value], ["gauge", 3]);
    const [point] = time.points;
    assertEquals([point.count, point.sum, point.min, point.max], [1, 0.02, 0.02, 0.02]);
    assertEquals([point.bounds.length, point.bucketCounts.indexOf(1)], [14, 2]);
    assert(point.startTimeUnixNano > 1_700_000_000_000_000_000n);
    assert(point.timeUnixNano >= point.startTimeUnixNano);
    const [distribution] = size.points;
    assertEquals([distribution.count, distribution.zeroCount, distribution.sum], [4, 1, 6]);
    assertEquals(distribution.positive.counts.reduce((sum, count) => sum + count, 0), 3);
    const base = 2 ** (2 ** -distribution.scale!);
    assertAlmostEquals(
      base ** (distribution.positive.offset + distribution.positive.counts.length),
      3,
      0.1,
    );
    const books = telemetry.health().destinations[0].metrics!;
    assertEquals([books.created, books.delivered, books.queued], [5, 5, 0]);
  });
}

Deno.test("exemplars point at the sampled span that was active", async () => {
  const { sent, sink } = sender("http/protobuf");
  const meter = createMeter();
  const telemetry = createTelemetry({ service: "x", meter, sinks: [sink, { onSpan() {} }] });
  const histogram = meter.histogram("time", { buckets: [1, 2] });
  const span = telemetry.startSpan("a");
  histogram.record(0.5, {}, { span });
  histogram.record(0.6, {}, { span });
  histogram.record(5, {}, { span });
  await telemetry.shutdown();
  const { exemplars } = sent[0].metrics[0].points[0];
  assertEquals(exemplars.map(({ value, traceId, spanId }) => [value, traceId, spanId]), [
    [0.5, span.traceId, span.spanId],
    [5, span.traceId, span.spanId],
  ]);
});

Deno.test("rate, errors and duration come from spans, sampled ones standing for the others", () => {
  const meter = createMeter();
  const telemetry = createTelemetry({
    service: "x",
    sampler: probability(0.25),
    sinks: [pipe(redMetrics(meter), { onSpan() {} })],
  });
  for (let index = 0; index < 4000; index++) {
    const span = telemetry.startSpan({ name: "GET /a", kind: 1 }, {
      "http.request.method": "GET",
      "http.route": "/a",
      "http.response.status_code": 200,
    });
    span.end();
  }
  telemetry.startSpan({ name: "internal", kind: 0 }).end();
  const [metric] = meter.collect();
  assertEquals([metric.name, metric.unit], ["http.server.request.duration", "s"]);
  const [point] = metric.points as HistogramPoint[];
  assertEquals({ ...point.attributes }, {
    "http.request.method": "GET",
    "http.response.status_code": 200,
    "http.route": "/a",
  });
  assert(point.count % 4 === 0 && Math.abs(point.count - 4000) < 600, `${point.count}`);
});

Deno.test("numbers are read off log lines", () => {
  const meter = createMeter();
  const telemetry = createTelemetry({
    service: "x",
    level: "info",
    sampler: alwaysOff(),
    sinks: [
      pipe(
        logMetrics(meter, [
          { metric: "declines", message: "card*declined", attributes: ["reason"] },
          { metric: "amount", event: "paid", value: "cents", unit: "{cent}" },
          { metric: "errors", level: "error" },
        ]),
        { onLog() {} },
      ),
    ],
  });
  telemetry.log.info("card was declined", { reason: "limit" });
  telemetry.log.error("card is declined", { reason: "limit" });
  telemetry.log.event("paid", { cents: 250 });
  telemetry.log.event("paid", { cents: "many" });
  telemetry.log.debug("card not declined");
  const [declines, amount, failures] = meter.collect();
  assertEquals(values(declines), [[{ reason: "limit" }, 2]]);
  assertEquals((amount.points[0] as HistogramPoint).sum, 250);
  assertEquals(values(failures), [[{}, 1]]);
  assertThrows(() => logMetrics(meter, [{ name: "x" } as never]), TypeError, "metric is missing");
});

async function scrape(meter: Meter, accept = ""): Promise<string[]> {
  const response = prometheus(meter, { "service.name": 'a"b' })(
    new Request("http://x/metrics", { headers: { accept } }),
  );
  return (await response.text()).trimEnd().split("\n");
}

Deno.test("Prometheus reads the text format, and OpenMetrics where it asks for it", async () => {
  const meter = createMeter();
  meter.counter("http.requests", { unit: "{request}", description: "two\nlines" })
    .add(2, { "http.route": '/a\\"\n' });
  const telemetry = createTelemetry({ service: "x", sinks: [{ onSpan() {} }] });
  const span = telemetry.startSpan("a");
  const time = meter.histogram("time", { unit: "s", buckets: [1, 2] });
  time.record(1.5, {}, { span });
  time.record(9, {}, { span });
  meter.gauge("load", { unit: "1" }).record(0.5);
  const lines = await scrape(meter);
  assert(lines.includes('target_info{service_name="a\\"b"} 1'));
  assert(lines.includes("# HELP http_requests_total two\\nlines"));
  assert(lines.includes("# TYPE http_requests_total counter"));
  assert(
    lines.includes('http_requests_total{http_route="/a\\\\\\"\\n",otel_scope_name="sextant"} 2'),
  );
  const scope = 'otel_scope_name="sextant"';
  const at = lines.indexOf("# TYPE time_seconds histogram");
  assertEquals(lines.slice(at + 1, at + 6), [
    `time_seconds_bucket{${scope},le="1"} 0`,
    `time_seconds_bucket{${scope},le="2"} 1`,
    `time_seconds_bucket{${scope},le="+Inf"} 2`,
    `time_seconds_sum{${scope}} 10.5`,
    `time_seconds_count{${scope}} 2`,
  ]);
  assert(lines.includes(`load_ratio{${scope}} 0.5`));
  time.record(1.5, {}, { span });
  const open = await scrape(meter, "application/openmetrics-text; version=1.0.0");
  assertEquals(open.at(-1), "# EOF");
  assert(open.includes("# TYPE http_requests counter"));
  assert(open.some((line) => line.includes(`# {trace_id="${span.traceId}"`)), open.join("\n"));
  assertThrows(() => prometheus(createMeter({ temporality: "delta" })), TypeError, "delta");
});

Deno.test("the books of a telemetry are metrics", () => {
  const meter = createMeter();
  healthMetrics(meter, () => ({
    destinations: [{
      name: "otlp",
      spans: {
        created: 10,
        delivered: 5,
        dropped: { queue_full: 3 },
        queued: 2,
        queuedBytes: 0,
        deliveredBytes: 0,
        retries: 0,
        repeated: 0,
      },
    }],
  }));
  const [exported, inflight] = meter.collect();
  assertEquals(exported.name, "otel.sdk.exporter.span.exported");
  assertEquals(values(exported), [
    [{ "otel.component.name": "otlp" }, 5],
    [{ "error.type": "queue_full", "otel.component.name": "otlp" }, 3],
  ]);
  assertEquals(values(inflight), [[{ "otel.component.name": "otlp" }, 2]]);
});

Deno.test("the environment sets temporality and interval; what is wrong is said", async () => {
  const env: Record<string, string> = {
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
    OTEL_METRIC_EXPORT_INTERVAL: "soon",
  };
  const meter = createMeter();
  const telemetry = createTelemetry({
    service: "x",
    meter,
    runtime: { name: "x", env: (name) => env[name] },
    sinks: [{ onMetrics() {} }],
  });
  assertEquals(meter.temporality, "delta");
  assert(telemetry.health().warnings[0].startsWith('OTEL_METRIC_EXPORT_INTERVAL is "soon"'));
  await telemetry.shutdown();
});

Deno.test("a plain meter counts and has bounds; exponential buckets and wrong options it refuses", () => {
  const meter = createPlainMeter({ temporality: "delta" });
  meter.counter("n").add(2, { a: 1 });
  meter.histogram("size", { buckets: [1, 2] }).record(1.5);
  const [n, size] = meter.collect();
  assertEquals([n.kind, n.points[0].attributes], ["sum", { a: 1 }]);
  assertEquals((size as { points: readonly HistogramPoint[] }).points[0].bucketCounts, [0, 1, 0]);
  assertThrows(() => meter.histogram("x", { buckets: "exponential" }), RangeError, "exponential");
  assertThrows(() => createPlainMeter({ temporality: "x" as "delta" }), TypeError, "cumulative");
  assertThrows(() => createPlainMeter({ cardinalityMax: 1 }), TypeError, "2 or more");
  assertThrows(() => createPlainMeter({ intervalMs: 0 }), TypeError, "positive");
});
