import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  createMeter,
  createTelemetry,
  otlp,
  otlpMetrics,
  probability,
  SpanKind,
} from "../../mod.ts";
import { paintWith } from "../console/text.ts";
import { traceTree } from "../console/tree.ts";
import { adjustedCount } from "./adjusted_count.ts";
import { createCollector } from "./collector.ts";
import { ingestInto } from "./ingest.ts";
import { metricQueriesOf } from "./metrics.ts";
import type { StoreLimits } from "./model.ts";
import { type Queries, queriesOf } from "./queries.ts";
import { openStore, type Store } from "./store.ts";
import { openStoreThread } from "./thread.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

async function withStore(
  work: (store: Store, queries: Queries, collect: Fetch) => Promise<void>,
  limits: Partial<StoreLimits> = {},
): Promise<void> {
  const store = openStore(":memory:", limits);
  try {
    await work(store, queriesOf(store.database), createCollector(ingestInto(store)).app.fetch);
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
      const of = (statistic: "p50" | "mean" | "rate") =>
        metricChart(`${temporality}.time`, 0, statistic)!.series[0].points.map(({ value }) =>
          value
        );
      for (const value of of("p50")) assert(value > 0.01 && value <= 0.025);
      for (const value of of("mean")) assert(Math.abs(value - 0.078) < 1e-9);
      assertEquals(of("rate"), [100, 100]);
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
    const collect = createCollector(ingestInto(store), 10).app.fetch;
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
    const telemetry = telemetryInto(createCollector(ingestInto(first)).app.fetch, "orders");
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

Deno.test("past its bytes or its age the oldest goes, of every signal, traces whole", async () => {
  await withStore(async (store, queries, collect) => {
    const telemetry = telemetryInto(collect, "orders");
    const text = "x".repeat(2000);
    for (let index = 0; index < 1500; index++) {
      telemetry.span(`t${index}`, (span) => {
        span.span("inner", { text }, () => {});
        if (index % 3 === 0) span.log.info(`line ${index}`);
      });
      if (index % 50 === 0) await telemetry.flush();
    }
    await telemetry.shutdown();
    const kept = queries.traces({ limit: 10_000 });
    assert(kept.length > 100 && kept.length < 1400, `${kept.length} traces kept`);
    assert(kept.every(({ spans }) => spans === 2));
    assertEquals(kept[0].name, "t1499");
    const { bytes, spans, logs } = store.state();
    assert(bytes <= 2_000_000, `${bytes} bytes`);
    assertEquals([spans.received, spans.kept], [3000, kept.length * 2]);
    for (const { received, kept, duplicates, evicted } of [spans, logs]) {
      assertEquals(received, kept + duplicates + evicted);
    }
    const oldestNs = kept.at(-1)!.startNs;
    assert(queries.logs({ limit: 10_000 }).every(({ timeNs }) => timeNs >= oldestNs - 1_000_000n));
  }, { bytes: 2_000_000 });
  await withStore(async (_store, queries, collect) => {
    const telemetry = telemetryInto(collect, "orders");
    telemetry.startSpan({ name: "old", startTime: Date.now() - 7_200_000 })
      .end(Date.now() - 7_200_000);
    await telemetry.shutdown();
    assertEquals(queries.traces({ limit: 9 }), []);
  }, { ageMs: 3_600_000 });
});

Deno.test("whatever the order in which spans come, the trace is the same", async () => {
  const at = 1_700_000_000_000_000_000n;
  const span = (
    spanId: string,
    parentSpanId: string,
    start: number,
    end: number,
    name: string,
  ) => ({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: spanId.repeat(16),
    parentSpanId: parentSpanId.repeat(16),
    name,
    kind: 2,
    startTimeUnixNano: String(at + BigInt(start)),
    endTimeUnixNano: String(at + BigInt(end)),
    status: { code: name === "c" ? 2 : 0 },
    attributes: [{ key: "http.response.status_code", value: { intValue: String(start + 200) } }],
  });
  const spans = [
    ["gateway", span("1", "", 0, 9_000_000, "a")],
    ["orders", span("2", "1", 2, 12_000_000, "b")],
    ["payments", span("3", "2", 1, 8_000_000, "c")],
  ] as const;
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  for (const order of orders) {
    await withStore(async (_store, queries, collect) => {
      for (const index of order) {
        const [service, one] = spans[index];
        const body = JSON.stringify({
          resourceSpans: [{
            resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
            scopeSpans: [{ scope: { name: "test" }, spans: [one] }],
          }],
        });
        await (await post(collect, "/v1/traces", body, { "content-type": "application/json" }))
          .body?.cancel();
      }
      const [{ services, ...trace }, ...others] = queries.traces({ limit: 9 });
      assertEquals(others, []);
      assertEquals(services.toSorted(), ["gateway", "orders", "payments"]);
      assertEquals(trace, {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        service: "gateway",
        name: "a",
        startNs: at,
        durationMs: 12,
        spans: 3,
        errors: 1,
        adjustedCount: 1,
        status: 200,
      }, order.join());
      const [root] = queries.trace(trace.traceId);
      assertEquals([root.scope, root.resource], ["test", { "service.name": "gateway" }]);
    }, { ageMs: 1e15 });
  }
});

Deno.test("filters, bars and picture agree about which traces fit", async () => {
  await withStore(async (_store, queries, collect) => {
    const telemetry = telemetryInto(collect, "orders");
    const nowMs = Date.now() - 60_000;
    for (let index = 0; index < 120; index++) {
      const span = telemetry.startSpan({
        name: index % 4 === 0 ? "POST /checkout" : "GET /products",
        kind: SpanKind.SERVER,
        startTime: nowMs + index * 100,
        attributes: {
          "http.response.status_code": index % 5 === 0 ? 402 : 200,
          "is.gift": index % 2 === 0,
          sku: `s${index % 3}`,
        },
      });
      if (index % 10 === 0) span.setStatus({ code: 2 });
      span.end(nowMs + index * 100 + 2 ** (index % 10));
    }
    await telemetry.shutdown();
    const cases: [filter: Parameters<Queries["heatmap"]>[0], count: number][] = [
      [{}, 120],
      [{ isError: true }, 12],
      [{ isError: false }, 108],
      [{ status: [400, 499] }, 24],
      [{ route: "checkout" }, 30],
      [{ attribute: "is.gift=true" }, 60],
      [{ attribute: "sku=s1", route: "checkout" }, 10],
      [{ minDurationMs: 256 }, 24],
      [{ maxDurationMs: 1 }, 12],
      [{ sinceMs: nowMs + 6000, untilMs: nowMs + 9000 }, 30],
      [{ service: "nobody" }, 0],
      [{ attribute: 'sk"u=s1' }, 40],
    ];
    for (const [filter, count] of cases) {
      const text = JSON.stringify(filter);
      assertEquals(queries.traces({ ...filter, limit: 1000 }).length, count, text);
      const { total, bars } = queries.traceHistogram(filter, 20);
      assertEquals([total, bars.reduce((sum, bar) => sum + bar.count, 0)], [count, count], text);
      const { cells, ...map } = queries.heatmap(filter);
      assertEquals(map.total, count, text);
      for (const [column, row, , errors] of cells) {
        assert(column >= 0 && column < map.columns && row >= 0 && row < map.rows && errors >= 0);
      }
    }
    // What is marked in the picture is what the list shows.
    const { cells, lowMs, rowsPerDecade } = queries.heatmap({});
    const row = Math.max(...cells.map(([, row]) => row));
    const inTop = cells.filter((cell) => cell[1] === row).reduce((sum, cell) => sum + cell[2], 0);
    const minDurationMs = lowMs * 10 ** (row / rowsPerDecade);
    assertEquals(queries.traces({ minDurationMs, limit: 1000 }).length, inTop);
    assertEquals(queries.traces({ limit: 10, offset: 115 }).length, 5);
  });
});

Deno.test("counts are weighed by what was sampled away", async () => {
  await withStore(async (_store, queries, collect) => {
    const send: typeof fetch = async (input, init) => await collect(new Request(input, init));
    const make = (service: string) =>
      createTelemetry({
        service,
        sampler: probability(0.25),
        sinks: [otlp({ endpoint: "http://collector", fetch: send })],
      });
    const telemetry = make("gateway");
    for (let index = 0; index < 2000; index++) {
      telemetry.span({ name: "GET /a", kind: SpanKind.SERVER }, () => {});
      if (index % 200 === 0) await telemetry.flush();
    }
    await telemetry.shutdown();
    const { total, adjusted } = queries.traceHistogram({}, 10);
    assertEquals(Math.round(adjusted), total * 4);
    assertEquals(queries.routes()[0].requests, total * 4);
    assert(Math.abs(adjusted - 2000) < 400, `${adjusted} of 2000`);
  });
});

Deno.test("a store in a thread of its own takes, answers, refuses and closes", async () => {
  const thread = await openStoreThread(":memory:");
  try {
    const { app, received } = createCollector(thread.ingest);
    const telemetry = telemetryInto(app.fetch, "orders");
    telemetry.span("GET /a", (span) => span.log.info("hello"));
    await telemetry.shutdown();
    const headers = { "content-type": "application/x-protobuf" };
    const refused = await post(app.fetch, "/v1/traces", new Uint8Array([10, 255, 255, 1]), headers);
    assertEquals(refused.status, 400);
    assert((await refused.json()).message.startsWith("malformed body"));
    assertEquals((await thread.queries.traces({ limit: 9 })).length, 1);
    assertEquals((await thread.queries.logs({ text: "hello", limit: 9 })).length, 1);
    assertEquals((await thread.state()).spans.kept, 1);
    assertEquals(received().requests, { 200: 2, 400: 1 });
    assertEquals(received().pendingBytes, 0);
  } finally {
    await thread.close();
  }
  const error = await openStoreThread("/no/such/folder/x.sqlite").catch((error) => error);
  assert(error instanceof Error, "a file that can't be opened");
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

/** A request of so many spans of one trace, the first with this number. */
function spansFrom(first: number, count: number, traceId = "0af7651916cd43dd8448eb211c80319c") {
  return JSON.stringify({
    resourceSpans: [{
      scopeSpans: [{
        spans: Array.from({ length: count }, (_, index) => ({
          traceId,
          spanId: String(first + index).padStart(16, "0"),
          name: "x",
          startTimeUnixNano: `${Date.now()}000000`,
          endTimeUnixNano: `${Date.now()}000000`,
        })),
      }],
    }],
  });
}

Deno.test("what is sent at once is stored together, and what is malformed of it refused alone", async () => {
  await withStore(async (store, queries, collect) => {
    const bodies = [spansFrom(1, 5), "{", spansFrom(6, 5), spansFrom(1, 1, "short")];
    const responses = await Promise.all(
      bodies.map((body) =>
        post(collect, "/v1/traces", body, { "content-type": "application/json" })
      ),
    );
    assertEquals(responses.map(({ status }) => status), [200, 400, 200, 400]);
    await Promise.all(responses.map((response) => response.body?.cancel()));
    assertEquals(store.state().spans.kept, 10);
    assertEquals(queries.traces({ limit: 9 }).map(({ spans }) => spans), [10]);
  });
});

Deno.test("of spans that came partly before, only the new ones count", async () => {
  await withStore(async (store, queries, collect) => {
    const headers = { "content-type": "application/json" };
    for (const [first, count] of [[1, 100], [51, 100], [1, 150]]) {
      const response = await post(collect, "/v1/traces", spansFrom(first, count), headers);
      assertEquals(response.status, 200);
      await response.body?.cancel();
    }
    const { received, kept, duplicates } = store.state().spans;
    assertEquals([received, kept, duplicates], [350, 150, 200]);
    const [trace] = queries.traces({ limit: 9 });
    assertEquals(trace.spans, 150);
    assertEquals(queries.trace(trace.traceId).length, 150);
  });
});
