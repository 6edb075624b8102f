/** What is active where: the same cases with every way to keep it, and with none. */
import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { createTelemetry, memory, type MemorySink, type Span, type Telemetry } from "../../mod.ts";
import { denoStore } from "./deno_store.ts";
import { STORES } from "./stores_cases.ts";

interface Setting {
  readonly telemetry: Telemetry;
  readonly sink: MemorySink;
  readonly isAmbient: boolean;
  /** Checks what is active: this span, where there is ambient context. */
  readonly expectActive: (span: Span | undefined) => void;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const CASES: Readonly<Record<string, (setting: Setting) => void | Promise<void>>> = {
  "nested, and restored after each": ({ telemetry, sink, isAmbient, expectActive }) => {
    telemetry.span("outer", (outer) => {
      expectActive(outer);
      outer.span("by hand", (inner) => {
        expectActive(inner);
        inner.span("deeper", (deeper) => expectActive(deeper));
        expectActive(inner);
      });
      telemetry.span("by context", () => {});
      expectActive(outer);
    });
    expectActive(undefined);
    const [deeper, inner, byContext, outer] = sink.spans;
    assertEquals([deeper.parentSpanId, inner.parentSpanId], [inner.spanId, outer.spanId]);
    assertEquals(byContext.parentSpanId, isAmbient ? outer.spanId : "");
  },
  "across awaits, timers and microtasks": async ({ telemetry, expectActive }) => {
    await telemetry.span("outer", async (outer) => {
      await null;
      expectActive(outer);
      await pause(1);
      expectActive(outer);
      await new Promise<void>((resolve) => {
        queueMicrotask(() => (expectActive(outer), resolve()));
      });
      const inner = outer.span("inner", async (span) => {
        await pause(1);
        expectActive(span);
      });
      expectActive(outer);
      await inner;
      expectActive(outer);
    });
    expectActive(undefined);
  },
  "3,000 interleaved requests don't bleed": async ({ telemetry, sink, isAmbient }) => {
    const many = 3000;
    await Promise.all(
      Array.from(
        { length: many },
        (_, index) =>
          telemetry.span("outer", { index }, async (outer) => {
            await (index % 3 === 0 ? pause(index % 11) : Promise.resolve());
            const start = isAmbient ? telemetry.span : outer.span.bind(outer);
            await start("inner", { index }, async (inner) => {
              for (let step = 0; step < index % 5; step++) await null;
              (isAmbient ? telemetry.log : inner.log).info("line", { index });
            });
            outer.setAttribute("later", index);
          }),
      ),
    );
    assertEquals([sink.spans.length, sink.logs.length], [2 * many, many]);
    const outers = new Map(
      sink.spans.filter(({ name }) => name === "outer").map((one) => [one.attribute("index"), one]),
    );
    const inners = sink.spans.filter(({ name }) => name === "inner");
    for (const inner of inners) {
      const outer = outers.get(inner.attribute("index"))!;
      assertEquals([inner.traceId, inner.parentSpanId], [outer.traceId, outer.spanId]);
      assertEquals(outer.attribute("later"), outer.attribute("index"));
    }
    const bySpan = new Map(inners.map((inner) => [inner.spanId, inner.attribute("index")]));
    for (const { span, fields } of sink.logs) {
      assertEquals(bySpan.get(span!.spanId), fields?.index);
    }
  },
  "a generator: active within each step, and not where it is read": async (setting) => {
    const { telemetry, expectActive } = setting;
    const sync = telemetry.span("sync", function* (span) {
      for (let step = 0; step < 3; step++) {
        expectActive(span);
        yield step;
      }
    });
    for (const _ of sync) expectActive(undefined);
    const async = telemetry.span("async", async function* (span) {
      for (let step = 0; step < 3; step++) {
        await null;
        expectActive(span);
        yield step;
      }
    });
    for await (const _ of async) expectActive(undefined);
  },
  "a stream: active where its chunks are made": async ({ telemetry, sink, expectActive }) => {
    const stream = telemetry.span("stream", (span) => {
      let left = 3;
      return new ReadableStream<number>({
        async pull(controller) {
          await null;
          expectActive(span);
          if (left-- > 0) controller.enqueue(left);
          else controller.close();
        },
      }, { highWaterMark: 0 });
    });
    assertEquals([await Array.fromAsync(stream), sink.spans.length], [[2, 1, 0], 1]);
    expectActive(undefined);
  },
  "restored when it throws and when it rejects": async ({ telemetry, sink, expectActive }) => {
    const error = new Error("no");
    await telemetry.span("outer", async (outer) => {
      const thrown = assertThrows(() =>
        outer.span("throws", () => {
          throw error;
        })
      );
      assertStrictEquals(thrown, error);
      expectActive(outer);
      assertStrictEquals(
        await assertRejects(() => outer.span("rejects", () => Promise.reject(error))),
        error,
      );
      expectActive(outer);
    });
    assertEquals(sink.spans.map(({ statusCode }) => statusCode), [2, 2, 0]);
  },
  "run: a context or a span, or nothing, is active in it": ({ telemetry, expectActive }) => {
    const context = telemetry.extract({ traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` });
    const span = telemetry.startSpan({ name: "given", context });
    telemetry.run(span, () => {
      expectActive(span);
      telemetry.run(context, () => expectActive(undefined));
      expectActive(span);
    });
    span.end();
    assertEquals(span.traceId, "a".repeat(32));
  },
  "a function called elsewhere has what was active where it was wrapped": async (setting) => {
    const { telemetry, expectActive } = setting;
    const called = await telemetry.span("outer", async (outer) => {
      await null;
      return () => telemetry.run(outer, () => (expectActive(outer), outer));
    });
    assertEquals(called().name, "outer");
    expectActive(undefined);
  },
};

for (const { name: store, isAmbient, make } of STORES) {
  for (const [name, work] of Object.entries(CASES)) {
    Deno.test(`${store}: ${name}`, async () => {
      const sink = memory();
      const telemetry = createTelemetry({
        service: "a",
        sinks: [sink],
        runtime: { name: "test", context: make() },
      });
      await work({
        telemetry,
        sink,
        isAmbient,
        expectActive: (span) =>
          assertStrictEquals(telemetry.current(), isAmbient ? span : undefined),
      });
      const { open, misuse } = telemetry.health().spans;
      assertEquals([open, misuse], [0, { endedTwice: 0, usedAfterEnd: 0 }]);
    });
  }
}

Deno.test("Deno's own context and AsyncLocalStorage keep each other's values", async () => {
  const store = denoStore();
  if (store === undefined) throw new Error("this Deno has another context: deno() is slow there");
  const other = new AsyncLocalStorage<string>();
  await other.run("theirs", async () => {
    await store.run("ours", async () => {
      await pause(1);
      assertEquals([store.get(), other.getStore()], ["ours", "theirs"]);
      await other.run("theirs again", async () => {
        await pause(1);
        assertEquals([store.get(), other.getStore()], ["ours", "theirs again"]);
        assertEquals(AsyncLocalStorage.snapshot()(() => store.get()), "ours");
      });
    });
    assertEquals([store.get(), other.getStore()], [undefined, "theirs"]);
  });
  const second = denoStore()!;
  store.run(1, () => second.run(2, () => assertEquals([store.get(), second.get()], [1, 2])));
});

Deno.test("Deno's own context is not used where it is not what it is known to be", () => {
  const given: [name: string, core: Parameters<typeof denoStore>[0]][] = [
    ["absent", {}],
    ["forgets", { getAsyncContext: () => undefined, setAsyncContext: () => {} }],
    ["another form", { getAsyncContext: () => new Map() as never, setAsyncContext: () => {} }],
    ["throws", {
      getAsyncContext: () => {
        throw new Error("gone");
      },
      setAsyncContext: () => {},
    }],
  ];
  for (const [name, core] of given) assertEquals(denoStore(core), undefined, name);
});
