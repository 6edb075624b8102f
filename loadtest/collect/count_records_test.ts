import { assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, otlp } from "../../mod.ts";
import { countRecords } from "./count_records.ts";

Deno.test("records of a request are counted, spans and lines alike", async () => {
  const counts: Record<string, number> = {};
  const telemetry = createTelemetry({
    service: "counted",
    sinks: [otlp({
      endpoint: "http://127.0.0.1",
      fetch: (input, init) => {
        const { pathname } = new URL(String(input));
        counts[pathname] = (counts[pathname] ?? 0) + countRecords(init?.body as Uint8Array);
        return Promise.resolve(new Response());
      },
    })],
  });
  for (let index = 0; index < 300; index++) {
    telemetry.span("parent", { text: "x".repeat(index) }, (span) => {
      span.startSpan("child").end();
      span.log.info("line");
    });
  }
  await telemetry.shutdown();
  assertEquals(counts, { "/v1/traces": 600, "/v1/logs": 300 });
});

Deno.test("what is no protobuf is no count", () => {
  assertEquals(countRecords(new Uint8Array()), 0);
  assertThrows(() => countRecords(new Uint8Array([0x0a, 200])), RangeError, "within no varint");
  assertThrows(() => countRecords(new Uint8Array([0x0a, 20, 1])), RangeError, "past 3");
  assertThrows(() => countRecords(new Uint8Array([0x0f, 1])), RangeError, "wire type 7");
});
