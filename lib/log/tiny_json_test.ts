import { assertEquals } from "@std/assert";
import { createPipeline } from "../pipeline.ts";
import { createTracer } from "../trace/create_tracer.ts";
import { lines } from "../transport/lines.ts";
import { createLogger } from "./create_logger.ts";
import { HOSTILE_CASES } from "./hostile_cases.ts";
import { tinyJson } from "./tiny_json.ts";

function started() {
  const written: string[] = [];
  const write = (line: string) => void written.push(line);
  const pipeline = createPipeline({
    service: "a",
    sinks: [lines(tinyJson, { write }), { onSpan() {} }],
  });
  const log = createLogger(pipeline, { level: "debug" });
  return { written, pipeline, log };
}

Deno.test("a logger on a pipeline: our names ours, the call's field before the logger's, ids of the span", () => {
  const { written, pipeline, log } = started();
  const span = createTracer(pipeline).startSpan("x");
  span.log.child({ a: 1, b: 2 }).info("hello", { b: 3, level: "off", "fields.level": 4, n: 10n });
  log.trace("below the level");
  const [line] = written.map((text) => JSON.parse(text));
  assertEquals(written.length, 1);
  assertEquals({ ...line, time: typeof line.time }, {
    time: "string",
    level: "info",
    message: "hello",
    service: "a",
    trace_id: span.traceId,
    span_id: span.spanId,
    a: 1,
    b: 3,
    "fields.level": 4,
    "fields.fields.level": "off",
    n: "10",
  });
});

Deno.test("hostile values: every line is JSON and the neighbours are there", () => {
  const { written, log } = started();
  for (const { name, make } of HOSTILE_CASES) {
    const value = make();
    log.info(name, { before: 1, value, after: 2 });
    const { message, before, after } = JSON.parse(written.at(-1)!);
    assertEquals([message, before, after], [name, 1, 2], name);
  }
  assertEquals(written.length, HOSTILE_CASES.length);
});

Deno.test("a field's name does no harm: toJSON, __proto__, toString and numbers are names", () => {
  const { written, log } = started();
  log.info("names", JSON.parse('{"__proto__":{"level":"off"},"toString":1,"7":2,"a":3}'));
  log.info("called", { toJSON: () => "forged", a: { toJSON: () => ({ b: 1, c: () => 2 }) } });
  const [names, called] = written.map((text) => JSON.parse(text));
  assertEquals([names.level, names.toString, names["7"], names.a], ["info", 1, 2, 3]);
  assertEquals(names["fields.__proto__"], { level: "off" });
  assertEquals([called.message, called.a, called.toJSON], ["called", { b: 1 }, undefined]);
});
