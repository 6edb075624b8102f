import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type Carrier, getFrom, removeFrom, setOn, setOnBare } from "./carrier.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Every kind of carrier, made of names and values. */
const KINDS: Record<string, (entries: [string, string][]) => Carrier> = {
  "Headers": (entries) => new Headers(entries),
  "plain object": (entries) => Object.fromEntries(entries),
  "object without a prototype": (entries) =>
    Object.assign(Object.create(null), Object.fromEntries(entries)),
  "Map": (entries) => new Map(entries),
  "array of pairs": (entries) => structuredClone(entries),
  "Map of bytes": (entries) => new Map(entries.map(([name, value]) => [name, bytes(value)])),
  "object of bytes": (entries) =>
    Object.fromEntries(entries.map(([name, value]) => [name, bytes(value)])),
  "object of lists": (entries) =>
    Object.fromEntries(entries.map(([name, value]) => [name, [value]])),
  "typed attributes": (entries) =>
    Object.fromEntries(entries.map(([name, value]) => [name, {
      DataType: "String",
      StringValue: value,
    }])),
  "typed attributes in lower case": (entries) =>
    Object.fromEntries(entries.map(([name, value]) => [name, {
      dataType: "String",
      stringValue: value,
    }])),
};

for (const [kind, make] of Object.entries(KINDS)) {
  Deno.test(`carrier, ${kind}: read by any case of its name`, () => {
    const carrier = make([["traceparent", "1"], ["TraceState", "2"], ["BAGGAGE", "3"]]);
    for (const [name, value] of [["traceparent", "1"], ["tracestate", "2"], ["baggage", "3"]]) {
      assertEquals(getFrom(carrier, name), value, name);
    }
    assertEquals(getFrom(carrier, "trace-parent"), undefined);
    assertEquals(getFrom(make([]), "traceparent"), undefined);
    assertEquals(getFrom(make([["traceparent", ""]]), "traceparent"), "");
  });

  Deno.test(`carrier, ${kind}: written in place of what was there, whatever its case`, () => {
    const carrier = make([["TraceParent", "old"], ["other", "stays"]]);
    assert(setOn(carrier, "traceparent", "new"));
    assert(setOn(carrier, "baggage", "b"));
    assertEquals(getFrom(carrier, "traceparent"), "new");
    assertEquals(getFrom(carrier, "baggage"), "b");
    assertEquals(getFrom(carrier, "other"), "stays");
    const names = [
      ...Array.isArray(carrier) || carrier instanceof Map || carrier instanceof Headers
        ? carrier
        : Object.entries(carrier),
    ].map(([name]) => name.toLowerCase());
    assertEquals(names.toSorted(), ["baggage", "other", "traceparent"]);
  });

  Deno.test(`carrier, ${kind}: a value with CR, LF or NUL is not written`, () => {
    const carrier = make([["baggage", "a=1"]]);
    for (const bad of ["x\r\ny: z", "x\n", "\r", "\0"]) {
      assertEquals(setOn(carrier, "baggage", bad), false, JSON.stringify(bad));
    }
    assertEquals(getFrom(carrier, "baggage"), "a=1");
  });

  Deno.test(`carrier, ${kind}: removed, whatever its case`, () => {
    const carrier = make([["TraceState", "1"], ["other", "stays"]]);
    assert(removeFrom(carrier, "tracestate"));
    assert(removeFrom(carrier, "absent"));
    assertEquals([getFrom(carrier, "tracestate"), getFrom(carrier, "other")], [undefined, "stays"]);
  });
}

Deno.test("carrier: several of a name are joined like header lines", () => {
  const headers = new Headers();
  headers.append("baggage", "a=1");
  headers.append("baggage", "b=2");
  const carriers: Carrier[] = [
    headers,
    [["baggage", "a=1"], ["other", "x"], ["Baggage", "b=2"]],
    { baggage: ["a=1", "b=2"] },
    { baggage: [bytes("a=1"), bytes("b=2")] },
    new Map([["baggage", ["a=1", "b=2"]]]),
  ];
  for (const carrier of carriers) assertEquals(getFrom(carrier, "baggage"), "a=1, b=2");
  const pairs: Carrier = [["baggage", "a=1"], ["x", "y"], ["BAGGAGE", "b=2"]];
  assert(setOn(pairs, "baggage", "c=3"));
  assertEquals(pairs, [["baggage", "c=3"], ["x", "y"]]);
});

Deno.test("carrier: what is no text is absent", () => {
  const values = [1, true, null, undefined, {}, [], [[]], [["x"]], () => "x", Symbol("x"), {
    StringValue: 1,
  }, { BinaryValue: bytes("x") }];
  for (const value of values) {
    assertEquals(getFrom({ baggage: value }, "baggage"), undefined);
    assertEquals(getFrom(new Map([["baggage", value]]), "baggage"), undefined);
  }
});

