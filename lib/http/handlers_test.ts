/** Handlers of every kind behind both kinds of servers, with every way to keep what is active. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Hono } from "hono";
import {
  createTelemetry,
  memory,
  type MemorySink,
  type Span,
  type SpanRecord,
  type Telemetry,
} from "../../mod.ts";
import { sextant, type SextantVariables } from "../hono/mod.ts";
import { STORES } from "../runtime/stores_cases.ts";

type Handle = (request: Request) => Response | Promise<Response>;
/** A handler that is given the server span, as each kind of server gives it. */
type SpanHandle = (request: Request, span: Span) => Response | Promise<Response>;
type Serve = (telemetry: Telemetry, handle: SpanHandle) => Handle;

const SERVERS: Readonly<Record<string, Serve>> = {
  "handler": (telemetry, handle) =>
    telemetry.handler((request: Request) => handle(request, telemetry.current(request)!)),
  "Hono": (telemetry, handle) => {
    const app = new Hono<{ Variables: SextantVariables }>();
    app.use(sextant(telemetry));
    app.all("/orders/:id", (c) => handle(c.req.raw, c.var.span));
    return (request) => app.fetch(request);
  },
};

interface Setting {
  readonly telemetry: Telemetry;
  readonly sink: MemorySink;
  /** Serves with this handler, which is given the server span. */
  readonly serve: (handle: SpanHandle) => Handle;
  /** True where an error of a handler becomes a response. */
  readonly answersErrors: boolean;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const hex = (index: number, width: number) => (index + 1).toString(16).padStart(width, "0");

function request(index = 0, init: RequestInit = {}): Request {
  return new Request("http://shop.test/orders/7", {
    headers: { traceparent: `00-${hex(index, 32)}-${hex(index, 16)}-01` },
    ...init,
  });
}

/** The one span of that name. */
function named(sink: MemorySink, name: string): SpanRecord {
  const found = sink.spans.filter((span) => span.name === name);
  assertEquals(found.length, 1, `${found.length} spans are named ${name}`);
  return found[0];
}

const server = ({ spans }: MemorySink) => spans.find(({ kind }) => kind === 1)!;

const CASES: Readonly<Record<string, (setting: Setting) => Promise<void>>> = {
  async "nested"({ sink, serve }) {
    const handle = serve(async (_request, span) => {
      const total = await span.span("outer", async (outer) => {
        await pause(1);
        return outer.span("inner", (inner) => inner.span("innermost", () => 42));
      });
      return Response.json({ total });
    });
    assertEquals(await (await handle(request())).json(), { total: 42 });
    const chain = ["innermost", "inner", "outer"].map((name) => named(sink, name));
    assertEquals(chain.map(({ parentSpanId }) => parentSpanId), [
      chain[1].spanId,
      chain[2].spanId,
      server(sink).spanId,
    ]);
    assertEquals(server(sink).parentSpanId, hex(0, 16));
    assertEquals(server(sink).attribute("http.response.status_code"), 200);
  },
  async "concurrent"({ sink, serve }) {
    const many = 1000;
    const handle = serve(async (_request, span) => {
      await pause(Number(span.traceId.at(-1)) % 5 || 0);
      await Promise.all(["a", "b"].map((name) =>
        span.span(name, async (inner) => {
          await null;
          inner.log.info(name);
        })
      ));
      return new Response(span.traceId);
    });
    const ids = await Promise.all(
      Array.from({ length: many }, async (_, index) => await (await handle(request(index))).text()),
    );
    assertEquals(ids, Array.from({ length: many }, (_, index) => hex(index, 32)));
    const servers = new Map(
      sink.spans.filter(({ kind }) => kind === 1).map((span) => [span.traceId, span]),
    );
    assertEquals([servers.size, sink.spans.length, sink.logs.length], [many, 3 * many, 2 * many]);
    for (const span of sink.spans) {
      const of = servers.get(span.traceId)!;
      assertEquals(span.parentSpanId, span === of ? of.traceId.slice(16) : of.spanId);
    }
    for (const { span } of sink.logs) assert(servers.has(span!.traceId));
  },
  async "streaming"({ sink, serve }) {
    const encoder = new TextEncoder();
    const handle = serve((_request, span) =>
      new Response(span.span("body", (body) => {
        let left = 3;
        return new ReadableStream<Uint8Array>({
          async pull(controller) {
            await pause(1);
            body.span("chunk", () => controller.enqueue(encoder.encode(`${left}`)));
            if (--left === 0) controller.close();
          },
        });
      }))
    );
    assertEquals(await (await handle(request())).text(), "321");
    const body = named(sink, "body");
    assertEquals(body.parentSpanId, server(sink).spanId);
    const chunks = sink.spans.filter(({ name }) => name === "chunk");
    assertEquals(chunks.map(({ parentSpanId }) => parentSpanId), Array(3).fill(body.spanId));
    assert(body.endMonotonicMs >= chunks[2].endMonotonicMs, "it lasts as long as its reading");
  },
  async "a stream that is cancelled"({ sink, serve }) {
    const reasons: unknown[] = [];
    const handle = serve((_request, span) =>
      new Response(span.span("body", () =>
        new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new Uint8Array(1)),
          cancel: (reason) => void reasons.push(reason),
        })))
    );
    await (await handle(request())).body!.cancel("gone");
    assertEquals(reasons, ["gone"]);
    assertEquals(named(sink, "body").events?.map(({ name }) => name), ["cancelled"]);
  },
  async "aborted"({ sink, serve, answersErrors }) {
    const controller = new AbortController();
    const handle = serve((request, span) =>
      span.span("wait", () =>
        new Promise<Response>((_, reject) => {
          request.signal.addEventListener("abort", () => reject(request.signal.reason));
        }))
    );
    const answer = Promise.resolve(handle(request(0, { signal: controller.signal })));
    answer.catch(() => {});
    controller.abort();
    if (answersErrors) assertEquals((await answer).status, 500);
    else assertEquals((await assertRejects(() => answer) as Error).name, "AbortError");
    for (const span of [named(sink, "wait"), server(sink)]) {
      assertEquals([span.statusCode, span.attribute("error.type")], [2, "AbortError"]);
    }
  },
  async "throwing"({ sink, serve, answersErrors }) {
    const error = new RangeError("no", { cause: new Error("deeper") });
    const kinds: Handle[] = [
      () => {
        throw error;
      },
      () => Promise.reject(error),
      async () => {
        await pause(1);
        throw error;
      },
    ];
    for (const fail of kinds) {
      sink.clear();
      const handle = serve((request) => fail(request));
      const answer = async () => await handle(request());
      if (answersErrors) assertEquals((await answer()).status, 500);
      else assertStrictEquals(await assertRejects(answer), error);
      const span = server(sink);
      assertEquals([span.statusCode, span.statusMessage], [2, "no"]);
      assertEquals(span.attribute("error.type"), "RangeError");
      const [event] = span.events!;
      assertEquals([event.name, event.attributes!["exception.type"]], ["exception", "RangeError"]);
      assert(
        String(event.attributes!["exception.stacktrace"]).includes("Caused by: Error: deeper"),
      );
    }
  },
  async "a span that the handler leaves open, and one used after its end"(setting) {
    const { sink, serve, telemetry } = setting;
    let late: Span | undefined;
    const handle = serve((_request, span) => {
      late = span.startSpan("left open");
      return new Response();
    });
    await (await handle(request())).text();
    assertEquals(sink.spans.length, 1);
    assertEquals(telemetry.health().spans.openNames["left open"], 1);
    late!.end();
    late!.setAttribute("too", "late").end();
    assertEquals(telemetry.health().spans.misuse, { usedAfterEnd: 1, endedTwice: 1 });
  },
};

for (const { name: store, make } of STORES) {
  for (const [kind, start] of Object.entries(SERVERS)) {
    for (const [name, work] of Object.entries(CASES)) {
      Deno.test(`${kind}, ${store}: ${name}`, async () => {
        const sink = memory();
        const telemetry = createTelemetry({
          service: "a",
          sinks: [sink],
          runtime: { name: "test", context: make() },
        });
        await work({
          telemetry,
          sink,
          answersErrors: kind === "Hono",
          serve: (handle) => start(telemetry, handle),
        });
        const { open, openNames } = telemetry.health().spans;
        assertEquals([open, openNames], [0, {}]);
        if (kind === "Hono") assertEquals(server(sink).name, `GET /orders/:id`);
      });
    }
  }
}
