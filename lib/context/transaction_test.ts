import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { alwaysOff, Context, createTelemetry, jsonLines, memory, otlp } from "../../mod.ts";
import { deno } from "../runtime/deno.ts";
import { faultServer } from "../testing/mod.ts";
import { acceptTransactionId } from "./transaction.ts";

const runtime = deno({ flushOnExit: false });

function setup(options: { readonly service?: string; readonly isSampled?: boolean } = {}) {
  const sink = memory();
  const telemetry = createTelemetry({
    service: options.service ?? "edge",
    runtime,
    transaction: { header: "x-transaction-id" },
    sampler: options.isSampled === false ? alwaysOff() : undefined,
    sinks: [sink],
  });
  return { sink, telemetry };
}

async function idFor(headers: Record<string, string>): Promise<string | undefined> {
  const { sink, telemetry } = setup();
  const handle = telemetry.handler(() => new Response());
  await handle(new Request("http://shop.test/", { headers }));
  return sink.spans[0].transactionId;
}

Deno.test("an id is made at the edge, or taken from the header or baggage when it is well formed", async () => {
  assertMatch((await idFor({}))!, /^[0-9a-f]{24}$/);
  assertEquals(await idFor({ "x-transaction-id": "order_17.a-B" }), "order_17.a-B");
  assertEquals(await idFor({ "x-transaction-id": "a", baggage: "transaction.id=b" }), "b");
  for (const wrong of ["", "a b", "é", "a".repeat(65), "a/b", '"', "a\tb"]) {
    assertMatch((await idFor({ "x-transaction-id": wrong }))!, /^[0-9a-f]{24}$/, wrong);
    const inBaggage = await idFor({ baggage: `transaction.id=${encodeURIComponent(wrong)}` });
    assertMatch(inBaggage!, /^[0-9a-f]{24}$/, wrong);
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const accepted = acceptTransactionId(text);
    assertEquals(accepted, /^[A-Za-z0-9._-]{1,64}$/.test(text) ? text : undefined);
  }));
});

Deno.test("it is in every line and span of the request, sampled or not, and cannot be forged", async () => {
  for (const isSampled of [true, false]) {
    const { sink, telemetry } = setup({ isSampled });
    const handle = telemetry.handler(async () => {
      telemetry.log.info("ambient");
      telemetry.logger("part").child({ a: 1 }).info("part", { "transaction.id": "forged" });
      await telemetry.span("inner", { "transaction.id": "forged" }, async (span) => {
        await Promise.resolve();
        span.log.info("inner");
        span.startSpan("deeper").end();
      });
      telemetry.event("happened");
      return new Response();
    });
    await handle(new Request("http://shop.test/", { headers: { "x-transaction-id": "t-1" } }));
    assert(sink.logs.length >= 3);
    for (const one of [...sink.logs, ...sink.spans]) assertEquals(one.transactionId, "t-1");
    assertEquals(sink.spans.length, isSampled ? 3 : 0);
  }
});

Deno.test("it is written as ours, in JSON lines and on the wire", async () => {
  await using server = await faultServer();
  const all: string[] = [];
  const telemetry = createTelemetry({
    service: "x",
    sinks: [otlp({ endpoint: server.url }), jsonLines({ write: (line) => void all.push(line) })],
  });
  const context = new Context(undefined, undefined, "t-2");
  telemetry.startSpan({ name: "a", context }, { "transaction.id": "forged" }).end();
  telemetry.log.within(context).info("line", { "transaction.id": "forged", transaction_id: "f" });
  await telemetry.shutdown();
  assertEquals(server.spans()[0].attributes["transaction.id"], "t-2");
  assertEquals(server.logs()[0].attributes["transaction.id"], "t-2");
  const line = JSON.parse(all[0]);
  assertEquals([line.transaction_id, line["fields.transaction_id"]], ["t-2", "f"]);
});

Deno.test("it goes through a queue, and along with steps that outlive the request and the process", async () => {
  const edge = setup();
  let stored = "";
  let later: Promise<void> = Promise.resolve();
  const handle = edge.telemetry.handler(() => {
    // Work that goes on behind the answer.
    later = new Promise((resolve) =>
      setTimeout(() => {
        edge.telemetry.span("step 1", (span) => {
          span.log.info("step 1");
          const metadata: Record<string, string> = {};
          edge.telemetry.inject(metadata, span);
          stored = JSON.stringify({ metadata });
        });
        resolve();
      })
    );
    return new Response();
  });
  await handle(new Request("http://shop.test/", { headers: { "x-transaction-id": "t-3" } }));
  await later;
  // Two more steps, each in another process as it were, with nothing but what was stored.
  const steps = ["step 2", "step 3"].map((name) => {
    const { sink, telemetry } = setup({ service: name });
    const context = telemetry.extract(JSON.parse(stored).metadata);
    const links = [{ context: context.parent! }];
    telemetry.span({ name, kind: 4, root: true, context, links }, (span) => {
      telemetry.log.info(name);
      const metadata: Record<string, string> = {};
      telemetry.inject(metadata, span);
      stored = JSON.stringify({ metadata });
    });
    telemetry.log.within(context).error("the message failed");
    return sink;
  });
  for (const sink of [edge.sink, ...steps]) {
    assert(sink.logs.length > 0 && sink.spans.length > 0);
    for (const one of [...sink.logs, ...sink.spans]) assertEquals(one.transactionId, "t-3");
  }
  assertEquals(new Set(steps.map(({ spans }) => spans[0].traceId)).size, 2);
});

Deno.test("work that begins without a request begins a transaction of its own", () => {
  const { sink, telemetry } = setup();
  const context = new Context(undefined, undefined, "nightly-2026-11-25");
  telemetry.run(context, () => {
    telemetry.log.info("begin");
    telemetry.span("part", (span) => span.log.info("part"));
  });
  for (const one of [...sink.logs, ...sink.spans]) {
    assertEquals(one.transactionId, "nightly-2026-11-25");
  }
});
