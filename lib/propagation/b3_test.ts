import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SpanContext } from "../core/span_context.ts";
import { type B3, B3_HEADERS, formatB3, formatB3Headers, parseB3, parseB3Headers } from "./b3.ts";
import { B3_CASES, B3_HEADERS_CASES, type B3Said } from "./b3_cases.ts";

function said(b3: B3 | undefined): B3Said | undefined {
  return b3 && {
    traceId: b3.parent?.traceId,
    spanId: b3.parent?.spanId,
    isSampled: b3.isSampled,
    isDebug: b3.isDebug,
  };
}

function expected(said: B3Said | undefined): B3Said | undefined {
  return said && {
    traceId: undefined,
    spanId: undefined,
    isSampled: undefined,
    isDebug: false,
    ...said,
  };
}

Deno.test("b3: the single header", () => {
  for (const { name, text, said: wanted } of B3_CASES) {
    const b3 = parseB3(text);
    assertEquals(said(b3), expected(wanted), name);
    if (b3?.parent === undefined) continue;
    assertEquals(b3.parent.isSampled, wanted!.isSampled === true, name);
    assertEquals([b3.parent.traceFlags & ~1, b3.parent.isRemote], [0, true], name);
  }
});

Deno.test("b3: the headers of the older form", () => {
  for (const { name, headers, said: wanted } of B3_HEADERS_CASES) {
    assertEquals(said(parseB3Headers(headers)), expected(wanted), name);
  }
});

Deno.test("b3: parse(format(x)) is x, in both forms", () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const ids = fc.tuple(int32, int32, int32, int32, int32, int32);
  fc.assert(fc.property(ids, fc.boolean(), fc.boolean(), (words, isSampled, isDebug) => {
    const [t0, t1, t2, t3, s0, s1] = words;
    fc.pre((t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0);
    const context = new SpanContext(t0, t1, t2, t3, s0, s1, isSampled ? 3 : 2, "", false);
    const { traceId, spanId } = context;
    const wanted = { traceId, spanId, isSampled: isSampled || isDebug, isDebug };
    assertEquals(said(parseB3(formatB3(context, isDebug))), wanted);
    const headers = new Map(formatB3Headers(context, isDebug));
    assertEquals(headers.size, 3);
    const again = parseB3Headers({
      traceId: headers.get(B3_HEADERS.traceId),
      spanId: headers.get(B3_HEADERS.spanId),
      sampled: headers.get(B3_HEADERS.sampled),
      flags: headers.get(B3_HEADERS.flags),
    });
    assertEquals(said(again), wanted);
  }));
});

Deno.test("b3: any text is read without a throw", () => {
  const unit = fc.constantFrom("-", "0", "1", "d", "a".repeat(16), "b".repeat(32), " ", "\0", "A");
  const anything = fc.oneof(fc.string({ unit, maxLength: 8 }), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(anything, anything, anything, anything, (traceId, spanId, sampled, flags) => {
      assertEquals(said(parseB3(traceId))?.traceId?.length ?? 32, 32);
      assertEquals(
        said(parseB3Headers({ traceId, spanId, sampled, flags }))?.spanId?.length ?? 16,
        16,
      );
    }),
  );
});
