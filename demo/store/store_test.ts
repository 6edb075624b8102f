import { assert, assertEquals, assertMatch } from "@std/assert";
import { createMeter, createTelemetry, otlp, otlpMetrics, SpanKind } from "../../mod.ts";
import { paintWith } from "../console/text.ts";
import { traceTree } from "../console/tree.ts";
import { adjustedCount } from "./adjusted_count.ts";
import { createCollector } from "./collector.ts";
import { metricQueriesOf } from "./metrics.ts";
import { type Queries, queriesOf } from "./queries.ts";
import type { StoreLimits } from "./evict.ts";
import { openStore, type Store } from "./store.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

async function withStore(
  work: (store: Store, queries: Queries, collect: Fetch) => Promise<void>,
  limits: Partial<StoreLimits> = {},
): Promise<void> {
  const store = openStore(":memory:", limits);
  try {
    await work(store, queriesOf(store.database), createCollector(store).fetch);
  } finally {
    store.close();
  }
}

function post(collect: Fetch, path: string, body: BodyInit, headers: Record<string, string>) {
  return collect(new Request(`http://collector${path}`, { method: "POST", body, headers }));
}

/** A telemetry whose requests go straight to the collector. */
function telemetryInto(collect: Fetch, service: string, protocol?: "http/json") {
  const send: typeof fetch = async (input, init) => await collect(new Request(input, init));
  return createTelemetry({
    service,
    transaction: {},
    sinks: [otlp({ endpoint: "http://collector", fetch: send, protocol })],
  });
}

for (const protocol of [undefined, "http/json"] as const) {
  Deno.test(`traces and lines are stored and found, ${protocol ?? "http/protobuf"}`, async () => {
    await withStore(async (_store, queries, collect) => {
      const telemetry = telemetryInto(collect, "orders", protocol);
      telemetry.span("GET /a", (span) => {
        span.log.info("card was declined", { order: "o_1" });
        span.span("inner", () => {});
      });
      telemetry.log.warn("elsewhere");
      await telemetry.shutdown();
      const [trace] = queries.traces({ limit: 10 });
      assertEquals([trace.service, trace.name, trace.spans], ["orders", "GET /a", 2]);
      assertEquals(queries.logs({ text: "declin", limit: 9 }).map(({ body }) => body), [
        "card was declined",
      ]);
      assertEquals(queries.logs({ text: "o_1", limit: 9 }).length, 1);
      assertEquals(queries.logs({ text: 'no"such', limit: 9 }), []);
      assertEquals(queries.logs({ traceId: trace.traceId, limit: 9 }).length, 1);
      assertEquals(queries.logs({ limit: 9 }).length, 2);
      assertEquals(queries.traceIds(trace.traceId.slice(0, 8)), [trace.traceId]);
    });
  });
}

Deno.test("a linked trace is read with the one it links to, as a tree", async () => {
  await withStore(async (_store, queries, collect) => {
    const orders = telemetryInto(collect, "orders");
    const shipping = telemetryInto(collect, "shipping");
    const metadata = {};
    orders.span({ name: "send", kind: SpanKind.PRODUCER }, (span) => orders.inject(metadata, span));
    const context = shipping.extract(metadata);
    shipping.span({
      name: "process",
      kind: SpanKind.CONSUMER,
      root: true,
      context,
      links: [{ context: context.parent! }],
    }, (span) => span.log.error("late\n\u001b[31mforged"));
    await Promise.all([orders.shutdown(), shipping.shutdown()]);
    const spans = queries.trace(context.parent!.traceId);
    assertEquals(spans.map(({ name }) => name), ["send", "process"]);
    const logs = queries.logs({ traceId: spans[1].traceId, limit: 9 });
    const lines = traceTree(spans, logs, paintWith(false));
    assertMatch(lines.join("\n"), /^orders send .*\n {2}… over the queue\nshipping process /);
    assert(lines.some((line) => line.includes("late\\u{a}\\u{1b}[31mforged")));
    assertEquals(queries.graph().map(({ from, to, kind }) => [from, to, kind]), [
      ["orders", "shipping", "message"],
    ]);
  });
});

