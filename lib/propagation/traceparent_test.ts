import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SpanContext } from "../core/span_context.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import { TRACEPARENT_CASES } from "./traceparent_cases.ts";

const VALID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";

Deno.test("traceparent: what is valid, and how it is sent on", () => {
  for (const { name, text, sent } of TRACEPARENT_CASES) {
    const context = parseTraceparent(text);
    assertEquals(context && formatTraceparent(context), sent, name);
    assertEquals(context?.isRemote, sent === undefined ? undefined : true, name);
    assertEquals(context?.traceId, sent?.slice(3, 35), name);
    assertEquals(context?.spanId, sent?.slice(36, 52), name);
  }
});

Deno.test("traceparent: the tracestate given goes into the context as it is", () => {
  assertEquals(parseTraceparent(VALID, "a=1,b=2")!.traceStateText, "a=1,b=2");
  assertEquals(parseTraceparent(VALID)!.traceStateText, "");
  assertEquals(parseTraceparent("", "a=1"), undefined);
});

Deno.test("traceparent: flags that are not known are not sent, whoever set them", () => {
  const { t0, t1, t2, t3, s0, s1 } = parseTraceparent(VALID)!;
  for (const [flags, sent] of [[0xff, "03"], [0xfe, "02"], [0x100, "00"], [-1, "03"], [1, "01"]]) {
    const context = new SpanContext(t0, t1, t2, t3, s0, s1, flags as number, "", false);
    assertEquals(formatTraceparent(context), VALID.slice(0, 53) + sent);
  }
});

Deno.test("traceparent: parse(format(x)) is x", () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(fc.property(
    fc.tuple(int32, int32, int32, int32, int32, int32, fc.integer({ min: 0, max: 3 })),
    ([t0, t1, t2, t3, s0, s1, flags]) => {
      fc.pre((t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0);
      const context = new SpanContext(t0, t1, t2, t3, s0, s1, flags, "", true);
      const text = formatTraceparent(context);
      assertEquals(text, `00-${context.traceId}-${context.spanId}-0${flags}`);
      const again = parseTraceparent(text)!;
      assertEquals(
        [again.t0, again.t1, again.t2, again.t3, again.s0, again.s1, again.traceFlags],
        [t0, t1, t2, t3, s0, s1, flags],
      );
    },
  ));
});

Deno.test("traceparent: any text is read by the rules and none throws", () => {
  const rules = /^[ \t]*(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;
  const isValid = (text: string) => {
    if (!rules.test(text)) return false;
    const trimmed = text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
    return trimmed.length === 55 || (trimmed[55] === "-" && !trimmed.startsWith("00"));
  };
  // Near misses: a valid text with some characters put in place of others.
  const character = fc.oneof(
    fc.constantFrom(..."0fF-, \t\0g\u0130\u0660"),
    fc.string({ size: "=" }),
  );
  const edits = fc.array(fc.tuple(fc.nat(56), fc.nat(2), character), { maxLength: 3 });
  fc.assert(fc.property(fc.constantFrom(VALID, `cc${VALID.slice(2)}`), edits, (valid, changes) => {
    let text = valid;
    for (const [at, cut, put] of changes) text = text.slice(0, at) + put + text.slice(at + cut);
    assertEquals(parseTraceparent(text) !== undefined, isValid(text), JSON.stringify(text));
  }));
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
    assert(parseTraceparent(text) === undefined || isValid(text));
  }));
});
