import { assert, assertEquals, assertMatch } from "@std/assert";
import { createTelemetry, otlp, type OtlpOptions, type Telemetry } from "../../mod.ts";
import { decodeLogs, decodeTraces } from "../testing/mod.ts";
import { type DecodedLog, type DecodedSpan } from "../testing/mod.ts";

interface Received {
  readonly spans: DecodedSpan[];
  readonly logs: DecodedLog[];
}

/** Exports to a loopback collector that decodes by OpenTelemetry's definitions. */
async function exported(
  protocol: OtlpOptions["protocol"],
  work: (telemetry: Telemetry) => void | Promise<void>,
): Promise<Received> {
  const received: Received = { spans: [], logs: [] };
  const problems: unknown[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const type = request.headers.get("content-type")!;
      const body = new Uint8Array(await request.arrayBuffer());
      try {
        if (request.url.endsWith("/v1/traces")) received.spans.push(...decodeTraces(body, type));
        else received.logs.push(...decodeLogs(body, type));
      } catch (error) {
        problems.push(error);
      }
      return new Response(null, { headers: { "content-type": type } });
    },
  );
  const telemetry = createTelemetry({
    service: "orders",
    version: "1.2.3",
    level: "trace",
    attributes: { "deployment.environment.name": "test" },
    sinks: [otlp({ endpoint: `http://127.0.0.1:${server.addr.port}`, protocol })],
  });
  try {
    await work(telemetry);
    await telemetry.shutdown();
    const [{ spans, logs }] = telemetry.health().destinations;
    for (const health of [spans!, logs!]) {
      const dropped = Object.values(health.dropped).reduce((sum, count) => sum + count, 0);
      assertEquals(health.created, health.delivered + dropped + health.queued);
    }
  } finally {
    await server.shutdown();
  }
  assertEquals(problems, []);
  return received;
}

for (const protocol of ["http/protobuf", "http/json"] as const) {
  Deno.test(`${protocol}: a span arrives field by field`, async () => {
    const cause = new Error("disk full");
    const { spans } = await exported(protocol, (telemetry) => {
      const remote = telemetry.extract({
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
        tracestate: "vendor=x,ot=th:4",
      });
      const parent = telemetry.startSpan({ name: "GET /é", kind: 1, context: remote }, {
        text: "naïve ✓",
        int: 42,
        negative: -7,
        big: 2 ** 40,
        huge: 2n ** 62n,
        double: 1.5,
        yes: true,
        list: ["a", 1],
        map: { inner: { deep: "x" } },
        bytes: new Uint8Array([1, 2, 255]),
        long: "x".repeat(300),
        absent: undefined,
      });
      parent.setAttribute("int", 43).addEvent("cache miss", { key: "k" });
      const child = parent.startSpan("child");
      child.addLink({ context: parent.spanContext(), attributes: { why: "test" } });
      child.fail(new TypeError("no room", { cause }));
      child.end();
      parent.end();
    });
    assertEquals(spans.length, 2);
    const [child, parent] = spans;
    assertEquals(parent.resource["service.name"], "orders");
    assertEquals(parent.resource["service.version"], "1.2.3");
    assertEquals(parent.resource["deployment.environment.name"], "test");
    assertEquals(parent.traceId, "0af7651916cd43dd8448eb211c80319c");
    assertEquals(parent.parentSpanId, "b7ad6b7169203331");
    assertEquals(parent.traceState, "vendor=x,ot=th:4");
    assertEquals([parent.name, parent.kind, parent.flags], ["GET /é", 2, 0x303]);
    assertEquals({ ...parent.attributes }, {
      text: "naïve ✓",
      int: 43,
      negative: -7,
      big: 2 ** 40,
      huge: 2n ** 62n,
      double: 1.5,
      yes: true,
      list: ["a", 1],
      map: Object.assign(Object.create(null), {
        inner: Object.assign(Object.create(null), { deep: "x" }),
      }),
      bytes: parent.attributes.bytes,
      long: "x".repeat(300),
    });
    assertEquals([...parent.attributes.bytes as Uint8Array], [1, 2, 255]);
    assertEquals(parent.events.map(({ name, attributes }) => [name, attributes.key]), [
      ["cache miss", "k"],
    ]);
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    assert(parent.startTimeUnixNano > nowNs - 60_000_000_000n);
    assert(parent.endTimeUnixNano >= child.endTimeUnixNano);
    assert(child.startTimeUnixNano >= parent.startTimeUnixNano);
    assertEquals([child.traceId, child.parentSpanId, child.flags], [
      parent.traceId,
      parent.spanId,
      0x103,
    ]);
    assertEquals([child.statusCode, child.statusMessage], [2, "no room"]);
    assertEquals(child.attributes["error.type"], "TypeError");
    assertEquals(child.links[0].spanId, parent.spanId);
    assertEquals(child.links[0].attributes.why, "test");
    assertEquals(child.events[0].name, "exception");
    assertMatch(
      String(child.events[0].attributes["exception.stacktrace"]),
      /Caused by: .*disk full/,
    );
  });

  Deno.test(`${protocol}: a log line arrives field by field`, async () => {
    let ids: string[] = [];
    const { logs } = await exported(protocol, (telemetry) => {
      telemetry.span("work", (span) => {
        ids = [span.traceId, span.spanId];
        span.log.child({ tenant: "a", n: 1 }).warn("low stock ✓", { n: 2, sku: "tea" });
      });
      telemetry.log.error("failed", new RangeError("too far"));
      telemetry.log.trace("fine");
      telemetry.event("started", { port: 1 });
    });
    assertEquals(
      logs.map(({ severityNumber, severityText, body }) => [severityNumber, severityText, body]),
      [
        [13, "WARN", "low stock ✓"],
        [17, "ERROR", "failed"],
        [1, "TRACE", "fine"],
        [9, "INFO", "started"],
      ],
    );
    assertEquals({ ...logs[0].attributes }, { tenant: "a", n: 2, sku: "tea" });
    assertEquals([logs[0].traceId, logs[0].spanId], ids);
    assertEquals([logs[1].traceId, logs[1].attributes["exception.type"]], ["", "RangeError"]);
    assertEquals(logs[3].eventName, "started");
  });

  Deno.test(`${protocol}: hostile values harm no neighbour`, async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    let deep: unknown = "end";
    for (let depth = 0; depth < 20_000; depth++) deep = { deep };
    const { spans } = await exported(protocol, (telemetry) => {
      for (
        const value of [
          circular,
          deep,
          Symbol("s"),
          () => 1,
          new Date(0),
          new Map([["k", new Set([1])]]),
          "\ud800",
          Number.NaN,
          -0,
          2n ** 80n,
        ]
      ) telemetry.startSpan("hostile", { value }).end();
      const getter = Object.defineProperty({}, "x", {
        enumerable: true,
        get() {
          throw new Error("no");
        },
      });
      telemetry.startSpan("unreadable", { value: getter }).end();
      telemetry.startSpan("neighbour", JSON.parse('{"__proto__": 1, "": 2}')).end();
      assertEquals(telemetry.health().destinations[0].spans!.dropped, {});
    });
    assertEquals(spans.map(({ name }) => name), [
      ...Array(10).fill("hostile"),
      "unreadable",
      "neighbour",
    ]);
    const values = spans.map(({ attributes }) => attributes.value);
    assertEquals((values[0] as Record<string, unknown>).self, "[circular]");
    assertEquals([values[2], values[3], values[4]], [
      "Symbol(s)",
      "[function anonymous]",
      "1970-01-01T00:00:00.000Z",
    ]);
    assertEquals([values[6], values[7], values[9]], ["\ufffd", Number.NaN, String(2n ** 80n)]);
    assert(Object.is(values[8], -0));
    assertEquals({ ...spans[10].attributes }, { value: { x: "[unreadable]" } });
    assertEquals(Object.keys(spans[11].attributes), ["__proto__", ""]);
  });
}