Deno.test("what can't be taken is answered 400, 413 or 415, and stores nothing", async () => {
  await withStore(async (_store, queries, collect) => {
    const protobuf = { "content-type": "application/x-protobuf" };
    const json = { "content-type": "application/json" };
    const cases: [status: number, body: BodyInit, headers: Record<string, string>][] = [
      [400, new Uint8Array([10, 255, 255, 1]), protobuf],
      [400, "{", json],
      [400, "[]", json],
      [400, '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ab"}]}]}]}', json],
      [400, "not gzip", { ...json, "content-encoding": "gzip" }],
      [415, "x", { "content-type": "text/plain" }],
      [415, "{}", { ...json, "content-encoding": "br" }],
      [413, new Uint8Array(17 * 1024 * 1024), protobuf],
    ];
    for (const [status, body, headers] of cases) {
      const response = await post(collect, "/v1/traces", body, headers);
      assertEquals(response.status, status, JSON.stringify(headers));
      assert((await response.json()).message.length > 0);
    }
    assertEquals(queries.traces({ limit: 9 }), []);
  });
});

Deno.test("gzip is read, and a batch sent twice is stored once", async () => {
  await withStore(async (_store, queries, collect) => {
    const text = JSON.stringify({
      resourceSpans: [{
        resource: { attributes: [{ key: "service.name", value: { stringValue: "a" } }] },
        scopeSpans: [{
          spans: [{
            traceId: "0af7651916cd43dd8448eb211c80319c",
            spanId: "b7ad6b7169203331",
            name: "x",
            startTimeUnixNano: "1",
            endTimeUnixNano: "2",
          }],
        }],
      }],
    });
    const zipped = await new Response(
      new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")),
    ).bytes();
    for (let index = 0; index < 2; index++) {
      const response = await post(collect, "/v1/traces", zipped, {
        "content-type": "application/json",
        "content-encoding": "gzip",
      });
      assertEquals(response.status, 200);
    }
    assertEquals(queries.traces({ limit: 9 }).map(({ spans }) => spans), [1]);
  });
});

Deno.test("past its limit the oldest traces go, whole", async () => {
  await withStore(async (store, queries, collect) => {
    const telemetry = telemetryInto(collect, "orders");
    for (let index = 0; index < 30; index++) {
      telemetry.span(`t${index}`, (span) => span.span("inner", () => {}));
      await telemetry.flush();
    }
    const kept = queries.traces({ limit: 100 });
    assert(kept.length <= 20, `${kept.length} traces kept`);
    assert(kept.every(({ spans }) => spans === 2));
    assertEquals(kept[0].name, "t29");
    assertEquals(
      Number(store.database.prepare("SELECT count(*) AS n FROM spans").get()!.n) <= 40,
      true,
    );
  }, { spans: 40 });
});

