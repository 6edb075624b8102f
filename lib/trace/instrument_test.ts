import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { createTelemetry, memory, type MemorySink, type Telemetry, timed } from "../../mod.ts";
import { deno } from "../runtime/deno.ts";

function setup(level: "info" | "debug" = "info"): { telemetry: Telemetry; sink: MemorySink } {
  const sink = memory();
  const runtime = deno({ flushOnExit: false });
  return { telemetry: createTelemetry({ service: "a", level, sinks: [sink], runtime }), sink };
}

Deno.test("instrument: name, arguments but for the skipped, fields, and what it returns", () => {
  const { telemetry, sink } = setup();
  const total = telemetry.instrument(
    function price(sku: string, _card: string, quantity: number) {
      telemetry.current()!.setAttribute("late", true);
      return quantity * sku.length;
    },
    {
      args: ["sku", "card", "quantity"],
      skip: ["card"],
      target: "shop.pricing",
      fields: (sku) => ({ upper: sku.toUpperCase(), late: undefined }),
    },
  );
  assertEquals([total("tea", "4242", 2), total.name, total.length], [6, "price", 3]);
  const [span] = sink.spans;
  assertEquals([span.name, span.scope.name], ["price", "shop.pricing"]);
  assertEquals({ ...span.attributes() }, {
    sku: "tea",
    quantity: 2,
    upper: "TEA",
    late: true,
  });
});

Deno.test("instrument: err and ret write lines; the error is the user's own", async () => {
  const { telemetry, sink } = setup();
  const error = new RangeError("no");
  const fail = telemetry.instrument(() => Promise.reject(error), {
    name: "fail",
    err: "warn",
    ret: true,
  });
  assertStrictEquals(await assertRejects(fail), error);
  const give = telemetry.instrument(() => 7, { name: "give", err: true, ret: true });
  assertEquals(give(), 7);
  assertEquals(sink.logs.map(({ message, severity, span }) => [message, severity, span?.spanId]), [
    ["fail failed", 13, sink.spans[0].spanId],
    ["give returned", 9, sink.spans[1].spanId],
  ]);
  assertEquals(sink.logs[1].fields, { return: 7 });
  assertEquals(sink.spans.map(({ statusCode }) => statusCode), [2, 0]);
});

Deno.test("instrument: a level that is not written makes no span", () => {
  for (const [level, spans] of [["info", 0], ["debug", 1]] as const) {
    const { telemetry, sink } = setup(level);
    assertEquals(telemetry.instrument(() => 1, { level: "debug" })(), 1);
    assertEquals(sink.spans.length, spans);
  }
});

Deno.test("instrument: a target has a level of its own, and its lines", () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "a",
    level: "info,orders.payments=debug",
    sinks: [sink],
  });
  for (const target of ["orders.payments", "orders.stock"]) {
    telemetry.instrument(() => 1, { name: "work", target, level: "debug", ret: "debug" })();
  }
  assertEquals(sink.spans.map(({ scope }) => scope.name), ["orders.payments"]);
  assertEquals(sink.logs.map(({ message, scope, span }) => [message, scope.name, span?.spanId]), [
    ["work returned", "orders.payments", sink.spans[0].spanId],
  ]);
});

Deno.test("instrument: options that throw harm nobody; err of generators, streams and thenables", async () => {
  const { telemetry, sink } = setup();
  const fail = (): never => {
    throw new Error("of an option");
  };
  assertEquals(telemetry.instrument(() => 7, { name: "x", parent: fail, fields: fail })(), 7);
  const error = new Error("in a step");
  const failing = telemetry.instrument(function* (): Generator<number> {
    yield 1;
    throw error;
  }, { name: "steps", err: true, ret: true });
  assertStrictEquals(assertThrows(() => [...failing()]), error);
  const broken = telemetry.instrument(
    () => new ReadableStream({ pull: (controller) => controller.error(error) }),
    { name: "stream", err: "warn" },
  );
  assertStrictEquals(await assertRejects(() => Array.fromAsync(broken())), error);
  // deno-lint-ignore no-explicit-any -- a thenable of somebody's making
  const thenable: any = { then: (on: (value: number) => void) => Promise.resolve(8).then(on) };
  const waited = telemetry.instrument(() => thenable, { name: "thenable", ret: true });
  assertEquals(await waited(), 8);
  assertEquals(sink.logs.map(({ message, fields }) => [message, fields?.return]), [
    ["steps failed", undefined],
    ["stream failed", undefined],
    ["thenable returned", 8],
  ]);
  assertEquals(sink.spans.map(({ name, statusCode }) => [name, statusCode]), [
    ["x", 0],
    ["steps", 2],
    ["stream", 2],
    ["thenable", 0],
  ]);
});

