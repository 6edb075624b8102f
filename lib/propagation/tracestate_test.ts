import { assert, assertEquals } from "@std/assert";
import { thresholdFromProbability, thresholdToText } from "../core/threshold.ts";
import { Baggage } from "./baggage.ts";
import { otRandom, otThreshold, withOtThreshold } from "./ot_tracestate.ts";
import {
  cleanTraceState,
  getTraceState,
  parseTraceState,
  removeTraceState,
  setTraceState,
} from "./tracestate.ts";

Deno.test("tracestate: what is valid", () => {
  const cases: [text: string, keys: string[] | undefined][] = [
    ["a=1,b=2", ["a", "b"]],
    ["a=1, b=2 ,\tc=3", ["a", "b", "c"]],
    ["a=1,,b=2,", ["a", "b"]],
    ["foo@=1,1abc=2,a/b*c-d_e=3", ["foo@", "1abc", "a/b*c-d_e"]],
    ["A=1", undefined],
    ["a=1,a=2", undefined],
    ["a", undefined],
    ["=1", undefined],
    ["a=", undefined],
    ["a=b=c", undefined],
    ["a=é", undefined],
    [
      Array.from({ length: 32 }, (_, i) => `k${i}=v`).join(","),
      Array.from({ length: 32 }, (_, i) => `k${i}`),
    ],
    [Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(","), undefined],
  ];
  for (const [text, keys] of cases) {
    assertEquals(parseTraceState(text)?.map(({ key }) => key), keys, text);
  }
});

Deno.test("tracestate: set moves to the left, a 33rd drops the right-most", () => {
  assertEquals(setTraceState("a=1,b=2,c=3", "b", "9"), "b=9,a=1,c=3");
  assertEquals(removeTraceState("a=1,b=2", "a"), "b=2");
  assertEquals(setTraceState("a=1", "B", "x"), "a=1");
  const full = Array.from({ length: 32 }, (_, i) => `k${i}=v`).join(",");
  const keys = parseTraceState(setTraceState(full, "new", "v"))!.map(({ key }) => key);
  assertEquals([keys.length, keys[0], keys.at(-1)], [32, "new", "k30"]);
  assertEquals(getTraceState("a=1, b= 2", "b"), " 2");
});

Deno.test("tracestate: shortened by whole members, large ones first", () => {
  const small = Array.from({ length: 20 }, (_, i) => `k${i}=${"v".repeat(20)}`).join(",");
  const large = `big=${"x".repeat(200)}`;
  const cleaned = cleanTraceState(`${large},${small}`);
  assert(cleaned.length <= 512 && !cleaned.includes("big=") && cleaned.startsWith("k0="));
  assertEquals(cleanTraceState("bad list"), "");
});

Deno.test("ot: thresholds as OTEP 235 writes them", () => {
  const cases: [probability: number, text: string][] = [
    [1, "0"],
    [0.5, "8"],
    [0.25, "c"],
    [0.1, "e666"],
    [0.01, "fd70a"],
  ];
  for (const [probability, text] of cases) {
    assertEquals(thresholdToText(thresholdFromProbability(probability)), text);
  }
});

Deno.test("ot: a threshold is set and erased, and all else stays", () => {
  const half = thresholdFromProbability(0.5);
  assertEquals(withOtThreshold("", half), "ot=th:8");
  assertEquals(
    withOtThreshold("v=1,ot=rv:01234567890abc;th:0;x:y", half),
    "ot=th:8;rv:01234567890abc;x:y,v=1",
  );
  assertEquals(withOtThreshold("ot=th:0,v=1", undefined), "v=1");
  assertEquals(withOtThreshold("v=1,ot=th:8", half), "v=1,ot=th:8");
  assertEquals(otThreshold("ot=th:c"), { hi: 0xc00000, lo: 0 });
  for (const bad of ["ot=th:C", "ot=th:", "ot=th:123456789012345", "ot=th", ""]) {
    assertEquals(otThreshold(bad), undefined, bad);
  }
  assertEquals(otRandom("ot=rv:00000000000001"), { hi: 0, lo: 1 });
  assertEquals(otRandom("ot=rv:1"), undefined);
});

Deno.test("baggage: decoded, bad entries left out, limits kept", () => {
  const baggage = Baggage.parse("a=1, b = x%20y ;p=q;flag,bad,=x,c=%zz,__proto__=1,d=%E2%9C%93");
  assertEquals(baggage.entries(), [["a", "1"], ["b", "x y"], ["__proto__", "1"], ["d", "✓"]]);
  assertEquals(baggage.getEntry("b")?.metadata, "p=q;flag");
  assertEquals(Baggage.parse(baggage.toString()).entries(), baggage.entries());
  assertEquals(Baggage.empty.set("k", "a\r\nx: y").toString(), "k=a%0D%0Ax:%20y");
  assertEquals(Baggage.empty.set("bad key", "v").format(), { text: "", dropped: 1 });
  const many = Array.from({ length: 100 }, (_, i) => `k${i}=v`).join(",");
  assertEquals(Baggage.parse(many).size, 64);
  assertEquals(Baggage.parse(`a=1,b=${"x".repeat(9000)}`).size, 1);
});
