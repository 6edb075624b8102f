import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { TraceState as ApiTraceState } from "@opentelemetry/api";
import fc from "fast-check";
import {
  cleanTraceState,
  formatTraceState,
  getTraceState,
  parseTraceState,
  removeTraceState,
  setTraceState,
  TraceState,
} from "./tracestate.ts";
import { listOf, TRACESTATE_CASES } from "./tracestate_cases.ts";

const KEY = fc.stringMatching(/^[a-z0-9][a-z0-9_\-*/@]{0,20}$/);
const VALUE = fc.stringMatching(
  /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,40}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/,
);
const MEMBERS = fc.uniqueArray(fc.record({ key: KEY, value: VALUE }), {
  maxLength: 32,
  selector: ({ key }) => key,
});
/** Texts of the characters that the grammar turns on. */
const NEARLY = fc.string({
  unit: fc.constantFrom(..."ab1_@=,, \t;:\0\n\u00e9A"),
  maxLength: 40,
});

const keysOf = (text: string) => parseTraceState(text)?.map(({ key }) => key);

Deno.test("tracestate: what is valid, and what is passed on", () => {
  for (const { name, text, members } of TRACESTATE_CASES) {
    assertEquals(parseTraceState(text)?.map(({ key, value }) => [key, value]), members, name);
    const passedOn = members?.map(([key, value]) => `${key}=${value}`).join(",") ?? "";
    if (passedOn.length <= 512) assertEquals(cleanTraceState(text), passedOn, name);
    assertEquals(TraceState.parse(text).serialize(), cleanTraceState(text), name);
    for (const [key, value] of members ?? []) assertEquals(getTraceState(text, key), value, name);
  }
});

Deno.test("tracestate: set moves to the left and keeps the order of the others", () => {
  const cases: [text: string, key: string, value: string, result: string][] = [
    ["", "a", "1", "a=1"],
    ["a=1,b=2,c=3", "b", "9", "b=9,a=1,c=3"],
    ["a=1,b=2,c=3", "d", "4", "d=4,a=1,b=2,c=3"],
    ["a=1,b=2", "a", "1", "a=1,b=2"],
    [" a=1 ,,b=2", "c", "3", "c=3,a=1,b=2"],
    ["void list", "a", "1", "a=1"],
    ["a=1", "B", "x", "a=1"],
    ["a=1", "b", "", "a=1"],
    ["a=1", "b", "x ", "a=1"],
    ["a=1", "b", "x,y", "a=1"],
    ["a=1", "b", "x\r\ny", "a=1"],
    ["a=1", "b", " x", "b= x,a=1"],
  ];
  for (const [text, key, value, result] of cases) {
    assertEquals(setTraceState(text, key, value), result, `${text} ${key}=${value}`);
    assertEquals(TraceState.parse(text).set(key, value).serialize(), cleanTraceState(result));
  }
});

Deno.test("tracestate: a 33rd member drops the right-most, a changed one drops none", () => {
  assertEquals(keysOf(setTraceState(listOf(32), "new", "v")), [
    "new",
    ...Array.from({ length: 31 }, (_, index) => `k${index}`),
  ]);
  const changed = keysOf(setTraceState(listOf(32), "k31", "v"))!;
  assertEquals([changed.length, changed[0], changed.at(-1)], [32, "k31", "k30"]);
});

Deno.test("tracestate: remove, and a list without the key stays as it is", () => {
  assertEquals(removeTraceState("a=1,b=2", "a"), "b=2");
  assertEquals(removeTraceState("a=1", "a"), "");
  assertEquals(removeTraceState("a=1, b=2", "c"), "a=1, b=2");
  assertEquals(removeTraceState("", "a"), "");
  assertEquals(removeTraceState("void list", "a"), "");
});

