import { assertEquals } from "@std/assert";
import { createPipeline } from "../pipeline.ts";
import { memory } from "../transport/memory.ts";
import { untilRead } from "./body.ts";
import { createTracer } from "./create_tracer.ts";
import type { Span } from "./span.ts";

function* numbers() {
  yield 1;
  yield 2;
}

Deno.test("createTracer: a span ends when its generator is given, with untilRead when it was read", () => {
  for (const [bodies, endedBefore] of [[undefined, 1], [untilRead, 0]] as const) {
    const sink = memory();
    const tracer = createTracer(createPipeline({ service: "x", sinks: [sink] }), { bodies });
    const all = tracer.span("read", numbers);
    assertEquals(sink.spans.length, endedBefore);
    assertEquals(tracer.counts().open, 1 - endedBefore);
    assertEquals(tracer.counts().openNames, {});
    assertEquals([...all], [1, 2]);
    assertEquals(sink.spans.length, 1);
    assertEquals(tracer.counts().recorded, 1);
  }
});

Deno.test("createTracer: a promise is waited for, its error is the user's and the span's", async () => {
  const sink = memory();
  const tracer = createTracer(createPipeline({ service: "x", sinks: [sink] }));
  const failed = tracer.span("fail", () => Promise.reject(new TypeError("no")));
  assertEquals(sink.spans.length, 0);
  assertEquals(await failed.catch(String), "TypeError: no");
  const [span] = sink.spans;
  assertEquals([span.statusCode, span.statusMessage], [2, "no"]);
  assertEquals(span.attribute("error.type"), "TypeError");
  (span as Span).setAttribute("late", true);
  assertEquals(tracer.counts().misuse, { endedTwice: 0, usedAfterEnd: 1 });
});
