/**
 * What a stranger may send: four million characters of the worst there is for each format. A reader
 * that took more than a time in proportion, or kept more than its cap, would not come to an end here.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createTelemetry } from "../../mod.ts";
import { B3_HEADER, B3_HEADERS } from "./b3.ts";
import { b3 } from "./b3_propagator.ts";
import type { Carrier } from "./carrier.ts";
import { baggagePropagator, composite, traceContext } from "./propagator.ts";

const CHARACTERS = 4_000_000;
const telemetry = createTelemetry({
  service: "a",
  sinks: [{ onSpan() {} }],
  propagator: composite([traceContext(), baggagePropagator(), b3(), b3({ headers: "multi" })]),
});
const TRACEPARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const NAMES = ["traceparent", "tracestate", "baggage", B3_HEADER, ...Object.values(B3_HEADERS)];

const PIECES = [
  ",",
  " ",
  "\t",
  "=",
  ";",
  "%",
  "%41",
  "-",
  "0",
  "a=",
  "a=1,",
  "a=1;p=2,",
  "a=1;",
  "ot=th:0;",
  "ot=th:8,",
  "00-",
  "\u00e9",
  "\ud800",
  "k@v=1,",
];

Deno.test("hostile: what is far too long is read in a time in proportion, and little of it kept", () => {
  for (const piece of PIECES) {
    const text = piece.repeat(Math.ceil(CHARACTERS / piece.length));
    for (const name of NAMES) {
      const carrier: Carrier = { traceparent: TRACEPARENT, [name]: text };
      const context = telemetry.extract(carrier);
      const onward: Record<string, string> = {};
      telemetry.inject(onward, context);
      const size = Object.values(onward).reduce((sum, value) => sum + value.length, 0);
      assert(size < 8192 + 512 + 200, `${name} of ${JSON.stringify(piece)}: ${size} sent on`);
      assert((context.baggage?.size ?? 0) <= 64);
    }
  }
});

Deno.test("hostile: many entries of one name are joined up to a bound", () => {
  const pairs: [string, string][] = Array.from({ length: 200_000 }, () => ["baggage", "a=1"]);
  const { baggage } = telemetry.extract(pairs);
  assertEquals(baggage?.get("a"), "1");
  const lists = { baggage: Array.from({ length: 200_000 }, (_, index) => `k${index}=1`) };
  assert(telemetry.extract(lists).baggage!.size <= 64);
});

Deno.test("hostile: arbitrary bytes in any entry never throw, and what is sent on is well-formed", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const mixed = fc.tuple(fc.constantFrom(...PIECES, TRACEPARENT), bytes).map(([piece, tail]) =>
    new Uint8Array([...new TextEncoder().encode(piece), ...tail])
  );
  const carriers = fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(bytes, mixed));
  fc.assert(
    fc.property(carriers, (carrier) => {
      const context = telemetry.extract(carrier);
      const span = telemetry.startSpan({ name: "x", context });
      const onward = new Headers();
      telemetry.inject(onward, span);
      assert(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/.test(onward.get("traceparent")!));
      span.end();
    }),
    { numRuns: 2000 },
  );
});