Deno.test("many scopes and spans: every one arrives once", async () => {
  const { spans } = await exported("http/protobuf", async (telemetry) => {
    for (let index = 0; index < 10_000; index++) {
      telemetry.startSpan(`span ${index % 7}`, { index, pad: "p".repeat(index % 200) }).end();
    }
    await telemetry.flush();
  });
  assertEquals(spans.length, 10_000);
  assertEquals(new Set(spans.map(({ attributes }) => attributes.index)).size, 10_000);
  assertEquals(new Set(spans.map(({ spanId }) => spanId)).size, 10_000);
});

Deno.test("records of every size around the widths of a length decode", async () => {
  const sizes = [0, 1, 40, 71, 72, 73, 95, 96, 126, 127, 128, 129, 16_200, 16_300, 16_384, 65_500];
  const { spans, logs } = await exported("http/protobuf", (telemetry) => {
    for (const size of sizes) {
      for (const pad of ["p".repeat(size), "é".repeat(size)]) {
        telemetry.startSpan("s", { pad, size }).end();
        telemetry.log.info("l", { pad, size });
      }
    }
    telemetry.log.trace("");
  });
  for (const records of [spans, logs.slice(0, -1)]) {
    assertEquals(records.length, sizes.length * 2);
    records.forEach(({ attributes }, index) => {
      const size = sizes[index >> 1];
      assertEquals(attributes.size, size);
      assertEquals(attributes.pad, (index % 2 === 0 ? "p" : "é").repeat(size));
    });
  }
});

Deno.test("a span that is recorded without being sampled is not exported", async () => {
  let requests = 0;
  const telemetry = createTelemetry({
    service: "x",
    sampler: () => ({ isSampled: false, threshold: undefined, isRecorded: true }),
    sinks: [
      otlp({
        endpoint: "http://127.0.0.1:1",
        fetch: () => {
          requests++;
          return Promise.resolve(new Response());
        },
      }),
    ],
  });
  telemetry.startSpan("a").end();
  await telemetry.flush();
  assertEquals(requests, 0);
  assertEquals(telemetry.health().destinations[0].spans?.created, 0);
});
