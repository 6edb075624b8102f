import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Baggage as ApiBaggage, baggageEntryMetadataFromString } from "@opentelemetry/api";
import fc from "fast-check";
import { Baggage, formatBaggage, parseBaggage } from "./baggage.ts";
import { BAGGAGE_CASES } from "./baggage_cases.ts";

const NAME = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
/** Any text, lone surrogates left out: these can't be sent. */
const VALUE = fc.string({ unit: "binary", maxLength: 30 });
const METADATA = fc.stringMatching(/^([a-z][a-z0-9=;]{0,10})?$/);

const entriesOf = (baggage: Baggage) =>
  baggage.getAllEntries().map(([name, { value, metadata }]) => [name, value, metadata]);

Deno.test("baggage: what is read, and what is left out and counted", () => {
  for (const { name, text, entries, dropped = 0 } of BAGGAGE_CASES) {
    const baggage = Baggage.parse(text);
    const expected = entries.map(([key, value, metadata = ""]) => [key, value, metadata]);
    assertEquals(entriesOf(baggage), expected, name);
    assertEquals(baggage.droppedByParse, dropped, name);
    assertEquals(entriesOf(Baggage.parse(baggage.toString())), expected, `${name}: sent on`);
  }
});

Deno.test("baggage: other limits, and none of what is past them", () => {
  const few = parseBaggage("a=1,b=2,c=3", { bytes: 8192, entries: 2 });
  assertEquals([few.entries(), few.droppedByParse], [[["a", "1"], ["b", "2"]], 1]);
  const short = parseBaggage("a=1,b=2,c=3", { bytes: 7, entries: 64 });
  assertEquals([short.entries(), short.droppedByParse], [[["a", "1"], ["b", "2"]], 1]);
});

Deno.test("baggage: what must be encoded is, and nothing else", () => {
  const cases: [value: string, sent: string][] = [
    ["plain", "plain"],
    ["a=b:c/d?e&f", "a=b:c/d?e&f"],
    ["x y", "x%20y"],
    ["100%", "100%25"],
    ["%20", "%2520"],
    ['a,b;c"d\\e', "a%2Cb%3Bc%22d%5Ce"],
    ["a\r\nx: y", "a%0D%0Ax:%20y"],
    ["\0\t\x7f", "%00%09%7F"],
    ["\u2713 \u{1f600}", "%E2%9C%93%20%F0%9F%98%80"],
    ["\ud800x", "%EF%BF%BDx"],
    ["", ""],
  ];
  for (const [value, sent] of cases) {
    assertEquals(Baggage.empty.set("k", value).toString(), `k=${sent}`);
  }
});

Deno.test("baggage: what no header can hold, or has no room, is left out and counted", () => {
  const unsendable = Baggage.empty.set("bad name", "1").set("", "2").set("a\r\nb", "3")
    .set("c", "4", "p\r\nx: y").set("d", "5", "p,q=6").set("ok", "7");
  assertEquals(unsendable.size, 6);
  assertEquals(unsendable.format(), { text: "ok=7", dropped: 5 });

  let many = Baggage.empty;
  for (let index = 0; index < 70; index++) many = many.set(`k${index}`, "v");
  assertEquals([many.format().text.split(",").length, many.format().dropped], [64, 6]);

  // The W3C's own: one entry of exactly 8192 bytes, and entries that fill them together.
  const exact = Baggage.empty.set("a", "0123456789".repeat(819));
  assertEquals([exact.toString().length, exact.format().dropped], [8192, 0]);
  assertEquals(exact.set("a", "0123456789".repeat(819) + "0").format(), { text: "", dropped: 1 });
  // A large one is left out, and those behind it are not.
  const mixed = exact.set("b", "2").set("c", " ".repeat(4000)).set("d", "4");
  assertEquals(mixed.format().dropped, 3);
  assertEquals(mixed.remove("a").format(), { text: "b=2,d=4", dropped: 1 });
  assertEquals(formatBaggage(mixed.remove("a"), { bytes: 7, entries: 1 }).text, "b=2");
});

