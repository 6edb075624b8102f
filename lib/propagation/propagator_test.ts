import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SpanContext } from "../core/span_context.ts";
import { b3 } from "./b3_propagator.ts";
import { Baggage } from "./baggage.ts";
import type { Carrier } from "./carrier.ts";
import {
  baggagePropagator,
  composite,
  type Propagator,
  traceContext,
  w3cPropagator,
} from "./propagator.ts";
import { propagatorFromNames } from "./propagator_names.ts";
import { parseTraceparent } from "./traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-03`;
const nothing = { parent: undefined, baggage: undefined };

function seen({ parent, baggage }: ReturnType<Propagator["extract"]>) {
  return {
    traceparent: parent && `${parent.traceId}-${parent.spanId}-${parent.traceFlags}`,
    tracestate: parent?.traceStateText,
    baggage: baggage?.toString(),
  };
}

const parent = parseTraceparent(PARENT, "ot=th:8,v=1")!;
const baggage = Baggage.empty.set("user", "a b");

Deno.test("w3c: what is injected is extracted", () => {
  for (const carrier of [new Headers(), {}, new Map(), []] as Carrier[]) {
    assert(w3cPropagator.inject({ parent, baggage }, carrier));
    const carried = w3cPropagator.extract(carrier);
    assertEquals(seen(carried), {
      traceparent: `${TRACE}-${SPAN}-3`,
      tracestate: "ot=th:8,v=1",
      baggage: "user=a%20b",
    });
    assertEquals(carried.parent!.isRemote, true);
  }
  const headers = new Headers();
  w3cPropagator.inject({ parent, baggage }, headers);
  assertEquals([...headers], [["baggage", "user=a%20b"], ["traceparent", PARENT], [
    "tracestate",
    "ot=th:8,v=1",
  ]]);
});

Deno.test("w3c: nothing carried writes nothing, nothing there reads nothing", () => {
  for (const carried of [nothing, { parent: undefined, baggage: Baggage.empty }]) {
    const carrier = {};
    assert(w3cPropagator.inject(carried, carrier));
    assertEquals(carrier, {});
  }
  assertEquals(w3cPropagator.extract(new Headers({ accept: "*/*" })), nothing);
  const noSpan = new SpanContext(1, 2, 3, 4, 0, 0, 1, "", false);
  const carrier = {};
  assert(w3cPropagator.inject({ parent: noSpan, baggage: undefined }, carrier));
  assertEquals(carrier, {});
});

Deno.test("w3c: a bad traceparent voids tracestate, a bad tracestate nothing", () => {
  const cases: [traceparent: string | undefined, tracestate: string, result: string | undefined][] =
    [
      [PARENT, "v=1", "v=1"],
      [PARENT, "", ""],
      [PARENT, " , ", ""],
      [PARENT, "void list", ""],
      [PARENT, "v=1,v=1", ""],
      ["00-bad", "v=1", undefined],
      [undefined, "v=1", undefined],
    ];
  for (const [traceparent, tracestate, result] of cases) {
    const carried = w3cPropagator.extract({ traceparent, tracestate, baggage: "a=1" });
    assertEquals(carried.parent?.traceStateText, result, tracestate);
    assertEquals(carried.parent?.traceId, result === undefined ? undefined : TRACE);
    assertEquals(carried.baggage?.toString(), "a=1");
  }
});

Deno.test("w3c: several traceparent headers begin a new trace, several of the others are joined", () => {
  const headers = new Headers([
    ["traceparent", PARENT],
    ["tracestate", "a=1"],
    ["tracestate", "b=2"],
    ["baggage", "x=1"],
    ["baggage", "y=2"],
  ]);
  assertEquals(seen(w3cPropagator.extract(headers)).tracestate, "a=1,b=2");
  assertEquals(seen(w3cPropagator.extract(headers)).baggage, "x=1,y=2");
  headers.append("traceparent", PARENT);
  assertEquals(w3cPropagator.extract(headers).parent, undefined);
  const pairs: Carrier = [["traceparent", PARENT], ["Traceparent", PARENT]];
  assertEquals(w3cPropagator.extract(pairs).parent, undefined);
});

