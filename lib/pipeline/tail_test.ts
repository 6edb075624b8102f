import { assert, assertEquals, assertThrows } from "@std/assert";
import type { HistogramPoint, MetricRecord } from "../core/metric_records.ts";
import type { SpanRecord } from "../core/records.ts";
import type { Sink } from "../core/seams.ts";
import { createMeter } from "../metric/create_meter.ts";
import { redMetrics } from "../metric/red.ts";
import { adjustedCount } from "../sampling/adjusted_count.ts";
import { alwaysOff, alwaysOn } from "../sampling/always.ts";
import { alwaysRecord } from "../sampling/decorate.ts";
import { parentOr } from "../sampling/parent.ts";
import { probability } from "../sampling/probability.ts";
import { createTelemetry, type Health, type Telemetry } from "../telemetry.ts";
import { memory } from "../transport/memory.ts";
import { pipe } from "./pipe.ts";
import { redact } from "./redact.ts";
import { sampledLogs } from "./sampled_logs.ts";
import { tail, type TailOptions } from "./tail.ts";
import { errors, hasAttribute, rare, slowerThan } from "./tail_rules.ts";

function setup(options: TailOptions, sampler = probability(1)) {
  const clock = { nowMs: 1000, monotonicMs: () => clock.nowMs, wallMs: () => 1e12 + clock.nowMs };
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    clock,
    sampler,
    sinks: [pipe(tail(options), sink)],
  });
  const names = () => sink.spans.map(({ name }) => name);
  return { clock, sink, telemetry, names };
}

/** The books of the layer hold. */
function booksOf(health: Health) {
  const books = health.destinations.find(({ name }) => name === "tail")!;
  for (const one of [books.spans!, books.logs!]) {
    const dropped = Object.values(one.dropped).reduce((sum, count) => sum + count, 0);
    assertEquals(one.created, one.delivered + dropped + one.queued);
  }
  return { spans: books.spans!, logs: books.logs! };
}

Deno.test("a trace with an error is kept whole, with its lines; the others are counted", () => {
  const { telemetry, sink, names } = setup({ keep: [errors()] });
  const good = telemetry.startSpan("good");
  good.log.info("fine");
  good.startSpan("inner").end();
  good.end();
  const bad = telemetry.startSpan("bad");
  bad.log.info("before");
  bad.startSpan("inner").setStatus({ code: "error" }).end();
  assertEquals(names(), []);
  bad.end();
  bad.log.info("late");
  assertEquals(names(), ["inner", "bad"]);
  assertEquals(sink.logs.map(({ message }) => message), ["before", "late"]);
  const { spans, logs } = booksOf(telemetry.health());
  assertEquals([spans.delivered, spans.dropped, spans.queued], [2, { sampled: 2 }, 0]);
  assertEquals([logs.delivered, logs.dropped], [2, { sampled: 1 }]);
});

Deno.test("an error line keeps a trace, and lines outside of traces pass", () => {
  const { telemetry, sink, names } = setup({ keep: [errors()] });
  telemetry.log.info("alone");
  assertEquals(sink.logs.length, 1);
  const span = telemetry.startSpan("a");
  span.log.error("broken");
  span.end();
  assertEquals(names(), ["a"]);
});

Deno.test("slow, marked and rare traces are kept", () => {
  const { telemetry, clock, names } = setup({
    keep: [slowerThan(250), hasAttribute("tier", "gold"), rare({ first: 2, windowMs: 1000 })],
  });
  const run = (name: string, durationMs = 1, tier = "none") => {
    const span = telemetry.startSpan(name, { tier });
    clock.nowMs += durationMs;
    span.end();
  };
  for (let index = 0; index < 5; index++) run("often");
  run("often", 250);
  run("often", 1, "gold");
  assertEquals(names(), ["often", "often", "often", "often"]);
  run("seldom");
  assertEquals(names().at(-1), "seldom");
  clock.nowMs += 1000;
  run("often");
  assertEquals(names().length, 6);
});

