import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  isKept,
  randomOf,
  thresholdFromProbability,
  thresholdFromText,
  thresholdToText,
} from "../core/threshold.ts";
import { consistentThreshold, otRandom, otThreshold, withOtThreshold } from "./ot_tracestate.ts";
import { parseTraceparent } from "./traceparent.ts";
import { cleanTraceState, getTraceState, parseTraceState } from "./tracestate.ts";

const half = thresholdFromProbability(0.5);
const always = thresholdFromProbability(1);

/** A list, and the `th` and `rv` that are believed of it. */
const READ_CASES: [text: string, th: string | undefined, rv: string | undefined][] = [
  ["", undefined, undefined],
  ["ot=th:8", "8", undefined],
  ["ot=th:0", "0", undefined],
  ["vendor=1,ot=rv:01234567890abc;th:fd70a", "fd70a", "01234567890abc"],
  ["ot=th:ffffffffffffff;rv:ffffffffffffff", "ffffffffffffff", "ffffffffffffff"],
  ["ot=th:8000", "8", undefined],
  ["ot=x:y;th:c;z9:A.b_C-d", "c", undefined],
  ["ot=x:;th:c", "c", undefined],
  ["ot=x:a:b;th:c", "c", undefined],
  ["notot=th:8", undefined, undefined],
  ["vendor=ot", undefined, undefined],
  // Malformed values are not believed, and leave the other be.
  ["ot=th:C;rv:01234567890abc", undefined, "01234567890abc"],
  ["ot=th:;rv:01234567890abc", undefined, "01234567890abc"],
  ["ot=th:123456789012345", undefined, undefined],
  ["ot=th:0x8", undefined, undefined],
  ["ot=th:8;rv:1", "8", undefined],
  ["ot=th:8;rv:01234567890ABC", "8", undefined],
  ["ot=th:8;rv:01234567890abcd", "8", undefined],
  // A malformed member is believed in nothing.
  ["ot=th", undefined, undefined],
  ["ot=:8", undefined, undefined],
  ["ot=th:8;th:8", undefined, undefined],
  ["ot=th:8;", undefined, undefined],
  ["ot=th:8;;x:y", undefined, undefined],
  ["ot=TH:8;th:8", undefined, undefined],
  ["ot= th:8", undefined, undefined],
  ["ot=1x:8;th:8", undefined, undefined],
  // So is one in a void list.
  ["ot=th:8,ot=th:8", undefined, undefined],
  ["ot=th:8,BAD=1", undefined, undefined],
];

Deno.test("ot: th and rv as they are believed", () => {
  for (const [text, th, rv] of READ_CASES) {
    assertEquals(otThreshold(text), th === undefined ? undefined : thresholdFromText(th), text);
    assertEquals(otRandom(text), rv === undefined ? undefined : thresholdFromText(rv), text);
  }
});

Deno.test("ot: a threshold is set or erased, and all else stays", () => {
  const cases: [text: string, threshold: typeof half | undefined, result: string][] = [
    ["", half, "ot=th:8"],
    ["", undefined, ""],
    ["v=1", half, "ot=th:8,v=1"],
    ["v=1", undefined, "v=1"],
    ["v=1,ot=rv:01234567890abc;th:0;x:y", half, "ot=th:8;rv:01234567890abc;x:y,v=1"],
    ["v=1,ot=rv:01234567890abc", half, "ot=th:8;rv:01234567890abc,v=1"],
    ["v=1,ot=rv:01234567890abc;th:0;x:y", undefined, "ot=rv:01234567890abc;x:y,v=1"],
    // A peer leaves a stale th:0 on a drop.
    ["ot=th:0,v=1", undefined, "v=1"],
    ["ot=th:0", undefined, ""],
    // What is right already stays in its place, however it is padded.
    ["v=1,ot=th:8", half, "v=1,ot=th:8"],
    ["v=1,ot=x:y;th:800", half, "v=1,ot=x:y;th:800"],
    ["v=1,ot=x:y", undefined, "v=1,ot=x:y"],
    // A malformed value or member is replaced.
    ["v=1,ot=th:C;x:y", half, "ot=th:8;x:y,v=1"],
    ["v=1,ot=th:C;x:y", undefined, "ot=x:y,v=1"],
    ["v=1,ot=th:0;th:0", half, "ot=th:8,v=1"],
    ["v=1,ot=th:0;th:0", undefined, "v=1"],
  ];
  for (const [text, threshold, result] of cases) {
    assertEquals(withOtThreshold(text, threshold), result, text);
  }
});

