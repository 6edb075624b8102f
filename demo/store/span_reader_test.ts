import { assert, assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, otlp, SpanKind } from "../../mod.ts";
import { decodeTraces } from "../../lib/testing/mod.ts";
import { readSpans } from "./span_reader.ts";
import { rowsOf, type SpanRow } from "./span_row.ts";

const PROTOBUF = "application/x-protobuf";

/** What OpenTelemetry's own definitions make of a body; JSON is compared as what it says. */
function expected(body: Uint8Array) {
  return rowsOf(decodeTraces(body, PROTOBUF)).map(comparable);
}

function comparable({ attributes, events, origin, links, ...row }: SpanRow) {
  return {
    ...row,
    attributes: JSON.parse(attributes),
    events: events === null ? null : JSON.parse(events),
    service: origin.service,
    scope: origin.scope,
    resource: JSON.parse(origin.resource),
    links: links.map(({ traceId, spanId }) => [traceId, spanId]),
  };
}

const utf8 = new TextEncoder();

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** A field with a length: bytes, a text or messages. */
function field(number: number, ...parts: (string | readonly number[])[]): number[] {
  const bytes = parts.flatMap((part) => typeof part === "string" ? [...utf8.encode(part)] : part);
  return [...varint(BigInt(number * 8 + 2)), ...varint(BigInt(bytes.length)), ...bytes];
}

const whole = (number: number, value: bigint) => [
  ...varint(BigInt(number * 8)),
  ...varint(value),
];
const fixed64 = (number: number, bytes: readonly number[]) => [number * 8 + 1, ...bytes];
const double = (value: number) => [...new Uint8Array(new Float64Array([value]).buffer)];
const pair = (number: number, name: string, value: readonly number[]) =>
  field(number, field(1, name), field(2, value));

const TRACE_ID = field(1, Array.from({ length: 16 }, (_, index) => 240 + index));
const SPAN_ID = field(2, [1, 2, 3, 4, 5, 6, 7, 255]);
/** Fields that no one knows, of each wire type, one of them a group. */
const UNKNOWN = [
  ...whole(100, 5n),
  ...fixed64(15, double(1)),
  ...field(101, "x"),
  ...varint(BigInt(102 * 8 + 3)),
  ...whole(1, 1n),
  ...varint(BigInt(102 * 8 + 4)),
  ...varint(BigInt(103 * 8 + 5)),
  0,
  0,
  0,
  0,
];

/** A span with whatever can be in one; what it is of comes after it. */
function oddRequest(): Uint8Array {
  const values: [string, readonly number[]][] = [
    ["text", field(1, 'quotes " and \\ and \n and ü and 漢 and \u202e')],
    ["no bom is lost", field(1, "\ufeffx")],
    ['a "name"\u0000', field(1, "")],
    ["true", whole(2, 1n)],
    ["false", whole(2, 0n)],
    ["small", whole(3, -1n)],
    ["seven bytes", whole(3, 2n ** 48n)],
    ["exact", whole(3, 2n ** 53n - 1n)],
    ["inexact", whole(3, 2n ** 53n + 1n)],
    ["least", whole(3, -(2n ** 63n))],
    ["double", fixed64(4, double(-1.5e300))],
    ["not a number", fixed64(4, double(Number.NaN))],
    ["list", field(5, field(1, field(1, "a")), field(1, whole(3, 2n)), field(1))],
    ["map", field(6, pair(1, "inner", field(6, pair(1, "x", whole(2, 1n)))))],
    ["bytes", field(7, [0, 255, 128])],
    ["nothing", []],
    ["http.response.status_code", whole(3, 402n)],
    ["__proto__", field(1, "x")],
  ];
  const span = [
    ...UNKNOWN,
    ...values.flatMap(([name, value]) => pair(9, name, value)),
    ...field(15, field(2, "brök"), whole(3, 2n)),
    ...fixed64(8, [255, 0, 0, 0, 0, 0, 0, 23]),
    ...fixed64(7, [1, 0, 0, 0, 0, 0, 0, 128]),
    ...whole(6, 5n),
    ...field(3, "ot=th:8"),
    ...field(4, [9, 9, 9, 9, 9, 9, 9, 9]),
    ...field(
      11,
      fixed64(1, [1, 2, 3, 4, 5, 6, 7, 200]),
      field(2, "evé"),
      pair(3, "a", whole(3, 1n)),
    ),
    ...field(11, UNKNOWN),
    ...field(13, TRACE_ID, SPAN_ID, pair(4, "left out", [])),
    ...SPAN_ID,
    ...field(5, "näme"),
    ...TRACE_ID,
  ];
  return new Uint8Array(field(
    1,
    field(2, field(2, span), field(1, field(1, "the scope"), field(2, "1.0"), UNKNOWN), UNKNOWN),
    UNKNOWN,
    field(1, pair(1, "service.name", field(1, "örders")), pair(1, "n", whole(3, 1n))),
  ));
}

