import { assert, assertEquals, assertMatch } from "@std/assert";
import * as api from "@opentelemetry/api";
import * as olderApi from "npm:@opentelemetry/api@1.9.0";
import { logs, SeverityNumber } from "@opentelemetry/api-logs";
import { httpInstrumentationMiddleware } from "@hono/otel";
import { Hono } from "hono";
import { createTelemetry, memory, type MemorySink, type Telemetry } from "../../mod.ts";
import { sextant } from "../hono/mod.ts";
import { deno } from "../runtime/deno.ts";
import { register } from "./mod.ts";

/** Our span and tracer are the API's, by type: this compiles or it doesn't. */
const byType = (telemetry: Telemetry): [api.Span, api.Tracer, api.SpanContext] => [
  telemetry.startSpan("x"),
  telemetry.tracer,
  telemetry.startSpan("x").spanContext(),
];

async function registered(
  work: (telemetry: Telemetry, sink: MemorySink) => void | Promise<void>,
): Promise<void> {
  const sink = memory();
  const runtime = deno({ flushOnExit: false });
  const telemetry = createTelemetry({ service: "a", level: "debug", sinks: [sink], runtime });
  const registration = register(telemetry);
  try {
    assertEquals(registration.problems, []);
    await work(telemetry, sink);
  } finally {
    registration.unregister();
  }
}

Deno.test("the API's spans are ours: parents across both, kinds, links, status, events", async () => {
  await registered((telemetry, sink) => {
    assertEquals(byType(telemetry).length, 3);
    const tracer = api.trace.getTracer("library", "2.0");
    telemetry.span("ours", (outer) => {
      const linked = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 };
      tracer.startActiveSpan(
        "theirs",
        { kind: api.SpanKind.CLIENT, attributes: { a: 1 }, links: [{ context: linked }] },
        (span) => {
          assertEquals(api.trace.getActiveSpan(), span);
          telemetry.span("ours again", () => {});
          span.addEvent("event", { b: 2 }).setStatus({
            code: api.SpanStatusCode.ERROR,
            message: "m",
          });
          span.recordException(new Error("no"));
          span.end();
        },
      );
      assertEquals(api.trace.getActiveSpan(), outer as api.Span);
    });
    const [inner, theirs, outer] = sink.spans;
    assertEquals([inner.name, theirs.name, outer.name], ["ours again", "theirs", "ours"]);
    assertEquals([inner.parentSpanId, theirs.parentSpanId], [theirs.spanId, outer.spanId]);
    assertEquals([theirs.scope.name, theirs.scope.version, theirs.kind], ["library", "2.0", 2]);
    assertEquals(theirs.links?.[0].context.traceId, "a".repeat(32));
    assertEquals([theirs.statusCode, theirs.statusMessage], [2, "m"]);
    assertEquals(theirs.events?.map(({ name }) => name), ["event", "exception"]);
  });
});

Deno.test("contexts of the API: explicit parents, root, values of others, bind, across awaits", async () => {
  await registered(async (telemetry, sink) => {
    const tracer = api.trace.getTracer("library");
    const key = api.createContextKey("a value of somebody's");
    const parent = tracer.startSpan("parent");
    const context = api.trace.setSpan(api.context.active(), parent).setValue(key, 42);
    tracer.startSpan("explicit", {}, context).end();
    tracer.startSpan("root", { root: true }, context).end();
    await api.context.with(context, async () => {
      await Promise.resolve();
      telemetry.span("ambient", () => assertEquals(api.context.active().getValue(key), 42));
    });
    const bound = api.context.bind(context, () => tracer.startSpan("bound").end());
    bound();
    parent.end();
    const byName = new Map(sink.spans.map((span) => [span.name, span]));
    for (const name of ["explicit", "ambient", "bound"]) {
      assertEquals(byName.get(name)?.parentSpanId, parent.spanContext().spanId, name);
    }
    assert(byName.get("root")?.traceId !== parent.spanContext().traceId);
  });
});

