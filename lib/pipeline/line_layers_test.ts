import { assert, assertEquals, assertThrows } from "@std/assert";
import type { DestinationHealth, Layer } from "../core/seams.ts";
import { logMetrics } from "../metric/log_metrics.ts";
import { createMeter } from "../metric/create_meter.ts";
import { probability } from "../sampling/probability.ts";
import { createTelemetry } from "../telemetry.ts";
import { memory } from "../transport/memory.ts";
import { canonicalLine } from "./canonical_line.ts";
import { filter } from "./filter.ts";
import { fingersCrossed } from "./fingers_crossed.ts";
import { limitLines } from "./limit_lines.ts";
import { pipe } from "./pipe.ts";
import { sampledLogs } from "./sampled_logs.ts";

function setup(layer: Layer) {
  const clock = { nowMs: 1000, monotonicMs: () => clock.nowMs, wallMs: () => 1e12 + clock.nowMs };
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    level: "trace",
    clock,
    sinks: [pipe(layer, sink)],
  });
  const messages = () => sink.logs.map(({ message }) => message);
  return { clock, sink, telemetry, messages };
}

function booksOf({ destinations: [own] }: { destinations: readonly DestinationHealth[] }) {
  const books = own.logs!;
  const dropped = Object.values(books.dropped).reduce((sum, count) => sum + count, 0);
  assertEquals(books.created, books.delivered + dropped + books.queued);
  return books;
}

Deno.test("detailed lines come out in their order when something goes wrong, and only then", () => {
  const { telemetry, messages } = setup(fingersCrossed());
  const good = telemetry.startSpan("good");
  good.log.debug("good 1");
  good.log.info("good 2");
  good.end();
  const bad = telemetry.startSpan("bad");
  bad.log.debug("bad 1");
  bad.startSpan("inner").log.trace("bad 2");
  bad.log.error("bad 3");
  bad.log.debug("bad 4");
  bad.end();
  bad.log.debug("late");
  assertEquals(messages(), ["good 2", "bad 1", "bad 2", "bad 3", "bad 4"]);
  const books = booksOf(telemetry.health());
  assertEquals([books.dropped, books.queued], [{ sampled: 1 }, 1]);
});

Deno.test("it is armed again for each trace; a rule may let out", () => {
  const { telemetry, messages } = setup(
    fingersCrossed({ trigger: ({ fields }) => fields?.slow === true }),
  );
  for (const slow of [true, false]) {
    telemetry.span("a", (span) => {
      span.log.debug(`debug ${slow}`);
      span.log.info(`info ${slow}`, { slow });
    });
  }
  assertEquals(messages(), ["debug true", "info true", "info false"]);
});

Deno.test("lines are held as they were, within their bytes; the first one out says what is missing", () => {
  const { telemetry, sink } = setup(fingersCrossed({ bytesMax: 2000 }));
  const span = telemetry.startSpan("a");
  const fields = { deep: { value: 1 } };
  for (let index = 0; index < 20; index++) span.log.debug(`line ${index}`, fields);
  fields.deep.value = 2;
  span.log.error("now");
  const [first] = sink.logs;
  assertEquals((first.fields?.deep as { value: number }).value, 1);
  const dropped = first.fields?.["sextant.lines_dropped"] as number;
  assertEquals(sink.logs.length + dropped, 21);
  assert(dropped > 5, `${dropped} dropped`);
  assertEquals(booksOf(telemetry.health()).dropped, { evicted: dropped });
});

Deno.test("past the most traces the oldest is forgotten, and counted", () => {
  const { telemetry } = setup(fingersCrossed({ tracesMax: 3 }));
  for (let index = 0; index < 10; index++) telemetry.startSpan("a").log.debug("held");
  const books = booksOf(telemetry.health());
  assertEquals([books.queued, books.dropped], [3, { evicted: 7 }]);
  assertThrows(() => fingersCrossed({ pass: "loud" as never }), RangeError, '"loud"');
});

