import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  alwaysOff,
  createTelemetry,
  jsonLines,
  memory,
  otlp,
  parentOr,
  pretty,
  probability,
  type TelemetryOptions,
} from "../mod.ts";
import { deno } from "./runtime/deno.ts";

const runtime = deno({ flushOnExit: false });

Deno.test("a wrong option is named, with what was given and what is allowed", () => {
  const cases: [options: unknown, message: RegExp][] = [
    [undefined, /options is undefined, allowed is an object/],
    [{}, /service is undefined, allowed is a name/],
    [{ service: "" }, /service is "", allowed is a name/],
    [{ service: "a", levl: "info" }, /there is no option "levl", allowed are service, /],
    [
      { service: "a", level: "loud" },
      /level is "loud", allowed is a level or directives: column 1, expected a level \(trace, debug/,
    ],
    [{ service: "a", sinks: [{}] }, /sinks\[0\] is an object, allowed is a sink/],
    [{ service: "a", sampler: 0.1 }, /sampler is 0.1, allowed is a sampler/],
    [{ service: "a", attributes: { x: {} } }, /attributes\["x"\] is an object/],
    [{ service: "a", transaction: { header: "a b" } }, /transaction\.header is "a b"/],
    [{ service: "a", sinks: [otlp()] }, /otlp\(\): no endpoint/],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => createTelemetry(options as TelemetryOptions)) as Error;
    assertMatch(error.message, message);
    assert(error instanceof TypeError || error instanceof RangeError);
  }
  assertThrows(() => probability(2), RangeError, "ratio is 2, allowed is 0 to 1");
  assertThrows(() => otlp({ endpoint: "nowhere" }), TypeError, 'endpoint is "nowhere"');
  const sink = memory();
  createTelemetry({ service: "a", sinks: [sink] });
  assertThrows(() => createTelemetry({ service: "b", sinks: [sink] }), TypeError, 'of "a"');
});

Deno.test("spans nest by ambient context across awaits, and requests do not bleed", async () => {
  const sink = memory();
  const { span, log } = createTelemetry({ service: "a", sinks: [sink], runtime });
  await Promise.all(Array.from({ length: 200 }, (_, index) =>
    span("outer", { index }, async () => {
      await new Promise((resolve) => setTimeout(resolve, index % 7));
      await span("inner", { index }, async () => {
        await Promise.resolve();
        log.info("line", { index });
      });
    })));
  assertEquals([sink.spans.length, sink.logs.length], [400, 200]);
  const outer = new Map(
    sink.spans.filter(({ name }) => name === "outer").map((one) => [one.attribute("index"), one]),
  );
  for (const inner of sink.spans.filter(({ name }) => name === "inner")) {
    const parent = outer.get(inner.attribute("index"))!;
    assertEquals([inner.traceId, inner.parentSpanId], [parent.traceId, parent.spanId]);
  }
  for (const line of sink.logs) {
    assertEquals(line.span?.traceId, outer.get(line.fields?.index)!.traceId);
  }
});

Deno.test("what a callback throws or rejects with is the user's, and the span has it", async () => {
  const sink = memory();
  const { span } = createTelemetry({ service: "a", sinks: [sink] });
  const error = new RangeError("no");
  assertStrictEquals(
    assertThrows(() =>
      span("sync", () => {
        throw error;
      })
    ),
    error,
  );
  assertStrictEquals(await assertRejects(() => span("async", () => Promise.reject(error))), error);
  for (const one of sink.spans) {
    assertEquals([one.statusCode, one.statusMessage, one.attribute("error.type")], [
      2,
      "no",
      "RangeError",
    ]);
  }
});

Deno.test("a span used wrongly is harmless and counted", () => {
  const sink = memory();
  const telemetry = createTelemetry({ service: "a", sinks: [sink] });
  {
    using span = telemetry.startSpan("once");
    span.end();
    span.end();
    span.setAttribute("late", 1);
  }
  assertEquals(sink.spans.length, 1);
  assertEquals(telemetry.health().spans.misuse, { endedTwice: 1, usedAfterEnd: 1 });
});

