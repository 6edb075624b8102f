import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { createTelemetry, otlp, type Telemetry } from "../../mod.ts";
import { faultServer } from "../testing/mod.ts";
import { workers } from "./workers.ts";
import { durableObject } from "./durable_object.ts";

/** An execution context that keeps what it is given, as the platform does. */
class FakeContext {
  readonly promises: Promise<unknown>[] = [];
  #isReal = true;
  readonly props = { tenant: "a" };
  waitUntil(promise: Promise<unknown>): void {
    // The platform's methods know their own object alone.
    if (!this.#isReal) throw new TypeError("Illegal invocation");
    this.promises.push(promise);
  }
  passThroughOnException(): boolean {
    return this.#isReal;
  }
  async settled(): Promise<void> {
    for (let index = 0; index < this.promises.length; index++) {
      await Promise.allSettled([this.promises[index]]);
    }
  }
}

function made(url: string): Telemetry {
  return createTelemetry({
    service: "w",
    runtime: workers(),
    sinks: [otlp({ endpoint: url, signals: ["traces"] })],
  });
}

Deno.test("worker: what ends in waitUntil after the response is sent as well", async () => {
  await using server = await faultServer();
  const telemetry = made(server.url);
  const context = new FakeContext();
  let tenant = "";
  const worker = telemetry.worker({
    fetch(_request: Request, env: { greeting: string }, own: FakeContext) {
      tenant = own.props.tenant;
      assert(own.passThroughOnException());
      own.waitUntil(telemetry.span("later", () => new Promise((done) => setTimeout(done, 20))));
      return new Response(env.greeting);
    },
  });
  const response = await worker.fetch(new Request("http://x.test/"), { greeting: "hi" }, context);
  assertEquals([await response.text(), tenant], ["hi", "a"]);
  await context.settled();
  assertEquals(server.spans().map(({ name }) => name).sort(), ["GET", "later"]);
});

Deno.test("worker: a collector that hangs delays no response, and no request after it", async () => {
  await using server = await faultServer();
  server.always({ kind: "hang" });
  const telemetry = made(server.url);
  const worker = telemetry.worker({
    fetch: (_request: Request, _env: object, _context: FakeContext) => new Response("hello"),
  });
  for (let index = 0; index < 3; index++) {
    const context = new FakeContext();
    const response = await worker.fetch(new Request("http://x.test/"), {}, context);
    assertEquals(await response.text(), "hello");
    assert(context.promises.length > 0, "nothing keeps the flush alive");
  }
  assertEquals(telemetry.health().destinations[0].spans!.delivered, 0);
  assertEquals(telemetry.health().spans.recorded, 3);
  // Cuts the requests that hang, whose retries would keep this test waiting.
  await server.close();
  await telemetry.shutdown();
});

Deno.test("worker: a batch of messages is a span with links to where they came from", async () => {
  await using server = await faultServer();
  const telemetry = made(server.url);
  const context = new FakeContext();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const seen: unknown[] = [];
  const worker = telemetry.worker({
    queue(batch: { queue: string; messages: readonly { body: unknown }[] }) {
      seen.push(telemetry.current()?.name);
      for (const { body } of batch.messages) telemetry.span("message", () => seen.push(body));
    },
    scheduled(controller: { cron: string; scheduledTime: number }) {
      seen.push(controller.cron);
      throw error;
    },
  });
  const error = new RangeError("as planned");
  await worker.queue({ queue: "orders", messages: [{ body: { traceparent } }, { body: 7 }] });
  await telemetry.flush();
  const at = { cron: "*/5 * * * *", scheduledTime: 0 };
  const scheduled = worker.scheduled as (...args: unknown[]) => Promise<void>;
  assertStrictEquals(await assertRejects(() => scheduled(at, {}, context)), error);
  await context.settled();
  assertEquals(seen, ["process orders", { traceparent }, 7, "*/5 * * * *"]);
  const [first, second, batch, run] = server.spans();
  assertEquals([batch.name, batch.kind], ["process orders", 5]);
  assertEquals(batch.links.map(({ spanId }) => spanId), ["b7ad6b7169203331"]);
  assertEquals(batch.attributes["messaging.batch.message_count"], 2);
  assertEquals([first.parentSpanId, second.parentSpanId], [batch.spanId, batch.spanId]);
  assertEquals(
    [run.name, run.statusCode, run.attributes["faas.cron"], run.attributes["faas.time"]],
    [
      "scheduled */5 * * * *",
      2,
      "*/5 * * * *",
      "1970-01-01T00:00:00.000Z",
    ],
  );
});

Deno.test("worker: of the handlers that are given there are as many", () => {
  const telemetry = createTelemetry({ service: "w", runtime: workers() });
  assertEquals(Object.keys(telemetry.worker({ fetch: () => new Response() })), ["fetch"]);
  assertEquals(Object.keys(telemetry.worker({ queue: () => {} })), ["queue"]);
  assertThrows(
    () => createTelemetry({ service: "w" }).worker({}),
    TypeError,
    'the runtime is "web", wanted is runtime: workers()',
  );
});

Deno.test("a Durable Object: requests, alarms and chosen methods are spans; the class stays what it is", async () => {
  await using server = await faultServer();
  const telemetry = made(server.url);
  class Base {
    constructor(readonly state: string) {}
  }
  class Cart extends Base {
    #items = 0;
    fetch(_request: Request): Promise<Response> {
      return Promise.resolve(new Response(`${this.#items} ${this.state}`));
    }
    alarm(): Promise<void> {
      return Promise.reject(new RangeError("as planned"));
    }
    add(count: number): number {
      return this.#items += count;
    }
    total(): number {
      return this.#items;
    }
  }
  const Wrapped = durableObject(telemetry, Cart, { methods: ["add"] });
  const cart = new Wrapped("state");
  assert(cart instanceof Cart && cart instanceof Base);
  assertEquals(await cart.add(2), 2);
  assertEquals(cart.total(), 2);
  assertEquals(await (await cart.fetch(new Request("http://x.test/"))).text(), "2 state");
  await assertRejects(() => cart.alarm(), RangeError, "as planned");
  // Each has sent its own: nobody waits for them here.
  const deadlineMs = performance.now() + 5000;
  while (server.spans().length < 3 && performance.now() < deadlineMs) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assertEquals(server.spans().map(({ name, statusCode }) => [name, statusCode]).sort(), [
    ["Cart.add", 0],
    ["Cart.alarm", 2],
    ["GET", 0],
  ]);
  assertThrows(
    () => durableObject(telemetry, Cart, { methods: ["remove"] }),
    TypeError,
    'durableObject(): Cart has no method "remove"',
  );
});