Deno.test("tracestate: shortened to 512 by whole members, over 128 first, then from the end", () => {
  const large = (key: string) => `${key}=${"x".repeat(128)}`;
  const exact = (key: string) => `${key}=${"x".repeat(126)}`;
  const fits = [1, 2, 3, 4].map((index) => exact(`${index}`)).join(",").slice(0, -3);
  assertEquals(fits.length, 512);
  assertEquals(cleanTraceState(fits), fits);
  assertEquals(cleanTraceState(`${fits},a=1`), fits);

  // 20 of 24 and their commas are 499: with the large one gone all of them fit.
  const small = Array.from({ length: 20 }, (_, index) => `k${index + 10}=${"v".repeat(20)}`).join(
    ",",
  );
  assertEquals(cleanTraceState(`${large("big")},${small}`), small);
  assertEquals(cleanTraceState(`${small},${large("big")}`), small);
  // Of several large ones the right-most goes first, and no more than need be.
  const larges = ["a", "b", "c", "d"].map(large);
  assertEquals(cleanTraceState(larges.join(",")), larges.slice(0, 3).join(","));
  // 128 is not large: these go from the end.
  const full = ["a", "b", "c", "d"].map(exact).join(",");
  assertEquals(keysOf(cleanTraceState(full)), ["a", "b", "c"]);
  assertEquals(keysOf(cleanTraceState(listOf(32, "v".repeat(20))))!.length, 20);
  // One member alone stays, whatever its size.
  const single = `${"k".repeat(256)}=${"v".repeat(256)}`;
  assertEquals(cleanTraceState(single), single);
});

Deno.test("tracestate: what was just set is not what is dropped", () => {
  const others = listOf(20, "v".repeat(20));
  const result = setTraceState(others, "ot", "x".repeat(256));
  assert(result.startsWith(`ot=${"x".repeat(256)},k0=`));
  assert(result.length <= 512);
});

Deno.test("TraceState: immutable, and by type the API's", () => {
  const state: ApiTraceState = TraceState.parse("a=1,b=2");
  const changed = state.set("b", "3");
  assertEquals(state.serialize(), "a=1,b=2");
  assertEquals(changed.serialize(), "b=3,a=1");
  assertEquals([state.get("b"), changed.get("b"), state.get("c")], ["2", "3", undefined]);
  assertEquals(changed.unset("b").serialize(), "a=1");
  assertStrictEquals(state.unset("c"), state);
  assertStrictEquals(state.set("BAD", "1"), state);
  assertStrictEquals(state.unset("a").unset("b"), TraceState.empty);
  assertStrictEquals(TraceState.parse("void list"), TraceState.empty);
  assertStrictEquals(TraceState.parse(""), TraceState.empty);
});

Deno.test("tracestate: parse(format(x)) is x", () => {
  fc.assert(fc.property(MEMBERS, (members) => {
    assertEquals(parseTraceState(formatTraceState(members)), members);
  }));
});

Deno.test("tracestate: any text is read without a throw, and what is passed on is valid", () => {
  const anything = fc.oneof(NEARLY, fc.string({ unit: "binary", maxLength: 60 }));
  fc.assert(fc.property(anything, (text) => {
    const cleaned = cleanTraceState(text);
    assertEquals(cleanTraceState(cleaned), cleaned);
    assertEquals(formatTraceState(parseTraceState(text) ?? []), cleaned);
  }));
});

Deno.test("tracestate: set and remove in any order keep a valid list", () => {
  const step = fc.record({ key: KEY, value: fc.option(VALUE, { nil: undefined }) });
  fc.assert(fc.property(MEMBERS, fc.array(step, { maxLength: 10 }), (members, steps) => {
    let text = cleanTraceState(formatTraceState(members));
    for (const { key, value } of steps) {
      text = value === undefined ? removeTraceState(text, key) : setTraceState(text, key, value);
      assertEquals(getTraceState(text, key), value);
      const list = parseTraceState(text)!;
      assert(list.length <= 32 && (text.length <= 512 || list.length === 1));
      if (value !== undefined) assertEquals(list[0], { key, value });
    }
  }));
});