Deno.test("w3c: an unsampled parent stays unsampled and keeps its tracestate", () => {
  // A built-in tracer turns -00 into -01 and loses all tracestate.
  const carried = w3cPropagator.extract({
    traceparent: PARENT.replace(/03$/, "00"),
    tracestate: "v=1",
  });
  const onward: Record<string, unknown> = {};
  w3cPropagator.inject(carried, onward);
  assertEquals(onward, { traceparent: PARENT.replace(/03$/, "00"), tracestate: "v=1" });
});

Deno.test("w3c: headers used again hold no tracestate of the request before", () => {
  const bare = parseTraceparent(PARENT)!;
  for (
    const carrier of [new Headers({ TraceState: "old=1" }), { TraceState: "old=1" }] as Carrier[]
  ) {
    assert(w3cPropagator.inject({ parent: bare, baggage: undefined }, carrier));
    assertEquals(seen(w3cPropagator.extract(carrier)).tracestate, "");
  }
});

Deno.test("w3c: what could not be written is told", () => {
  assertEquals(w3cPropagator.inject({ parent, baggage }, Object.freeze({})), false);
  const forged = new SpanContext(1, 2, 3, 4, 5, 6, 1, "a=1\r\nx-admin: 1", false);
  const headers = new Headers();
  assertEquals(w3cPropagator.inject({ parent: forged, baggage: undefined }, headers), false);
  assertEquals([...headers.keys()], ["traceparent"]);
  const unsendable = baggage.set("bad name", "1");
  const carrier: Record<string, unknown> = {};
  assertEquals(w3cPropagator.inject({ parent, baggage: unsendable }, carrier), false);
  assertEquals(carrier.baggage, "user=a%20b");
});

Deno.test("trace context and baggage each carry their own", () => {
  const carrier = { traceparent: PARENT, tracestate: "v=1", baggage: "a=1" };
  assertEquals(seen(traceContext().extract(carrier)).baggage, undefined);
  assertEquals(baggagePropagator().extract(carrier).parent, undefined);
  const one: Record<string, unknown> = {}, other: Record<string, unknown> = {};
  traceContext().inject({ parent, baggage }, one);
  baggagePropagator().inject({ parent, baggage }, other);
  assertEquals([Object.keys(one), Object.keys(other)], [["traceparent", "tracestate"], [
    "baggage",
  ]]);
});

