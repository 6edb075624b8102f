import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SpanContext, spanContextFromHex } from "./span_context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

Deno.test("span context: from hex ids and back to them", () => {
  const digits = fc.string({
    unit: fc.constantFrom(..."0123456789abcdef"),
    minLength: 48,
    maxLength: 48,
  });
  fc.assert(fc.property(digits, (text) => {
    const traceId = text.slice(0, 32), spanId = text.slice(32);
    fc.pre(/[^0]/.test(traceId) && /[^0]/.test(spanId));
    const context = spanContextFromHex(traceId, spanId, 1, "a=1", false)!;
    assertEquals(
      [
        context.traceId,
        context.spanId,
        context.traceFlags,
        context.traceStateText,
        context.isRemote,
      ],
      [traceId, spanId, 1, "a=1", false],
    );
  }));
});

Deno.test("span context: malformed ids and ids of zeros give none", () => {
  for (
    const [traceId, spanId] of [
      ["0".repeat(32), SPAN],
      [TRACE, "0".repeat(16)],
      [TRACE.toUpperCase(), SPAN],
      [TRACE, SPAN.toUpperCase()],
      [TRACE.slice(1), SPAN],
      [TRACE + "0", SPAN],
      [TRACE, SPAN.slice(1)],
      [TRACE, SPAN + "0"],
      [TRACE.replace("0", "\u0130"), SPAN],
      ["", ""],
    ]
  ) {
    assertEquals(spanContextFromHex(traceId, spanId, 1), undefined, `${traceId} ${spanId}`);
  }
  for (let code = 0; code < 0x300; code++) {
    const one = String.fromCharCode(code);
    const isHex = "0123456789abcdef".includes(one);
    assertEquals(spanContextFromHex(TRACE.replace("0", one), SPAN, 1) !== undefined, isHex);
    assertEquals(spanContextFromHex(TRACE, SPAN.replace("b", one), 1) !== undefined, isHex);
  }
});

Deno.test("span context: sampled is a bit of the flags", () => {
  for (const [flags, isSampled] of [[0, false], [1, true], [2, false], [3, true]] as const) {
    assertEquals(new SpanContext(1, 2, 3, 4, 5, 6, flags, "", false).isSampled, isSampled);
  }
});
