import { assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, json, lines, memory, pipe, spanLines, timed } from "../../mod.ts";

function setup(options?: Parameters<typeof spanLines>[0]) {
  const clock = { nowMs: 1000, monotonicMs: () => clock.nowMs, wallMs: () => 1e12 + clock.nowMs };
  const sink = memory();
  const telemetry = createTelemetry({
    service: "a",
    clock,
    sinks: [pipe(spanLines(options), sink)],
  });
  return { clock, sink, telemetry };
}

Deno.test("a line at the end of each span: name, attributes, times, error, ids", () => {
  const { clock, sink, telemetry } = setup();
  telemetry.span("resize", { width: 640 }, timed(() => clock.nowMs += 12.5));
  assertThrows(() =>
    telemetry.span("fails", () => {
      throw new RangeError("no");
    })
  );
  assertEquals(
    sink.logs.map(({ message, severity, eventName, fields, span }) => {
      const { duration_ms, error, width, "sextant.busy_ms": busy } = fields!;
      return [message, severity, eventName, duration_ms, error, width, busy, span?.spanId];
    }),
    [
      ["resize", 5, "span.end", 12.5, undefined, 640, 12.5, sink.spans[0].spanId],
      ["fails", 17, "span.end", 0, "no", undefined, undefined, sink.spans[1].spanId],
    ],
  );
});

Deno.test("only the slow and the failed, at other levels; a sink of lines alone has them too", () => {
  const { clock, sink, telemetry } = setup({ leastMs: 10, level: "info", errorLevel: "warn" });
  telemetry.startSpan("quick").end();
  telemetry.startSpan("failed").setStatus({ code: "error" }).end();
  const slow = telemetry.startSpan("slow");
  clock.nowMs += 10;
  slow.end();
  assertEquals(
    sink.logs.map(({ message, severity, fields }) => [message, severity, fields?.error]),
    [
      ["failed", 13, true],
      ["slow", 9, undefined],
    ],
  );
  const written: string[] = [];
  const other = createTelemetry({
    service: "a",
    sinks: [pipe(spanLines(), lines(json, { write: (line) => void written.push(line) }))],
  });
  other.startSpan("work").end();
  assertEquals(written.map((line) => JSON.parse(line).message), ["work"]);
});

Deno.test("wrong options say what is allowed", () => {
  assertThrows(() => spanLines({ level: "loud" as never }), RangeError, 'level is "loud"');
  assertThrows(() => spanLines({ leastMs: -1 }), RangeError, "leastMs is -1");
});