Deno.test("what else is kept carries the probability of both decisions", () => {
  const { telemetry, sink } = setup({ otherwise: 0.5 }, probability(0.5));
  let sampled = 0;
  for (let index = 0; index < 400; index++) {
    const span = telemetry.startSpan("a");
    if (span.isSampled) sampled++;
    span.end();
  }
  assert(sink.spans.length > 0 && sink.spans.length < sampled);
  for (const span of sink.spans) {
    assertEquals(span.traceStateText, "ot=th:c");
    assertEquals(span.name, "a");
    assert(span.traceId.startsWith(span.traceId.slice(0, 8)) && span.durationMs >= 0);
  }
});

Deno.test("a rule's trace keeps the head's probability", () => {
  const { telemetry, sink } = setup({ keep: [() => true], otherwise: 0.5 }, probability(0.5));
  for (let index = 0; index < 100; index++) telemetry.startSpan("a").end();
  assert(sink.spans.length > 0);
  assert(sink.spans.every(({ traceStateText }) => traceStateText === "ot=th:8"));
});

Deno.test("a trace whose root does not end is decided about at its deadline", async () => {
  const { telemetry, clock, names } = setup({ keep: [errors()], deadlineMs: 500 });
  const root = telemetry.startSpan("root");
  root.startSpan("failed").setStatus({ code: "error" }).end();
  await telemetry.flush();
  assertEquals(names(), []);
  clock.nowMs += 501;
  await telemetry.flush();
  assertEquals(names(), ["failed"]);
  root.end();
  assertEquals(names(), ["failed", "root"]);
});

Deno.test("past its bytes, traces go that would be left out anyway, and are counted", () => {
  const { telemetry, names } = setup({ keep: [errors()], bytesMax: 20_000 });
  const roots = [];
  for (let index = 0; index < 100; index++) {
    const root = telemetry.startSpan("root");
    const inner = root.startSpan("inner", { text: "x".repeat(100) });
    if (index % 10 === 0) inner.setStatus({ code: "error" });
    inner.end();
    roots.push(root);
  }
  const { spans } = booksOf(telemetry.health());
  assert(spans.dropped.evicted! > 0);
  assert(spans.queuedBytes <= 20_000, `${spans.queuedBytes} bytes wait`);
  for (const root of roots) root.end();
  // All of the ten that failed are there: others made room.
  assertEquals(names().filter((name) => name === "inner").length, 10);
  booksOf(telemetry.health());
});

Deno.test("making room asks a rule once about a trace: one that counts gives no other answer", () => {
  const { telemetry, names } = setup({ keep: [rare({ first: 1, windowMs: 1e9 })], bytesMax: 8000 });
  const roots = Array.from({ length: 40 }, (_, index) => {
    const root = telemetry.startSpan("root");
    root.startSpan(index === 0 ? "seldom" : `often ${index % 2}`).end();
    return root;
  });
  booksOf(telemetry.health());
  for (const root of roots) root.end();
  for (const name of ["seldom", "often 0", "often 1"]) {
    assert(names().filter((one) => one === name).length >= 1, `${name} was kept once`);
  }
  const { spans } = booksOf(telemetry.health());
  assert(spans.dropped.evicted! > 10 && spans.queued === 0);
});

Deno.test("when all that waits is wanted the oldest goes, and is counted", () => {
  const { telemetry, names } = setup({ keep: [errors()], bytesMax: 6000 });
  const roots = Array.from({ length: 30 }, (_, index) => {
    const root = telemetry.startSpan("root");
    root.startSpan(`failed ${index}`).setStatus({ code: "error" }).end();
    return root;
  });
  for (const root of roots) root.end();
  const failed = names().filter((name) => name !== "root");
  assertEquals(failed.at(-1), "failed 29");
  assert(!failed.includes("failed 0"));
  const { spans } = booksOf(telemetry.health());
  assertEquals(failed.length, 30 - spans.dropped.evicted!);
});