Deno.test("the parent decides, also to drop, and ids go on either way", () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "a",
    sinks: [sink],
    sampler: parentOr(alwaysOff()),
  });
  const remote = telemetry.extract({
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  });
  telemetry.span({ name: "kept", context: remote }, () => {});
  telemetry.span("dropped", (span) => {
    const carrier: Record<string, string> = {};
    telemetry.inject(carrier, span);
    assertEquals(carrier.traceparent, `00-${span.traceId}-${span.spanId}-02`);
  });
  assertEquals(sink.spans.map(({ name }) => name), ["kept"]);
  assertEquals(telemetry.health().spans.unsampledRoots, 1);
});

Deno.test("a sink that throws harms neither the user nor another sink", () => {
  const sink = memory();
  const bad = {
    onSpan: () => {
      throw new Error("sink");
    },
  };
  const telemetry = createTelemetry({ service: "a", sinks: [bad, sink] });
  telemetry.span("x", () => {});
  assertEquals([sink.spans.length, telemetry.health().sinkErrors], [1, 1]);
});

Deno.test("JSON lines: one line, our names ours, no name twice", () => {
  const lines: string[] = [];
  const { log } = createTelemetry({
    service: "a",
    level: "debug",
    sinks: [jsonLines({ write: (line) => lines.push(line) })],
  });
  const circular: Record<string, unknown> = { level: "off", time: 1, trace_id: "x", n: 10n };
  circular.self = circular;
  log.info("a\nb", circular);
  log.child({ a: 1, b: 2 }).debug("c", { b: 3, bad: Number.NaN });
  log.trace("not written");
  log.error("e", new TypeError("boom"));
  assertEquals(lines.length, 3);
  assert(lines.every((line) => !line.includes("\n")));
  const [first, second, third] = lines.map((line) => JSON.parse(line));
  assertEquals([first.level, first.message, first["fields.level"], first.n], [
    "info",
    "a\nb",
    "off",
    "10",
  ]);
  assertEquals([second.a, second.b, second.bad], [1, 3, "NaN"]);
  assertEquals(lines[1].match(/"b":/g)?.length, 1);
  assertEquals(third["exception.type"], "TypeError");
});

Deno.test("pretty lines can't be forged", () => {
  const lines: string[] = [];
  const { log } = createTelemetry({
    service: "a",
    sinks: [pretty({ write: (line) => lines.push(line) })],
  });
  log.info("x\n2026 ERROR \u001b[31m", { "k\n": "v\u2028" });
  assertEquals(lines.length, 1);
  // deno-lint-ignore no-control-regex
  assert(!/[\u0000-\u001f\u2028]/.test(lines[0]));
});

Deno.test("handler: a server span by the semantic conventions, in the trace that came", async () => {
  const sink = memory();
  const telemetry = createTelemetry({ service: "a", sinks: [sink], runtime });
  const handle = telemetry.handler(() => new Response(null, { status: 503 }));
  await handle(
    new Request("http://shop.test:81/a?token=secret&b=1", {
      headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03" },
    }),
  );
  const [span] = sink.spans;
  assertEquals([span.name, span.kind, span.parentSpanId, span.statusCode], [
    "GET",
    1,
    "b7ad6b7169203331",
    2,
  ]);
  const { "user_agent.original": _agent, ...attributes } = span.attributes();
  assertEquals(Object.entries(attributes).filter(([, value]) => value !== undefined), [
    ["http.request.method", "GET"],
    ["url.path", "/a"],
    ["url.query", "token=REDACTED&b=1"],
    ["url.scheme", "http"],
    ["server.address", "shop.test"],
    ["server.port", 81],
    ["http.response.status_code", 503],
    ["error.type", "503"],
  ]);
});
