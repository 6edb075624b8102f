import { assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, type Layer, memory, otlp, pipe, type Sink } from "../../mod.ts";

Deno.test("layers run from the top; what one does not say goes on to the next", async () => {
  const order: string[] = [];
  const noting = (name: string): Layer => (next) => ({
    onSpan(span) {
      order.push(name);
      next.onSpan?.(span);
    },
  });
  const sink = memory();
  const telemetry = createTelemetry({
    service: "a",
    sinks: [pipe(noting("first"), noting("second"), sink)],
  });
  telemetry.span("s", () => telemetry.log.info("line"));
  assertEquals([order, sink.spans.length, sink.logs.length], [["first", "second"], 1, 1]);
  await telemetry.shutdown();
});

Deno.test("a layer over a sink of a class keeps its start, flush, shutdown and books", async () => {
  const bodies: number[] = [];
  const onlyErrors: Layer = (next) => ({
    onSpan: (span) => span.statusCode === 2 ? next.onSpan?.(span) : undefined,
  });
  const telemetry = createTelemetry({
    service: "a",
    sinks: [pipe(
      onlyErrors,
      otlp({
        endpoint: "http://collector",
        name: "errors",
        fetch: async (input, init) => {
          bodies.push((await new Request(input, init).arrayBuffer()).byteLength);
          return new Response();
        },
      }),
    )],
  });
  telemetry.span("fine", () => {});
  telemetry.startSpan("failed").fail(new Error("no")).end();
  await telemetry.shutdown();
  assertEquals(bodies.length, 1);
  const [{ name, spans }] = telemetry.health().destinations;
  assertEquals([name, spans?.created, spans?.delivered], ["errors", 1, 1]);
});

Deno.test("a part that is no layer or no sink is named", () => {
  assertThrows(() => pipe(undefined as unknown as Sink), TypeError, "the last part is undefined");
  assertThrows(
    () => pipe(memory() as unknown as Layer, memory()),
    TypeError,
    "part 1 is object, allowed is a layer",
  );
});