async function exported(): Promise<Uint8Array> {
  let body = new Uint8Array();
  const telemetry = createTelemetry({
    service: "orders",
    sinks: [otlp({
      endpoint: "http://collector",
      fetch: async (input, init) => {
        body = await new Request(input, init).bytes();
        return new Response();
      },
    })],
  });
  for (let index = 0; index < 20; index++) {
    telemetry.span({ name: "GET /a", kind: SpanKind.SERVER }, (span) => {
      span.setAttributes({ "order.id": `o_${index}`, sizes: [1, 2.5], "is.gift": index % 2 === 0 });
      span.addEvent("declined", { why: "no money" });
      if (index % 3 === 0) span.setStatus({ code: 2, message: "broken" });
      telemetry.span("inner", () => {});
    });
  }
  await telemetry.shutdown();
  return body;
}

Deno.test("spans are read as OpenTelemetry's definitions have them", async () => {
  for (const body of [await exported(), oddRequest()]) {
    const rows = readSpans(body).map(comparable);
    assert(rows.length > 0);
    assertEquals(rows, expected(body));
  }
  const [odd] = readSpans(oddRequest()).map(comparable);
  assertEquals([odd.service, odd.scope, odd.httpStatus, odd.adjustedCount], [
    "örders",
    "the scope",
    402,
    2,
  ]);
  assertEquals(odd.attributes.inexact, "9007199254740993");
  assertEquals(readSpans(new Uint8Array()), []);
});

Deno.test("a body that ends too early is refused wherever it ends", () => {
  const body = oddRequest();
  // Each is part of a larger buffer, so that nothing is read from beyond the body.
  for (let length = 1; length < body.length; length++) {
    assertThrows(() => readSpans(body.subarray(0, length)), Error, undefined, `${length} bytes`);
  }
});

Deno.test("a body with anything changed is read or refused, and does nothing else", () => {
  const body = oddRequest();
  let [read, refused] = [0, 0];
  for (let at = 0; at < body.length; at++) {
    for (const bits of [1, 0x80, 0xff]) {
      const changed = body.slice();
      changed[at] ^= bits;
      try {
        for (const { attributes, events, origin } of readSpans(changed)) {
          JSON.parse(attributes);
          JSON.parse(events ?? "[]");
          JSON.parse(origin.resource);
        }
        read++;
      } catch (error) {
        assert(error instanceof RangeError || error instanceof TypeError, `${at}: ${error}`);
        refused++;
      }
    }
  }
  assert(read > 100 && refused > 100, `${read} read, ${refused} refused`);
});

Deno.test("what is malformed within is refused with its reason", () => {
  const request = (...fields: number[][]) =>
    new Uint8Array(field(1, field(2, field(2, ...fields))));
  const deep = (levels: number): number[] =>
    levels === 0 ? [] : field(5, field(1, deep(levels - 1)));
  const cases: [reason: string, ...fields: number[][]][] = [
    ["traceId is 2 bytes", field(1, [1, 2]), SPAN_ID],
    ["traceId is missing", SPAN_ID],
    ["spanId is missing", TRACE_ID],
    ["parentSpanId is 3 bytes", TRACE_ID, SPAN_ID, field(4, [1, 2, 3])],
    ["links.spanId is missing", TRACE_ID, SPAN_ID, field(13, TRACE_ID)],
    ['"a" comes twice', TRACE_ID, SPAN_ID, pair(9, "a", []), pair(9, "a", [])],
    ["values within another", TRACE_ID, SPAN_ID, pair(9, "a", deep(102))],
    ["groups within groups", TRACE_ID, SPAN_ID, Array<number>(40).fill(83)],
    ["wire type 6", TRACE_ID, SPAN_ID, [86]],
  ];
  for (const [reason, ...fields] of cases) {
    assertThrows(() => readSpans(request(...fields)), Error, reason);
  }
  const many = Array.from({ length: 40 }, (_, index) => pair(9, `a${index % 39}`, []));
  assertThrows(() => readSpans(request(TRACE_ID, SPAN_ID, ...many)), Error, '"a0" comes twice');
  assertEquals(readSpans(request(TRACE_ID, SPAN_ID, ...many.slice(1), field(4))).length, 1);
});
