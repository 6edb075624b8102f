import { assert, assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { createTelemetry, memory, type MemorySink, type Telemetry } from "../../mod.ts";
import { sextant } from "../hono/mod.ts";
import { deno } from "../runtime/deno.ts";
import { looksStreamed } from "./streamed_body.ts";

function made(): { telemetry: Telemetry; sink: MemorySink } {
  const sink = memory();
  const runtime = deno({ flushOnExit: false });
  return { telemetry: createTelemetry({ service: "x", runtime, sinks: [sink] }), sink };
}

/** A body of three pieces; what is active is noted while it is made. */
function body(onPull = () => {}, error?: Error): ReadableStream<Uint8Array> {
  let left = 3;
  return new ReadableStream({
    pull(controller) {
      onPull();
      if (left-- > 0) controller.enqueue(new Uint8Array([46]));
      else if (error !== undefined) throw error;
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

const ask = () => new Request("http://x.test/a");

Deno.test("a streamed response: its span is active in it and ends when it has been read", async () => {
  const { telemetry, sink } = made();
  const active: unknown[] = [];
  let server: unknown;
  const handle = telemetry.handler(() => {
    server = telemetry.current();
    return new Response(body(() => active.push(telemetry.current())), {
      status: 201,
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]],
    });
  });
  const response = await handle(ask());
  assertEquals([response.status, response.headers.getSetCookie()], [201, ["a=1", "b=2"]]);
  assertEquals([sink.spans.length, telemetry.health().spans.open], [0, 1]);
  assertEquals(await response.text(), "...");
  assertEquals(sink.spans.length, 1);
  assertEquals(sink.spans[0].attribute("http.response.status_code"), 201);
  assertEquals(active.length, 4);
  assert(active.every((one) => one === server && one !== undefined));
});

Deno.test("a streamed response that is cancelled: its span ends and says so, its source hears why", async () => {
  const { telemetry, sink } = made();
  let reason: unknown;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array([46])),
    cancel: (given) => {
      reason = given;
    },
  });
  const response = await telemetry.handler(() => new Response(source))(ask());
  const reader = response.body!.getReader();
  await reader.read();
  assertEquals(sink.spans.length, 0);
  await reader.cancel("enough");
  assertEquals(reason, "enough");
  assertEquals(sink.spans[0].events?.map(({ name }) => name), ["response.cancelled"]);
  assertEquals(sink.spans[0].statusCode, 0);
});

Deno.test("a streamed response that fails: its span has the error, and so has who reads", async () => {
  const { telemetry, sink } = made();
  const error = new RangeError("too far");
  const response = await telemetry.handler(() => new Response(body(() => {}, error)))(ask());
  assertEquals(await assertRejects(() => response.text()), error);
  assertEquals([sink.spans.length, sink.spans[0].statusCode], [1, 2]);
  assertEquals(sink.spans[0].attribute("error.type"), "RangeError");
});

Deno.test("a client that goes away ends the span of the stream it was reading", async () => {
  const { telemetry, sink } = made();
  const handle = telemetry.handler(() =>
    new Response(
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((done) => setTimeout(done, 5));
          controller.enqueue(new Uint8Array(1000));
        },
      }),
    )
  );
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
  const leaving = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/`, { signal: leaving.signal });
  await response.body!.getReader().read();
  assertEquals(sink.spans.length, 0);
  leaving.abort();
  const deadlineMs = performance.now() + 5000;
  while (sink.spans.length === 0 && performance.now() < deadlineMs) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assertEquals(sink.spans[0]?.events?.map(({ name }) => name), ["response.cancelled"]);
});

Deno.test("which responses look streamed", () => {
  const cases: [expected: boolean, body: BodyInit | null, headers: Record<string, string>][] = [
    [false, "text", {}],
    [false, "{}", { "content-type": "application/json" }],
    [false, "<p>", { "content-type": "text/html; charset=utf-8" }],
    [true, body(), {}],
    [false, body(), { "content-length": "3" }],
    [true, body(), { "content-type": "text/event-stream" }],
    [true, body(), { "content-type": "application/x-ndjson" }],
    [true, body(), { "content-type": "text/html", "transfer-encoding": "chunked" }],
  ];
  for (const [expected, given, headers] of cases) {
    assertEquals(
      looksStreamed(new Response(given, { headers })),
      expected,
      JSON.stringify(headers),
    );
  }
});

Deno.test("responses without a body to wait for end their span at once", async () => {
  const { telemetry, sink } = made();
  const handle = telemetry.handler((request) =>
    request.method === "HEAD" ? new Response(body()) : new Response(null, { status: 204 })
  );
  await handle(ask());
  await handle(new Request("http://x.test/", { method: "HEAD" }));
  assertEquals(sink.spans.length, 2);
});

Deno.test("Hono: the span of server-sent events ends with them; behind a handler there is one span", async () => {
  const { telemetry, sink } = made();
  const app = new Hono().use(sextant(telemetry))
    .get("/events/:id", (context) =>
      streamSSE(context, async (stream) => {
        for (let index = 0; index < 3; index++) await stream.writeSSE({ data: `${index}` });
      }))
    .get("/throw", () => {
      throw new RangeError("too far");
    })
    .onError((_error, context) => context.text("sorry", 500));
  const response = await app.request("/events/1");
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  assertEquals(sink.spans.length, 0);
  assertEquals((await response.text()).split("data: ").length, 4);
  assertEquals(sink.spans.map(({ name }) => name), ["GET /events/:id"]);
  const handle = telemetry.handler((request) => app.fetch(request));
  await (await handle(new Request("http://x.test/events/2"))).text();
  await handle(new Request("http://x.test/throw"));
  assertEquals(sink.spans.slice(1).map(({ name, statusCode }) => [name, statusCode]), [
    ["GET /events/:id", 0],
    ["GET /throw", 2],
  ]);
  assertEquals(sink.spans[2].attribute("error.type"), "RangeError");
  assertEquals(telemetry.health().spans.open, 0);
});