Deno.test("metrics behind a tail have exemplars of kept traces alone, and count all", () => {
  const meter = createMeter();
  const seen: MetricRecord[] = [];
  const kept = memory();
  const telemetry = createTelemetry({
    service: "x",
    meter,
    sinks: [
      pipe(tail({ keep: [errors()], otherwise: 0.25 }), redMetrics(meter), kept),
      { onMetrics: (metrics) => void seen.push(...metrics) },
    ],
  });
  for (let index = 0; index < 400; index++) {
    const span = telemetry.startSpan({
      name: "GET /",
      kind: 1,
      attributes: { "http.request.method": "GET", "http.response.status_code": 200 },
    });
    span.end();
  }
  void telemetry.flush();
  const ids = new Set(kept.spans.map(({ traceId }) => traceId));
  const [{ points }] = seen.filter(({ name }) => name === "http.server.request.duration");
  const [point] = points as HistogramPoint[];
  assert(ids.size > 40 && ids.size < 200);
  // Each kept trace stands for four.
  assertEquals(point.count, ids.size * 4);
  assert(point.exemplars.length > 0);
  assert(point.exemplars.every(({ span }) => ids.has(span!.traceId)));
});

Deno.test("shutdown decides about everything; a rule that throws keeps", async () => {
  const { telemetry, names } = setup({
    keep: [() => {
      throw new Error("no");
    }],
  });
  telemetry.startSpan("root").startSpan("inner").end();
  await telemetry.shutdown();
  assertEquals(names(), ["inner"]);
  assertEquals(booksOf(telemetry.health()).spans.queued, 0);
});

Deno.test("a service's part of a trace is decided about when that part ends", () => {
  const { telemetry, names } = setup({ keep: [errors()] });
  const context = telemetry.extract(
    new Headers({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03" }),
  );
  const span = telemetry.startSpan({ name: "GET /", kind: 1, context });
  span.startSpan("inner").setStatus({ code: "error" }).end();
  assertEquals(names(), []);
  span.end();
  assertEquals(names(), ["inner", "GET /"]);
});

/** A request as it arrives from another service, of a trace with these random bits. */
function request(
  telemetry: Telemetry,
  name: string,
  bits = "48eb211c80319c",
  tracestate = "",
) {
  const traceparent = `00-0af7651916cd43dd84${bits}-b7ad6b7169203331-03`;
  const context = telemetry.extract(new Headers({ traceparent, tracestate }));
  return telemetry.startSpan({ name, kind: 1, context });
}

Deno.test("a later request of a trace that was left out is kept when it fails, and all after it", () => {
  const { telemetry, sink, names } = setup({ keep: [errors()] });
  request(telemetry, "first").end();
  const second = request(telemetry, "second");
  second.log.info("before");
  second.startSpan("inner").end();
  second.setStatus({ code: "error" }).end();
  request(telemetry, "third").end();
  assertEquals(names(), ["inner", "second", "third"]);
  assertEquals(sink.logs.map(({ message }) => message), ["before"]);
  const { spans, logs } = booksOf(telemetry.health());
  assertEquals([spans.dropped, spans.queued, spans.queuedBytes], [{ sampled: 1 }, 0, 0]);
  assertEquals([logs.delivered, logs.queued], [1, 0]);
});

Deno.test("the end of one request does not decide about another of the same trace", () => {
  const { telemetry, sink, names } = setup({ keep: [errors()] });
  const [outer, other] = [request(telemetry, "outer"), request(telemetry, "other")];
  outer.startSpan("outer's").end();
  outer.log.info("outer's");
  other.log.info("other's");
  other.startSpan("other's").end();
  other.end();
  const { spans } = booksOf(telemetry.health());
  assertEquals([spans.queued, spans.dropped], [1, { sampled: 2 }]);
  outer.setStatus({ code: "error" }).end();
  assertEquals(names(), ["outer's", "outer"]);
  assertEquals(sink.logs.map(({ message }) => message), ["outer's"]);
  assertEquals(booksOf(telemetry.health()).spans.queuedBytes, 0);
});

Deno.test("what outlives its request is asked about at once: what fails is kept, the rest waits for nothing", () => {
  const { telemetry, sink, names } = setup({ keep: [errors()] });
  const root = telemetry.startSpan("root");
  const [fine, failed, after] = ["fine", "failed", "after"].map((name) => root.startSpan(name));
  root.end();
  fine.end();
  root.log.info("left out");
  const { spans, logs } = booksOf(telemetry.health());
  assertEquals([spans.queued, spans.dropped, logs.queued], [0, { sampled: 2 }, 0]);
  failed.setStatus({ code: "error" }).end();
  after.end();
  root.log.info("kept");
  assertEquals(names(), ["failed", "after"]);
  assertEquals(sink.logs.map(({ message }) => message), ["kept"]);
  booksOf(telemetry.health());
});

Deno.test("layers before a tail may change spans: it still knows what is under way", () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    sinks: [pipe(redact(), tail({ keep: [errors()] }), sink)],
  });
  request(telemetry, "first").end();
  const second = request(telemetry, "second");
  second.startSpan("inner", { password: "secret" }).end();
  second.setStatus({ code: "error" }).end();
  assertEquals(sink.spans.map(({ name }) => name), ["inner", "second"]);
  assert(sink.spans[0].attribute("password") !== "secret");
});