Deno.test("baggage: immutable, and says so by identity", () => {
  const one = Baggage.empty.set("a", "1");
  const two = one.set("b", "2", "p=q");
  assertEquals([one.entries(), two.entries()], [[["a", "1"]], [["a", "1"], ["b", "2"]]]);
  assertEquals([Baggage.empty.size, one.size, two.size], [0, 1, 2]);
  assertEquals([two.get("b"), two.get("c")], ["2", undefined]);
  assertEquals(two.getEntry("b"), { value: "2", metadata: "p=q" });
  assertEquals(two.getEntry("c"), undefined);
  assertEquals(two.set("a", "9").entries(), [["a", "9"], ["b", "2"]]);
  assertStrictEquals(two.set("b", "2", "p=q"), two);
  assertStrictEquals(two.remove("c"), two);
  assertEquals(two.remove("a").entries(), [["b", "2"]]);
  assertEquals(two.removeEntries("a", "b", "c").size, 0);
  assertEquals(two.clear().size, 0);
  assertStrictEquals(Baggage.parse(""), Baggage.empty);
  assertEquals(two.toString(), "a=1,b=2;p=q");
});

Deno.test("baggage: names that objects have are names", () => {
  const baggage = Baggage.empty.set("__proto__", "1").set("constructor", "2");
  assertEquals(baggage.toString(), "__proto__=1,constructor=2");
  assertEquals([baggage.get("__proto__"), baggage.get("toString")], ["1", undefined]);
  assertEquals(baggage.remove("__proto__").entries(), [["constructor", "2"]]);
});

Deno.test("baggage: takes the API's entries, and has the API's methods", () => {
  const metadata = baggageEntryMetadataFromString("p=q");
  const baggage = Baggage.empty.setEntry("a", { value: "1", metadata }).setEntry("b", {
    value: "2",
  });
  assertEquals(baggage.toString(), "a=1;p=q,b=2");
  const methods: Record<keyof ApiBaggage, (...given: never[]) => unknown> = baggage;
  assertEquals(methods.getAllEntries(), [["a", { value: "1", metadata: "p=q" }], [
    "b",
    { value: "2", metadata: "" },
  ]]);
  assertEquals(baggage.removeEntry("a").getAllEntries(), [["b", { value: "2", metadata: "" }]]);
});

Deno.test("baggage: parse(format(x)) is x", () => {
  const entries = fc.uniqueArray(fc.tuple(NAME, VALUE, METADATA), {
    maxLength: 20,
    selector: ([name]) => name,
  });
  fc.assert(fc.property(entries, (list) => {
    let baggage = Baggage.empty;
    for (const [name, value, metadata] of list) baggage = baggage.set(name, value, metadata);
    const { text, dropped } = baggage.format();
    assert(dropped === 0 && text.length <= 8192);
    assert(/^[\x20-\x7e\t]*$/.test(text), "only what a header may hold");
    const trimmed = list.map(([name, value, metadata]) => [name, value.toWellFormed(), metadata]);
    assertEquals(entriesOf(Baggage.parse(text)), trimmed);
  }));
});

Deno.test("baggage: any text is read without a throw, and what is sent on is read the same", () => {
  const unit = fc.constantFrom(
    ...'ab=,;% \t"\\\r\n\0\u00e9\u2713',
    "%20",
    "%FF",
    "%0A",
    "__proto__",
  );
  const anything = fc.oneof(fc.string({ unit, maxLength: 40 }), fc.string({ unit: "binary" }));
  fc.assert(fc.property(anything, (text) => {
    const baggage = Baggage.parse(text);
    assertEquals(baggage.format().dropped, 0);
    assertEquals(entriesOf(Baggage.parse(baggage.toString())), entriesOf(baggage));
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), VALUE, VALUE, (name, value, metadata) => {
    const { text } = Baggage.empty.set(name, value, metadata).format();
    assert(!/[\r\n\0]/.test(text));
  }));
});