Deno.test("b3: single and multi, read in both forms, the single first", () => {
  const single: Record<string, unknown> = {}, multi: Record<string, unknown> = {};
  assert(b3().inject({ parent, baggage }, single));
  assert(b3({ headers: "multi" }).inject({ parent, baggage }, multi));
  assertEquals(single, { b3: `${TRACE}-${SPAN}-1` });
  assertEquals(multi, { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1" });
  for (
    const carrier of [
      single,
      multi,
      { ...multi, b3: "malformed" },
      new Headers({
        "X-B3-TraceId": TRACE,
        "X-B3-SpanId": SPAN,
        "X-B3-Sampled": "1",
      }),
    ]
  ) {
    assertEquals(seen(b3().extract(carrier)).traceparent, `${TRACE}-${SPAN}-1`);
  }
  const both = { ...multi, b3: `${TRACE}-${SPAN}-0` };
  assertEquals(seen(b3().extract(both)).traceparent, `${TRACE}-${SPAN}-0`);
  assertEquals(b3().extract({ b3: "0" }).parent, undefined);
  assertEquals(b3().extract({}), nothing);
});

Deno.test("b3: debug travels on, also by W3C, and takes the place of the decision", () => {
  const { parent: debug } = b3().extract({ b3: `${TRACE}-${SPAN}-d` });
  assertEquals([debug!.isSampled, debug!.traceStateText], [true, "b3=d"]);
  const w3c: Record<string, unknown> = {};
  w3cPropagator.inject({ parent: debug, baggage: undefined }, w3c);
  const onward = w3cPropagator.extract(w3c);
  const carrier: Record<string, unknown> = {
    "x-b3-sampled": "0",
    "x-b3-parentspanid": SPAN,
  };
  assert(b3({ headers: "multi" }).inject(onward, carrier));
  assertEquals(carrier, { "x-b3-flags": "1", "x-b3-traceid": TRACE, "x-b3-spanid": SPAN });
  assert(b3().inject(onward, carrier));
  assertEquals(carrier.b3, `${TRACE}-${SPAN}-d`);
});

Deno.test("b3: an encoding that is none is named", () => {
  const bad = { headers: "both" } as unknown as Parameters<typeof b3>[0];
  assertThrows(() => b3(bad), RangeError, 'headers is "both", allowed is single or multi');
});

Deno.test("composite: all are written in order; of what several find the last counts", () => {
  const all = composite([b3(), traceContext(), baggagePropagator()]);
  assertEquals(all.fields, ["b3", "traceparent", "tracestate", "baggage"]);
  const carrier: Record<string, unknown> = {};
  assert(all.inject({ parent, baggage }, carrier));
  assertEquals(Object.keys(carrier), ["b3", "traceparent", "tracestate", "baggage"]);

  const other = { b3: `${"1".repeat(32)}-${"2".repeat(16)}-1`, traceparent: PARENT };
  assertEquals(all.extract(other).parent!.traceId, TRACE);
  const reversed = composite([traceContext(), b3()]);
  assertEquals(reversed.extract(other).parent!.traceId, "1".repeat(32));
  assertEquals(reversed.extract({ ...other, b3: "malformed" }).parent!.traceId, TRACE);
  // Of the same span the one that came with a tracestate stays.
  assertEquals(seen(reversed.extract(carrier)).tracestate, "ot=th:8,v=1");
  assertEquals(composite([]).extract(carrier), nothing);
  assertStrictEquals(composite([traceContext(), baggagePropagator()]), w3cPropagator);
});

Deno.test("composite: one that fails does not keep the others from writing", () => {
  const failing: Propagator = { fields: ["x"], inject: () => false, extract: () => nothing };
  const carrier: Record<string, unknown> = {};
  assertEquals(composite([failing, traceContext()]).inject({ parent, baggage }, carrier), false);
  assertEquals(carrier.traceparent, PARENT);
});

Deno.test("OTEL_PROPAGATORS: names in their order, once; unknown ones are told", () => {
  const cases: [text: string | undefined, fields: string[], warned: string[]][] = [
    [undefined, ["traceparent", "tracestate", "baggage"], []],
    ["", ["traceparent", "tracestate", "baggage"], []],
    [" , ", ["traceparent", "tracestate", "baggage"], []],
    ["tracecontext,baggage", ["traceparent", "tracestate", "baggage"], []],
    ["baggage , tracecontext", ["baggage", "traceparent", "tracestate"], []],
    ["tracecontext", ["traceparent", "tracestate"], []],
    ["b3", ["b3"], []],
    ["b3multi", ["x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"], []],
    ["tracecontext,tracecontext", ["traceparent", "tracestate"], []],
    ["none", [], []],
    ["none,b3", [], ["none"]],
    ["jaeger,b3,xray", ["b3"], ["jaeger", "xray"]],
    ["jaeger", ["traceparent", "tracestate", "baggage"], ["jaeger"]],
    ["B3", ["traceparent", "tracestate", "baggage"], ["B3"]],
  ];
  for (const [text, fields, warned] of cases) {
    const { propagator, warnings } = propagatorFromNames(text);
    assertEquals(propagator.fields, fields, text);
    assertEquals(warnings.length, warned.length, text);
    warned.forEach((name, index) => assert(warnings[index].includes(`"${name}"`), warnings[index]));
  }
  assertStrictEquals(propagatorFromNames("tracecontext,baggage").propagator, w3cPropagator);
  const { propagator } = propagatorFromNames("none");
  assertEquals(propagator.extract({ traceparent: PARENT }), nothing);
  assertEquals(propagator.inject({ parent, baggage }, {}), true);
});

Deno.test("propagators: any carrier is read without a throw", () => {
  const all = composite([traceContext(), baggagePropagator(), b3({ headers: "multi" })]);
  const name = fc.constantFrom(...all.fields, "b3", "Traceparent", "__proto__", "get", "x");
  const value = fc.oneof(
    fc.constantFrom(PARENT, "v=1", "a=1;p", `${TRACE}-${SPAN}-1`, "1", "d"),
    fc.anything(),
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
  );
  fc.assert(fc.property(fc.dictionary(name, value), fc.anything(), (carrier, anything) => {
    for (
      const one of [
        carrier,
        anything as Carrier,
        Object.entries(carrier),
        new Map(Object.entries(carrier)),
      ]
    ) {
      const carried = all.extract(one);
      const onward = new Headers();
      assert(all.inject(carried, onward));
      assertEquals(
        seen(w3cPropagator.extract(onward)).baggage ?? "",
        carried.baggage?.toString() ?? "",
      );
    }
  }));
});