Deno.test("adjusted counts are right where a later request upgrades a trace", () => {
  const { telemetry, sink } = setup({ keep: [errors()], otherwise: 0.25 }, parentOr(alwaysOn()));
  const traces = 1000;
  // Random bits of every part of the half that a head has let through; no two end in the same.
  const bits = (index: number) => (0.5 + (index + index % 997 / 1000) / traces / 2) * 2 ** 56;
  for (let index = 0; index < traces; index++) {
    const of = (name: string) =>
      request(telemetry, name, Math.floor(bits(index)).toString(16), "ot=th:8");
    of("first").end();
    const second = of("second");
    second.startSpan("inner").end();
    second.setStatus({ code: "error" }).end();
    of("third").end();
  }
  for (
    const [name, kept] of Object.entries({ first: 250, inner: 1000, second: 1000, third: 1000 })
  ) {
    const spans = sink.spans.filter((one) => one.name === name);
    assertEquals(spans.length, kept, name);
    assertEquals(spans.reduce((sum, span) => sum + adjustedCount(span), 0), 2000, name);
  }
});

Deno.test("other sinks see the span as it was", () => {
  const seen: SpanRecord[] = [];
  const other: Sink = { onSpan: (span) => void seen.push(span) };
  const kept = memory();
  const telemetry = createTelemetry({
    service: "x",
    sinks: [pipe(tail({ otherwise: 0.5 }), kept), other],
  });
  for (let index = 0; index < 50; index++) telemetry.startSpan("a").end();
  assert(kept.spans.length > 0);
  assertEquals(seen.length, 50);
  assert(seen.every(({ traceStateText }) => traceStateText === "ot=th:0"));
  assert(kept.spans.every(({ traceStateText }) => traceStateText === "ot=th:8"));
});

Deno.test("wrong options say what is allowed", () => {
  assertThrows(() => tail({ otherwise: 2 }), RangeError, "otherwise is 2, allowed is 0 to 1");
  assertThrows(() => tail({ keep: [1 as never] }), TypeError, "keep[0] is number");
  assertThrows(() => tail({ bytesMax: 0 }), RangeError, "bytesMax is 0");
  assertThrows(() => slowerThan(-1), RangeError, "durationMs is -1");
  assertThrows(() => rare({ first: 0 }), RangeError, "first is 0");
});

Deno.test("lines follow the decision of their trace where that is asked for", () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    sampler: alwaysOff(),
    sinks: [pipe(sampledLogs(), sink)],
  });
  const span = telemetry.startSpan("a");
  span.log.info("left out");
  span.log.error("passes");
  telemetry.log.info("outside");
  assertEquals(sink.logs.map(({ message }) => message), ["passes", "outside"]);
  const [own] = telemetry.health().destinations;
  assertEquals([own.logs?.created, own.logs?.delivered, own.logs?.dropped], [3, 2, { sampled: 1 }]);
});

Deno.test("what is recorded without being sampled reaches layers, and its children do", () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    sampler: alwaysRecord(alwaysOff()),
    sinks: [sink],
  });
  const span = telemetry.startSpan("a");
  assert(span.isRecording() && !span.isSampled);
  span.startSpan("b", { x: 1 }).end();
  span.end();
  assertEquals(sink.spans.map(({ name, isSampled }) => [name, isSampled]), [
    ["b", false],
    ["a", false],
  ]);
  const headers = new Headers();
  telemetry.inject(headers, span);
  assert(headers.get("traceparent")!.endsWith("-02"), headers.get("traceparent")!);
});