Deno.test("duplicates are held back, and a line says how many they were", async () => {
  const { telemetry, clock, sink, messages } = setup(limitLines({ windowMs: 10_000 }));
  for (let index = 0; index < 313; index++) telemetry.log.warn("down", { index });
  telemetry.log.info("down");
  telemetry.log.info("other");
  assertEquals(messages(), ["down", "down", "other"]);
  clock.nowMs += 10_001;
  telemetry.log.info("other");
  assertEquals(messages().slice(3), ["down (repeated 312 times in 10 s)", "other"]);
  assertEquals(sink.logs[3].fields, { index: 312, repeated: 312, window_ms: 10_000 });
  telemetry.log.info("other");
  await telemetry.flush();
  assertEquals(sink.logs.at(-1)?.fields?.repeated, 1);
  await telemetry.flush();
  assertEquals(sink.logs.length, 6);
  assertEquals(booksOf(telemetry.health()).dropped, { sampled: 313 });
});

Deno.test("what was held back is reported though nothing else comes", async () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    runtime: { name: "x", hasBackgroundTimers: true },
    sinks: [pipe(limitLines({ first: 2, windowMs: 400 }), sink)],
  });
  for (let index = 0; index < 5; index++) telemetry.log.info("down");
  for (let waits = 0; waits < 200 && sink.logs.length < 3; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertEquals(sink.logs.map(({ message }) => message), [
    "down",
    "down",
    "down (3 more held back in 0.4 s)",
  ]);
  await telemetry.shutdown();
});

Deno.test("a rate is limited by a key of one's own", () => {
  const { telemetry, messages } = setup(
    limitLines({ first: 2, by: ({ fields }) => String(fields?.user) }),
  );
  for (let index = 0; index < 5; index++) {
    telemetry.log.info(`a${index}`, { user: "a" });
    telemetry.log.info(`b${index}`, { user: "b" });
  }
  assertEquals(messages(), ["a0", "b0", "a1", "b1"]);
  assertThrows(() => limitLines({ first: 0 }), RangeError, "first is 0");
});

Deno.test("one wide line at the end of a request, and one for what came later", async () => {
  const { telemetry, sink, clock } = setup(canonicalLine());
  const root = telemetry.startSpan({ name: "GET /a", kind: 1 }, { "http.route": "/a" });
  root.log.info("one");
  const inner = root.startSpan("inner");
  const late = root.startSpan("late");
  inner.setStatus({ code: "error" }).end();
  clock.nowMs += 12;
  root.end();
  const line = sink.logs.at(-1)!;
  assertEquals([line.message, line.eventName, line.span?.spanId], [
    "canonical line",
    "request.summary",
    root.spanId,
  ]);
  assertEquals(line.fields, {
    "http.route": "/a",
    name: "GET /a",
    duration_ms: 12,
    busy_ms: 12,
    idle_ms: 0,
    spans: 2,
    errors: 1,
    lines: 1,
  });
  late.end();
  await telemetry.flush();
  assertEquals(sink.logs.at(-1)?.eventName, "request.summary.late");
  assertEquals(sink.logs.at(-1)?.fields?.spans, 1);
  await telemetry.flush();
  assertEquals(sink.logs.length, 3);
});

Deno.test("the wide line collects from inner spans, and says how long it waited", async () => {
  const { telemetry, sink, clock } = setup(canonicalLine({ collect: ["order.*", "tier"] }));
  const root = telemetry.startSpan("root", { tier: "own" });
  const inner = root.startSpan("inner", { "order.id": 1, tier: "inner", secret: "s" });
  const one = inner.startSpan({ name: "call", kind: 2 });
  clock.nowMs += 5;
  const two = inner.startSpan({ name: "call", kind: 2 });
  clock.nowMs += 5;
  one.end();
  clock.nowMs += 5;
  two.end();
  clock.nowMs += 10;
  inner.setAttribute("order.total", 42).end();
  root.end();
  const { secret: _, ...fields } = { secret: undefined, ...sink.logs.at(-1)!.fields };
  assertEquals(fields, {
    "order.id": 1,
    "order.total": 42,
    tier: "own",
    name: "root",
    duration_ms: 25,
    busy_ms: 10,
    idle_ms: 15,
    spans: 4,
    errors: 0,
    lines: 0,
  });
  root.setAttribute("order.refunded", true);
  await telemetry.flush();
  const late = sink.logs.at(-1)!;
  assertEquals([late.eventName, late.span?.spanId], ["request.summary.late", root.spanId]);
  assertEquals({ ...late.fields }, { "order.refunded": true, spans: 0, errors: 0, lines: 0 });
  assertEquals(telemetry.health().spans.misuse.usedAfterEnd, 1);
  assertThrows(() => canonicalLine({ lateMs: 0 }), RangeError, "lateMs is 0");
});