Deno.test("metrics are charted: sums a second, gauges as they are, histograms by their p95", async () => {
  await withStore(async (store, _queries, collect) => {
    for (const temporality of ["delta", "cumulative"] as const) {
      const clock = {
        nowMs: Date.now() - 60_000,
        wallMs: () => clock.nowMs,
        monotonicMs: () => clock.nowMs,
      };
      const meter = createMeter({ temporality });
      const send: typeof fetch = async (input, init) => await collect(new Request(input, init));
      const telemetry = createTelemetry({
        service: "orders",
        clock,
        meter,
        sinks: [{ onSpan() {} }, otlpMetrics({ endpoint: "http://collector", fetch: send })],
      });
      const span = telemetry.startSpan("a");
      const requests = meter.counter(`${temporality}.requests`);
      const open = meter.upDownCounter(`${temporality}.open`);
      const time = meter.histogram(`${temporality}.time`, { unit: "s" });
      for (let second = 0; second < 3; second++) {
        requests.add(10 * (second + 1), { route: "/a" });
        if (temporality === "cumulative") open.add(1);
        for (let index = 0; index < 100; index++) {
          time.record(index < 90 ? 0.02 : 0.6, {}, { span });
        }
        clock.nowMs += 1000;
        await telemetry.flush();
      }
      const { metricChart, metricNames } = metricQueriesOf(store.database);
      assertEquals(metricNames().some(({ name }) => name === `${temporality}.requests`), true);
      const rates = metricChart(`${temporality}.requests`, 0)!;
      assertEquals(rates.shows, "per second");
      assertEquals(rates.series[0].points.map(({ value }) => value), [20, 30]);
      const times = metricChart(`${temporality}.time`, 0)!;
      assertEquals(times.shows, "p95");
      for (const { value } of times.series[0].points) assert(value > 0.5 && value <= 0.75);
      assertEquals(times.exemplars[0].traceId, span.traceId);
      if (temporality === "cumulative") {
        const level = metricChart("cumulative.open", 0)!;
        assertEquals(level.series[0].points.map(({ value }) => value), [1, 2, 3]);
      }
      await telemetry.shutdown();
    }
    assertEquals(metricQueriesOf(store.database).metricChart("none", 0), undefined);
  });
});

Deno.test("when too much waits it is answered 429, to be sent again", async () => {
  const store = openStore(":memory:");
  try {
    const collect = createCollector(store, 10).fetch;
    const response = await post(collect, "/v1/traces", "{}", {
      "content-type": "application/json",
      "content-length": "11",
    });
    assertEquals([response.status, response.headers.get("retry-after")], [429, "1"]);
  } finally {
    store.close();
  }
});

Deno.test("a file is read again after a restart; one of another version is emptied", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/telemetry.sqlite`;
    const first = openStore(path);
    const telemetry = telemetryInto(createCollector(first).fetch, "orders");
    telemetry.startSpan("a").end();
    await telemetry.shutdown();
    first.close();
    const second = openStore(path);
    assertEquals(queriesOf(second.database).traces({ limit: 9 }).length, 1);
    second.database.exec("PRAGMA user_version = 1");
    second.close();
    const third = openStore(path);
    assertEquals(queriesOf(third.database).traces({ limit: 9 }).length, 0);
    third.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("past its bytes or its age the oldest goes", async () => {
  await withStore(async (store, queries, collect) => {
    const telemetry = telemetryInto(collect, "orders");
    for (let index = 0; index < 40; index++) {
      telemetry.span(`t${index}`, { text: "x".repeat(20_000) }, () => {});
      await telemetry.flush();
    }
    const kept = queries.traces({ limit: 100 });
    assert(kept.length > 3 && kept.length < 30, `${kept.length} traces kept`);
    assertEquals(kept[0].name, "t39");
    await telemetry.shutdown();
    assert(store.database !== undefined);
  }, { bytes: 500_000 });
  await withStore(async (_store, queries, collect) => {
    const telemetry = telemetryInto(collect, "orders");
    telemetry.startSpan({ name: "old", startTime: Date.now() - 7_200_000 })
      .end(Date.now() - 7_200_000);
    await telemetry.shutdown();
    assertEquals(queries.traces({ limit: 9 }), []);
  }, { ageMs: 3_600_000 });
});

Deno.test("the adjusted count is what the threshold says", () => {
  const cases: [string, number][] = [
    ["", 1],
    ["ot=th:8", 2],
    ["vendor=x,ot=rv:01234567890abc;th:c", 4],
    ["ot=th:0", 1],
    ["ot=th:xyz", 1],
    ["ott=th:8", 1],
  ];
  for (const [text, count] of cases) assertEquals(adjustedCount(text), count, text);
});