Deno.test("timed: busy up to the first await and in each step, idle for the rest", async () => {
  const sink = memory();
  const clock = { nowMs: 1, monotonicMs: () => clock.nowMs, wallMs: () => 1e12 + clock.nowMs };
  const telemetry = createTelemetry({ service: "a", sinks: [sink], clock });
  const { span } = telemetry;
  const after = (ms: number) => Promise.resolve().then(() => void (clock.nowMs += ms));
  span("sync", timed(() => clock.nowMs += 3));
  await span(
    "async",
    timed(async () => {
      clock.nowMs += 5;
      await after(20);
    }),
  );
  const steps = span(
    "steps",
    timed(function* () {
      for (let step = 0; step < 3; step++) {
        clock.nowMs += 2;
        yield step;
      }
    }),
  );
  for (const _ of steps) clock.nowMs += 10;
  assertThrows(() =>
    span(
      "fails",
      timed(() => {
        clock.nowMs += 4;
        throw new Error("no");
      }),
    )
  );
  await telemetry.instrument(async () => {
    clock.nowMs += 1;
    await after(1);
  }, { name: "instrumented", busy: true })();
  assertEquals(
    sink.spans.map((one) => [
      one.name,
      one.attribute("sextant.busy_ms"),
      one.attribute("sextant.idle_ms"),
    ]),
    [["sync", 3, 0], ["async", 5, 20], ["steps", 6, 30], ["fails", 4, 0], ["instrumented", 1, 1]],
  );
});

Deno.test("instrument: parent by the arguments, and links to what it follows from", () => {
  const { telemetry, sink } = setup();
  const before = telemetry.startSpan("before");
  const other = telemetry.startSpan("other");
  const work = telemetry.instrument((_parent: typeof before) => 1, {
    name: "work",
    parent: (parent) => parent,
    followsFrom: other,
  });
  telemetry.span("active", () => work(before));
  const span = sink.spans.find(({ name }) => name === "work")!;
  assertEquals([span.traceId, span.parentSpanId], [before.traceId, before.spanId]);
  assertEquals(span.links?.map(({ context }) => context.spanId), [other.spanId]);
});

Deno.test("@instrument on a method keeps this, and nests", async () => {
  const { telemetry, sink } = setup();
  class Orders {
    #count = 2;
    @telemetry.instrument({ args: ["id"] })
    async place(id: string): Promise<number> {
      await Promise.resolve();
      return await this.charge(id);
    }
    @telemetry.instrument({ name: "charge card" })
    charge(_id: string): Promise<number> {
      return Promise.resolve(this.#count);
    }
  }
  assertEquals(await new Orders().place("o1"), 2);
  const [inner, outer] = sink.spans;
  assertEquals([inner.name, outer.name, outer.attribute("id")], ["charge card", "place", "o1"]);
  assertEquals(inner.parentSpanId, outer.spanId);
});

Deno.test("a generator's span is as long as its reading, and active in each step", async () => {
  const { telemetry, sink } = setup();
  const { span } = telemetry;
  const seen: (string | undefined)[] = [];
  const numbers = span("sync", function* () {
    for (const one of [1, 2, 3]) {
      seen.push(telemetry.current()?.name);
      yield one;
    }
    return 4;
  });
  assertEquals(sink.spans.length, 0);
  assertEquals([...numbers], [1, 2, 3]);
  assertEquals([sink.spans.length, seen.join()], [1, "sync,sync,sync"]);
  for await (
    const _ of span("left", async function* () {
      yield 1;
      yield 2;
    })
  ) break;
  assertEquals(sink.spans[1].name, "left");
  const error = new Error("in a step");
  const failing = span("failing", function* () {
    yield 1;
    throw error;
  });
  assertStrictEquals(assertThrows(() => [...failing]), error);
  assertEquals([sink.spans[2].name, sink.spans[2].statusCode], ["failing", 2]);
  const talking = span("talking", function* (): Generator<number, string, string> {
    try {
      return `got ${yield 1}`;
    } catch (thrown) {
      return `caught ${thrown}`;
    }
  });
  assertEquals([talking.next().value, talking.next("x").value], [1, "got x"]);
});

Deno.test("a stream's span ends with its last chunk, its error, or when it is cancelled", async () => {
  const { telemetry, sink } = setup();
  const chunks = (count: number, error?: Error) => {
    let at = 0;
    return new ReadableStream<number>({
      pull(controller) {
        if (at < count) controller.enqueue(at++);
        else if (error !== undefined) controller.error(error);
        else controller.close();
      },
    });
  };
  const whole = await telemetry.span("whole", () => Promise.resolve(chunks(3)));
  assertEquals(sink.spans.length, 0);
  assertEquals(await Array.fromAsync(whole), [0, 1, 2]);
  assertEquals(sink.spans.map(({ name }) => name), ["whole"]);
  const error = new Error("broken");
  const broken = telemetry.span("broken", () => chunks(1, error));
  assertStrictEquals(await assertRejects(() => Array.fromAsync(broken)), error);
  await telemetry.span("left", () => chunks(9)).cancel("enough");
  assertEquals(
    sink.spans.map(({ name, statusCode, events }) => [name, statusCode, events?.[0].name]),
    [["whole", 0, undefined], ["broken", 2, "exception"], ["left", 0, "cancelled"]],
  );
});