Deno.test("what comes late is written soon, and before its request is forgotten", async () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "x",
    runtime: { name: "x", hasBackgroundTimers: true },
    sinks: [pipe(canonicalLine({ lateMs: 10, tracesMax: 2 }), sink)],
  });
  const root = telemetry.startSpan("a");
  root.end();
  root.log.info("late");
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(sink.logs.map(({ eventName }) => eventName), [
    "request.summary",
    undefined,
    "request.summary.late",
  ]);
  const evicted = telemetry.startSpan("b");
  evicted.end();
  evicted.setAttribute("a", 1);
  for (const name of ["c", "d"]) telemetry.startSpan(name).end();
  assertEquals(sink.logs.at(-2)?.fields?.name, "d");
  assertEquals(sink.logs.at(-1)?.eventName, "request.summary.late");
  await telemetry.shutdown();
});

Deno.test("lines of one span go together; after letting out it may hold back again", () => {
  const { telemetry, messages } = setup(fingersCrossed({ within: "span", rearms: true }));
  const root = telemetry.startSpan("root");
  const inner = root.startSpan("inner");
  root.log.debug("root 1");
  inner.log.debug("inner 1");
  inner.log.error("inner 2");
  inner.log.debug("inner 3");
  inner.end();
  root.log.debug("root 2");
  root.fail(new Error("no")).end();
  assertEquals(messages(), ["inner 1", "inner 2", "root 1", "root 2"]);
  const books = booksOf(telemetry.health());
  assertEquals([books.queued, books.dropped], [0, { sampled: 1 }]);
  assertThrows(() => fingersCrossed({ within: "day" as never }), RangeError, '"day"');
});

Deno.test("held lines don't change with what they were made from, whatever that is", () => {
  const { telemetry, sink } = setup(fingersCrossed());
  const span = telemetry.startSpan("a");
  const deep = { value: 1, call: () => 1, list: [{ a: 1 }] };
  const bound = { deep };
  span.log.child(bound).debug("held", { deep, error: new RangeError("no"), big: 1n });
  deep.value = 2;
  deep.list[0].a = 2;
  span.log.error("now");
  const { fields, bindings } = sink.logs[0];
  for (const source of [fields, bindings]) {
    const { value, list } = source!.deep as typeof deep;
    assertEquals([value, list[0].a], [1, 1]);
  }
  assertEquals((fields!.error as { type: string }).type, "RangeError");
});

Deno.test("a line that stands for others says so, and metrics count it as so many", () => {
  const sink = memory();
  const meter = createMeter();
  const telemetry = createTelemetry({
    service: "x",
    meter,
    sampler: probability(0.25),
    sinks: [
      pipe(sampledLogs(), logMetrics(meter, [{ metric: "orders", message: "order" }]), sink),
      { onMetrics() {} },
    ],
  });
  for (let index = 0; index < 2000; index++) {
    telemetry.span("a", (span) => {
      span.log.info("order", { index });
      span.log.error("failed");
    });
  }
  const orders = sink.logs.filter(({ message }) => message === "order");
  assert(orders.length > 380 && orders.length < 620, `${orders.length} of 2000`);
  for (const { fields } of orders) assertEquals(fields?.["sextant.adjusted_count"], 4);
  const failed = sink.logs.filter(({ message }) => message === "failed");
  assertEquals([failed.length, failed[0].fields], [2000, undefined]);
  const [counted] = meter.collect().find(({ name }) => name === "orders")!.points;
  assertEquals((counted as { value: number }).value, orders.length * 4);
});

Deno.test("each sink has a filter of its own", () => {
  const { telemetry, messages, sink } = setup(filter("warn"));
  telemetry.log.info("no");
  telemetry.log.warn("yes");
  telemetry.startSpan("a").end();
  assertEquals([messages(), sink.spans.length], [["yes"], 1]);
  const own = setup(filter({ span: ({ name }) => name !== "health" }));
  own.telemetry.startSpan("health").end();
  own.telemetry.startSpan("a").end();
  own.telemetry.log.info("yes");
  assertEquals([own.messages(), own.sink.spans.length], [["yes"], 1]);
  assertThrows(() => filter("loud" as never), RangeError, '"loud"');
});