Deno.test("ot: a threshold that has no room is not sent, nor is the one before it", () => {
  const rest = `x:${"y".repeat(248)}`;
  const tight = thresholdFromText("fd70a")!;
  assertEquals(withOtThreshold(`ot=${rest}`, half), `ot=th:8;${rest}`);
  assertEquals(withOtThreshold(`ot=${rest}`, tight), `ot=${rest}`);
  assertEquals(withOtThreshold(`ot=th:0;${rest}`, tight), `ot=${rest}`);
});

Deno.test("ot: a threshold that the sampled flag contradicts is not believed", () => {
  const trace = (random: string, flags: string, state: string) =>
    parseTraceparent(`00-0af7651916cd43dd84${random}-b7ad6b7169203331-${flags}`, state)!;
  const cases: [random: string, flags: string, state: string, th: string | undefined][] = [
    ["80000000000000", "03", "ot=th:8", "8"],
    ["7fffffffffffff", "03", "ot=th:8", undefined],
    ["80000000000000", "02", "ot=th:8", undefined],
    ["7fffffffffffff", "02", "ot=th:8", "8"],
    // A peer samples an unsampled parent that carries th:0.
    ["80000000000000", "00", "ot=th:0", undefined],
    ["00000000000000", "01", "ot=th:0", "0"],
    // rv stands above the trace id.
    ["00000000000000", "01", "ot=th:8;rv:80000000000000", "8"],
    ["80000000000000", "01", "ot=th:8;rv:7fffffffffffff", undefined],
    ["80000000000000", "01", "vendor=1", undefined],
    ["80000000000000", "01", "", undefined],
    // A peer accepts upper case.
    ["ffffffffffffff", "01", "ot=th:C", undefined],
  ];
  for (const [random, flags, state, th] of cases) {
    const threshold = consistentThreshold(trace(random, flags, state));
    assertEquals(threshold && thresholdToText(threshold), th, `${random} ${flags} ${state}`);
  }
});

Deno.test("ot: what is set is what is read, in any list", () => {
  const probability = fc.double({ min: 2 ** -56, max: 1, noNaN: true });
  const state = fc.array(
    fc.constantFrom(
      "v=1",
      "ot=th:0",
      "ot=rv:00000000000001",
      "ot=x:y;th:c",
      "bad",
      "w= 2",
      "ot=bad",
    ),
    { maxLength: 4 },
  ).map((parts) => cleanTraceState(parts.join(",")));
  fc.assert(fc.property(state, probability, (text, p) => {
    const threshold = thresholdFromProbability(p);
    const withIt = withOtThreshold(text, threshold);
    assertEquals(otThreshold(withIt), threshold);
    assertEquals(otRandom(withIt), otRandom(text));
    assertEquals(withOtThreshold(withIt, threshold), withIt);
    const without = withOtThreshold(withIt, undefined);
    assertEquals(otThreshold(without), undefined);
    assert(!(getTraceState(without, "ot") ?? "").includes("th:"));
    for (const { key, value } of parseTraceState(text)!) {
      if (key !== "ot") assertEquals(getTraceState(without, key), value);
    }
  }));
});

Deno.test("ot: any text is read without a throw", () => {
  const unit = fc.constantFrom(
    "ot=",
    "th:",
    "rv:",
    ";",
    ",",
    "8",
    "0123456789abcd",
    "x:y",
    " ",
    "=",
    "\0",
  );
  const anything = fc.oneof(fc.string({ unit, maxLength: 12 }), fc.string({ unit: "binary" }));
  fc.assert(fc.property(anything, (text) => {
    const threshold = otThreshold(text);
    if (threshold !== undefined) assertEquals(withOtThreshold(text, threshold), text);
    assertEquals(otThreshold(withOtThreshold(text, undefined)), undefined);
    assertEquals(otThreshold(withOtThreshold(text, always)), always);
  }));
});

Deno.test("ot: a child with the same or a larger probability keeps what its parent kept", () => {
  const parent = parseTraceparent("00-0af7651916cd43dd84e7000000000000-b7ad6b7169203331-03")!;
  const { hi, lo } = randomOf(parent);
  const kept = [0.05, 0.09, 0.1, 0.5, 1].map((p) => isKept(hi, lo, thresholdFromProbability(p)));
  assertEquals(kept, [false, false, true, true, true]);
});
