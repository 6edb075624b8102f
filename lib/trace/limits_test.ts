import { assert, assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, memory, otlp, type Runtime, type SpanLimits } from "../../mod.ts";
import { decodeTraces } from "../testing/mod.ts";
import { cutValue, SPAN_LIMITS, spanLimitsOf } from "./limits.ts";

Deno.test("limits: options win over variables, special ones over general, malformed are passed over", () => {
  const env = (variables: Record<string, string>) => (name: string) => variables[name];
  const cases: [
    given: Partial<SpanLimits>,
    variables: Record<string, string>,
    expected: Partial<SpanLimits>,
  ][] = [
    [{}, {}, {}],
    [{}, { OTEL_ATTRIBUTE_COUNT_LIMIT: "9" }, {
      attributes: 9,
      eventAttributes: 9,
      linkAttributes: 9,
    }],
    [
      {},
      { OTEL_ATTRIBUTE_COUNT_LIMIT: "9", OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "3" },
      { attributes: 3, eventAttributes: 9, linkAttributes: 9 },
    ],
    [{ events: 1 }, { OTEL_SPAN_EVENT_COUNT_LIMIT: "7", OTEL_SPAN_LINK_COUNT_LIMIT: "0" }, {
      events: 1,
      links: 0,
    }],
    [{}, { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "-1", OTEL_SPAN_LINK_COUNT_LIMIT: "many" }, {}],
  ];
  for (const [given, variables, expected] of cases) {
    assertEquals(spanLimitsOf(given, env(variables)), { ...SPAN_LIMITS, ...expected });
  }
  assertThrows(
    () => spanLimitsOf({ events: -1 }, undefined),
    RangeError,
    "spanLimits.events is -1",
  );
  assertThrows(
    () => spanLimitsOf({ spans: 1 } as Partial<SpanLimits>, undefined),
    RangeError,
    "there is no spanLimits.spans, allowed are attributes, events",
  );
});

Deno.test("cutValue never cuts a pair of surrogates", () => {
  assertEquals(cutValue("a😀b", 2), "a");
  assertEquals(cutValue("a😀b", 3), "a😀");
  assertEquals(cutValue(["long", 1], 2), ["lo", 1]);
  assertEquals(cutValue(12345, 2), 12345);
});

for (const protocol of ["http/protobuf", "http/json"] as const) {
  Deno.test(`${protocol}: what is over a limit is counted on the wire`, async () => {
    let body = new Uint8Array();
    let type = "";
    const telemetry = createTelemetry({
      service: "a",
      spanLimits: {
        attributes: 3,
        events: 1,
        links: 1,
        eventAttributes: 1,
        linkAttributes: 1,
        valueLength: 4,
      },
      sinks: [otlp({
        endpoint: "http://collector",
        protocol,
        fetch: async (input, init) => {
          const request = new Request(input, init);
          type = request.headers.get("content-type")!;
          body = new Uint8Array(await request.arrayBuffer());
          return new Response();
        },
      })],
    });
    const other = telemetry.startSpan("other");
    const span = telemetry.startSpan("s", { a: 1, b: "longer", c: 3, d: 4 });
    span.setAttribute("e", 5).addEvent("one", { x: 1, y: 2 }).addEvent("two");
    span.addLink({ context: other, attributes: { x: 1, y: 2 } }).addLink({ context: other });
    span.addLink({ context: { traceId: "bad", spanId: "bad", traceFlags: 0 } });
    span.end();
    await telemetry.flush();
    const [decoded] = decodeTraces(body, type);
    assertEquals({ ...decoded.attributes }, { a: 1, b: "long", c: 3 });
    assertEquals(decoded.droppedAttributesCount, 2);
    assertEquals([decoded.events.length, decoded.droppedEventsCount], [1, 1]);
    assertEquals({ ...decoded.events[0].attributes }, { x: 1 });
    assertEquals([decoded.links.length, decoded.droppedLinksCount], [1, 2]);
    assertEquals([
      decoded.events[0].droppedAttributesCount,
      decoded.links[0].droppedAttributesCount,
    ], [1, 1]);
  });
}

Deno.test("spans left open are counted and named; ended ones are not", () => {
  const telemetry = createTelemetry({ service: "a", sinks: [memory()] });
  const [first, second] = ["checkout", "checkout"].map((name) => telemetry.startSpan(name));
  telemetry.startSpan("payment");
  first.end();
  const ofAnother = telemetry.tracer.scoped("library", "1.0").start(second, "query", undefined);
  assertEquals({ ...telemetry.health().spans.openNames }, { checkout: 1, payment: 1, query: 1 });
  assertEquals([ofAnother.scope.name, ofAnother.traceId], ["library", second.traceId]);
  second.end();
  ofAnother.end();
  assertEquals({ ...telemetry.health().spans.openNames }, { payment: 1 });
  assertEquals([telemetry.health().spans.open, telemetry.health().spans.recorded], [1, 3]);
  for (let index = 0; index < 5000; index++) telemetry.startSpan(`many ${index}`);
  assertEquals(telemetry.health().spans.open, 5001);
  assert(Object.keys(telemetry.health().spans.openNames).length <= 20);
});

Deno.test("spans left open are told by name: those of over a minute at a flush, all at the end", async () => {
  const told: string[] = [];
  const clock = { nowMs: 5000, monotonicMs: () => clock.nowMs, wallMs: () => 1e12 + clock.nowMs };
  const telemetry = createTelemetry({
    service: "a",
    clock,
    sinks: [memory()],
    onLoss: (message) => void told.push(message),
  });
  telemetry.startSpan("forgotten");
  telemetry.startSpan("forgotten");
  await telemetry.flush();
  clock.nowMs += 61_000;
  const young = telemetry.startSpan("young");
  for (let time = 0; time < 3; time++) await telemetry.flush();
  assertEquals(told, [
    'spans left open for over a minute: "forgotten" (2); a span is sent when it is ended',
  ]);
  await telemetry.shutdown();
  assertEquals(told.slice(1), [
    'spans left open at the end: "young" (1); a span is sent when it is ended',
  ]);
  young.end();
});

Deno.test("where the clock stands still a duration of 0 is marked as unmeasurable", () => {
  const sink = memory();
  let nowMs = 5;
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const runtime: Runtime = { name: "frozen", isClockFrozen: true };
  const telemetry = createTelemetry({ service: "a", sinks: [sink], clock, runtime });
  telemetry.span("work without I/O", () => {});
  telemetry.span("work with I/O", () => nowMs += 3);
  assertEquals(
    sink.spans.map((span) => [span.durationMs, span.attribute("sextant.duration.unmeasurable")]),
    [[0, true], [3, undefined]],
  );
});

Deno.test("a step of the wall clock gives no negative and no absurd span", () => {
  const sink = memory();
  let wallMs = 1_700_000_000_000;
  let monotonicMs = 1000;
  const clock = { monotonicMs: () => monotonicMs, wallMs: () => wallMs };
  const telemetry = createTelemetry({ service: "a", sinks: [sink], clock });
  telemetry.span("outer", (outer) => {
    wallMs -= 3_600_000;
    monotonicMs += 2000;
    outer.span("inner", () => monotonicMs += 10);
  });
  const [inner, outer] = sink.spans;
  assertEquals([outer.durationMs, inner.durationMs], [2010, 10]);
  assertEquals(inner.startEpochMs - outer.startEpochMs, 2000);
  telemetry.span("later", () => {});
  // The next trace is on the new time.
  assertEquals(sink.spans[2].startEpochMs, wallMs);
});
