import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SpanContext } from "../core/span_context.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const IDS = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

Deno.test("traceparent: what is valid, and how it is sent on", () => {
  const cases: [given: string, sent: string | undefined][] = [
    [`00-${IDS}-01`, `00-${IDS}-01`],
    [`00-${IDS}-00`, `00-${IDS}-00`],
    [`00-${IDS}-03`, `00-${IDS}-03`],
    [`00-${IDS}-ff`, `00-${IDS}-03`],
    [` \t00-${IDS}-01\t `, `00-${IDS}-01`],
    [`cc-${IDS}-01`, `00-${IDS}-01`],
    [`cc-${IDS}-01-what-the-future-holds`, `00-${IDS}-01`],
    [`cc-${IDS}-01.what`, undefined],
    [`00-${IDS}-01-more`, undefined],
    [`ff-${IDS}-01`, undefined],
    [`00-${IDS}-0g`, undefined],
    [`00-${IDS.toUpperCase()}-01`, undefined],
    [`00-${"0".repeat(32)}-b7ad6b7169203331-01`, undefined],
    [`00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`, undefined],
    [`00-${IDS}-01,00-${IDS}-01`, undefined],
    [`00-${IDS}-1`, undefined],
    [`00_${IDS}-01`, undefined],
    ["", undefined],
  ];
  for (const [given, sent] of cases) {
    const context = parseTraceparent(given);
    assertEquals(context && formatTraceparent(context), sent, JSON.stringify(given));
  }
});

Deno.test("traceparent: parse(format(x)) is x", () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(fc.property(
    fc.tuple(int32, int32, int32, int32, int32, int32, fc.integer({ min: 0, max: 3 })),
    ([t0, t1, t2, t3, s0, s1, flags]) => {
      if ((t0 | t1 | t2 | t3) === 0 || (s0 | s1) === 0) return;
      const context = new SpanContext(t0, t1, t2, t3, s0, s1, flags, "", true);
      const again = parseTraceparent(formatTraceparent(context))!;
      assertEquals(
        [again.traceId, again.spanId, again.traceFlags],
        [context.traceId, context.spanId, flags],
      );
    },
  ));
});

Deno.test("traceparent: no text throws", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
    const context = parseTraceparent(text);
    assertEquals(context === undefined || context.traceId.length === 32, true);
  }));
});