Deno.test("carrier: bytes are read as UTF-8 whatever array holds them, and up to a bound", () => {
  assertEquals(getFrom({ baggage: bytes("k=\u2713") }, "baggage"), "k=\u2713");
  assertEquals(getFrom({ baggage: bytes("xk=1x").subarray(1, 4) }, "baggage"), "k=1");
  assertEquals(getFrom({ baggage: new DataView(bytes("k=1").buffer) }, "baggage"), "k=1");
  assertEquals(getFrom({ baggage: new Uint8Array([0xff]) }, "baggage"), "\ufffd");
  assertEquals(getFrom({ baggage: new Uint8Array(1_000_000).fill(97) }, "baggage")!.length, 32768);
  const parts = Array.from({ length: 10_000 }, () => "x".repeat(100));
  assert(getFrom({ baggage: parts }, "baggage")!.length < 33_000);
});

Deno.test("carrier: names that objects have are names, and the prototype is not read or written", () => {
  assertEquals(getFrom({}, "constructor"), undefined);
  assertEquals(getFrom({}, "__proto__"), undefined);
  assertEquals(getFrom(Object.create({ baggage: "a=1" }), "baggage"), undefined);
  assertEquals(getFrom(Object.create({ Baggage: "a=1" }), "baggage"), undefined);
  const carrier: Record<string, unknown> = {};
  assert(setOn(carrier, "__proto__", "x"));
  assertEquals([getFrom(carrier, "__proto__"), Object.keys(carrier)], ["x", ["__proto__"]]);
  assertStrictEquals(Object.getPrototypeOf(carrier), Object.prototype);
});

Deno.test("carrier: headers of another library are used by their methods", () => {
  const store = new Map<string, string>();
  const foreign = {
    get: (name: string) => store.get(name) ?? null,
    set: (name: string, value: string) => store.set(name, value),
    delete: (name: string) => store.delete(name),
  };
  assertEquals(getFrom(foreign, "baggage"), undefined);
  assert(setOn(foreign, "baggage", "a=1"));
  assertEquals([getFrom(foreign, "baggage"), [...store]], ["a=1", [["baggage", "a=1"]]]);
  assert(removeFrom(foreign, "baggage"));
  assertEquals(store.size, 0);
});

Deno.test("carrier: one that throws or takes nothing is as good as none", () => {
  const fail = () => {
    throw new Error("no");
  };
  const hostile = [
    new Proxy({}, {
      get: fail,
      has: fail,
      ownKeys: fail,
      set: fail,
      getOwnPropertyDescriptor: fail,
    }),
    Object.defineProperty({}, "baggage", { get: fail, enumerable: true }),
    { get: fail, set: fail, delete: fail },
    null as unknown as Carrier,
    undefined as unknown as Carrier,
  ];
  for (const carrier of hostile) {
    assertEquals(getFrom(carrier, "baggage"), undefined);
    assertEquals(setOn(carrier, "baggage", "a=1"), false);
  }
  const frozen: Carrier[] = [Object.freeze({}), Object.freeze([]), new Response().headers];
  assertEquals(setOn(frozen[0], "baggage", "a=1"), false);
  assertEquals(setOn(frozen[1], "baggage", "a=1"), false);
  assertEquals(removeFrom(Object.freeze({ baggage: "a=1" }), "baggage"), false);
  assertEquals(setOn(new Headers(), "baggage", "\u2713"), false);
  for (const carrier of [...hostile, ...frozen]) {
    assertEquals(setOnBare(carrier, "baggage", "a=1"), false);
  }
});

Deno.test("carrier: bare is a plain object without entries, and nothing else", () => {
  const bare = {};
  assert(setOnBare(bare, "traceparent", "t"));
  assertEquals(bare, { traceparent: "t" });
  for (const [name, make] of Object.entries(KINDS)) {
    const carrier = make([["TraceParent", "old"]]);
    assert(!setOnBare(carrier, "traceparent", "t"), name);
    assertEquals(getFrom(carrier, "traceparent"), "old", name);
  }
  for (const name of ["Headers", "object without a prototype", "Map", "array of pairs"]) {
    assert(!setOnBare(KINDS[name]([]), "traceparent", "t"), name);
  }
});

Deno.test("carrier: what is written is read, from every kind and for any text", () => {
  const kinds = fc.constantFrom(...Object.values(KINDS));
  const latin1 = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
  });
  fc.assert(fc.property(kinds, latin1, (make, value) => {
    const carrier = make([]);
    const isWritten = setOn(carrier, "baggage", value);
    const read = getFrom(carrier, "baggage");
    if (!isWritten) assertEquals(read, undefined);
    // Headers take the white space off both ends.
    else assertEquals(read!.trim(), value.trim());
    assert(!/[\r\n\0]/.test(read ?? ""));
  }));
});
