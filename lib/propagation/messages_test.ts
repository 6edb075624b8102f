import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Carrier, createTelemetry } from "../../mod.ts";
import { setOn } from "./carrier.ts";
import { getFrom, removeFrom } from "./carrier.ts";
import { byteHeaders, enclose, openEnvelope, sqsAttributes } from "./messages.ts";

const telemetry = createTelemetry({ service: "a", sinks: [{ onSpan() {} }] });
const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-03`;
const context = telemetry.extract({ traceparent, tracestate: "v=1", baggage: "user=ada" });

/** A queue that carries this message to another process, as JSON where that is its form. */
const byJson = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

Deno.test("messages: every kind of metadata carries a context there and back", () => {
  const kinds: Readonly<Record<string, () => [sent: Carrier, received: () => unknown]>> = {
    "AMQP or Kafka, bytes": () => {
      const headers: Record<string, unknown> = { "content-type": "application/json" };
      return [byteHeaders(headers), () => headers];
    },
    "SQS, typed attributes": () => {
      const attributes: Record<string, unknown> = {};
      return [sqsAttributes(attributes), () => byJson(attributes)];
    },
    "Lambda's form of the same": () => {
      const attributes: Record<string, { StringValue: string }> = {};
      const lower = () =>
        Object.fromEntries(
          Object.entries(attributes).map(([key, { StringValue }]) => [key, {
            dataType: "String",
            stringValue: StringValue,
          }]),
        );
      return [sqsAttributes(attributes), lower];
    },
    "text headers": () => {
      const headers: Record<string, unknown> = {};
      return [headers, () => byJson(headers)];
    },
  };
  for (const [name, make] of Object.entries(kinds)) {
    const [sent, received] = make();
    // Twice: a message that is sent on must not keep the entries of the one before.
    telemetry.inject(sent, telemetry.extract({ traceparent, tracestate: "old=1" }));
    telemetry.inject(sent, context);
    const { parent, baggage } = telemetry.extract(received() as Carrier);
    assertEquals(parent?.traceId, "a".repeat(32), name);
    assertEquals([parent?.traceFlags, parent?.traceStateText], [3, "v=1"], name);
    assertEquals(baggage?.get("user"), "ada", name);
  }
});

Deno.test("messages: an envelope carries a body and its context; a message without one is a body", () => {
  const message = byJson(enclose(telemetry, { body: 1, sextant: 2 }, context));
  const { carrier, body } = openEnvelope(message);
  assertEquals(body, { body: 1, sextant: 2 });
  assertEquals(telemetry.extract(carrier).parent?.traceId, "a".repeat(32));
  assertEquals(Object.keys(carrier), ["traceparent", "tracestate", "baggage"]);
  // Nothing is active here.
  assertEquals(enclose(telemetry, "text"), { sextant: 1, body: "text" });
  for (const old of [null, "text", 7, [1], { body: 1 }, { sextant: 2, body: 1 }]) {
    assertEquals(openEnvelope(old), { carrier: {}, body: old });
  }
});

Deno.test("messages: what is written is read and removed, whatever case a name was in", () => {
  const text = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 600 });
  const made = fc.constantFrom(byteHeaders, sqsAttributes);
  fc.assert(fc.property(text, made, fc.constantFrom("traceparent", "TraceParent"), (...given) => {
    const [value, make, name] = given;
    const target: Record<string, unknown> = { [name]: "old", other: 1 };
    const carrier = make(target);
    assertEquals(setOn(carrier, "traceparent", value), true);
    assertEquals(getFrom(target as Carrier, "traceparent"), value);
    assertEquals(getFrom(carrier, "traceparent"), value);
    assertEquals(Object.keys(target).length, 2);
    removeFrom(carrier, "traceparent");
    assertEquals(target, { other: 1 });
  }));
});

Deno.test("messages: any message is opened without a throw", () => {
  fc.assert(fc.property(fc.anything(), (message) => {
    const { carrier } = openEnvelope(message);
    telemetry.extract(carrier);
  }));
});