Deno.test("propagation through the API: trace context, tracestate and baggage, there and back", async () => {
  await registered((_telemetry, sink) => {
    const received = api.propagation.extract(api.ROOT_CONTEXT, {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
      tracestate: "vendor=x",
      baggage: "user=ada;p=1",
    });
    assertEquals(api.trace.getSpanContext(received)?.traceState?.get("vendor"), "x");
    assertEquals(api.propagation.getBaggage(received)?.getEntry("user")?.value, "ada");
    api.context.with(received, () => {
      api.trace.getTracer("library").startActiveSpan("server", (span) => {
        const carrier: Record<string, string> = {};
        api.propagation.inject(api.context.active(), carrier);
        span.end();
        assertEquals(
          carrier.traceparent,
          `00-0af7651916cd43dd8448eb211c80319c-${span.spanContext().spanId}-03`,
        );
        assertEquals([carrier.tracestate, carrier.baggage], ["vendor=x", "user=ada;p=1"]);
      });
    });
    assertEquals(sink.spans[0].parentSpanId, "b7ad6b7169203331");
    assertEquals(api.propagation.fields(), ["traceparent", "tracestate", "baggage"]);
  });
});

Deno.test("@hono/otel and our middleware give the same spans", async () => {
  await registered(async (telemetry, sink) => {
    const spans: Record<string, unknown>[] = [];
    for (const middleware of [httpInstrumentationMiddleware(), sextant(telemetry)]) {
      sink.clear();
      const app = new Hono();
      app.use(middleware as ReturnType<typeof httpInstrumentationMiddleware>);
      app.get("/orders/:id", (c) => {
        api.trace.getTracer("library").startSpan("inner").end();
        return c.json({ id: c.req.param("id") }, 503);
      });
      await app.request("http://shop.test/orders/1", {
        headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
      });
      const [inner, server] = sink.spans;
      assertEquals([inner.name, inner.parentSpanId], ["inner", server.spanId]);
      const { name, kind, traceId, parentSpanId, statusCode } = server;
      const route = server.attribute("http.route");
      const status = server.attribute("http.response.status_code");
      const method = server.attribute("http.request.method");
      spans.push({ name, kind, traceId, parentSpanId, statusCode, route, status, method });
    }
    assertEquals(spans[0], spans[1]);
    assertEquals(spans[0].name, "GET /orders/:id");
  });
});

Deno.test("another copy of the API reaches the same provider", async () => {
  await registered((_telemetry, sink) => {
    olderApi.trace.getTracer("old library").startActiveSpan("old", (outer) => {
      api.trace.getTracer("library").startSpan("new").end();
      outer.end();
    });
    assertEquals(sink.spans[0].parentSpanId, sink.spans[1].spanId);
  });
});

Deno.test("a second registration changes nothing and says so; unregistered, nothing is recorded", async () => {
  await registered((_telemetry, sink) => {
    const other = memory();
    const second = register(createTelemetry({ service: "b", sinks: [other] }));
    assertEquals(second.problems.length, 4);
    assertMatch(
      second.problems[0],
      /^another tracer provider is registered already \(by @opentelemetry\/api 1\.\d+\.\d+\), and stays$/,
    );
    assertMatch(second.problems[1], /^the runtime has no ambient context/);
    second.unregister();
    api.trace.getTracer("library").startSpan("first wins").end();
    assertEquals([sink.spans.length, other.spans.length], [1, 0]);
  });
  assertEquals(api.trace.getTracer("library").startSpan("nobody").isRecording(), false);
});

Deno.test("the Logs API: severity, body, attributes, exception, event, time, context", async () => {
  await registered((telemetry, sink) => {
    const logger = logs.getLogger("library", "1.0");
    const span = telemetry.startSpan("s");
    const context = api.trace.setSpan(api.ROOT_CONTEXT, span);
    logger.emit({
      severityNumber: SeverityNumber.ERROR,
      body: "it failed",
      attributes: { a: 1 },
      exception: new TypeError("no"),
      timestamp: 1_700_000_000_000,
      context,
    });
    logger.emit({ severityNumber: SeverityNumber.TRACE, body: "below the level" });
    logger.emit({ body: { deep: [1] }, eventName: "happened" });
    assertEquals(sink.logs.length, 2);
    const [first, second] = sink.logs;
    assertEquals([first.severity, first.message, first.span?.spanId], [
      17,
      "it failed",
      span.spanId,
    ]);
    assertEquals(first.anchor.wallMs(first.monotonicMs), 1_700_000_000_000);
    assertEquals([first.fields?.a, first.fields?.["exception.type"]], [1, "TypeError"]);
    assertEquals(first.scope, { name: "library", version: "1.0" });
    assertEquals([second.message, second.eventName], ['{"deep":[1]}', "happened"]);
    assertEquals(logger.enabled({ severityNumber: SeverityNumber.TRACE }), false);
    assertEquals(logger.enabled({ severityNumber: SeverityNumber.WARN }), true);
  });
});
