import { assertEquals, assertThrows } from "@std/assert";
import { createTelemetry } from "../telemetry.ts";
import { memory } from "../transport/memory.ts";
import { pipe } from "./pipe.ts";
import { reloadableLayer } from "./reloadable_layer.ts";
import { tail } from "./tail.ts";
import { errors } from "./tail_rules.ts";

Deno.test("a layer is exchanged at run time; what the old one held is decided, and counted", async () => {
  const layer = reloadableLayer();
  const sink = memory();
  const telemetry = createTelemetry({ service: "x", sinks: [pipe(layer, sink)] });
  const names = () => sink.spans.map(({ name }) => name);
  telemetry.startSpan("all").end();
  layer.reload(tail({ keep: [errors()] }));
  telemetry.startSpan("good").end();
  const open = telemetry.startSpan("open");
  open.startSpan("failed").setStatus({ code: "error" }).end();
  assertEquals(names(), ["all"]);
  layer.reload(tail({ keep: [] }));
  assertEquals(names(), ["all", "failed"]);
  telemetry.startSpan("left out").end();
  const [books] = telemetry.health().destinations;
  assertEquals(books.name, "tail");
  assertEquals(
    [books.spans?.created, books.spans?.delivered, books.spans?.dropped],
    [3, 1, { sampled: 2 }],
  );
  layer.reload();
  telemetry.startSpan("all again").end();
  assertEquals(names(), ["all", "failed", "all again"]);
  await telemetry.shutdown();
});

Deno.test("it serves one sink, and takes layers alone", () => {
  const layer = reloadableLayer();
  pipe(layer, memory());
  assertThrows(() => pipe(layer, memory()), TypeError, "serves one sink");
  assertThrows(() => layer.reload(1 as never), TypeError, "layer is number");
});
