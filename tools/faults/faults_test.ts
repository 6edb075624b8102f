import { assert, assertEquals, assertMatch } from "@std/assert";
import { createTelemetry, otlp } from "../../mod.ts";
import { type FaultServer, faultServer } from "../../lib/testing/mod.ts";
import {
  answer,
  booksOf,
  checkBooks,
  FAULT_ROWS,
  meet,
  record,
  telemetryTo,
} from "./fault_cases.ts";
import { HAZARD_ROWS } from "./hazard_cases.ts";

for (const row of FAULT_ROWS) Deno.test(`fault: ${row.name}`, async () => void await meet(row));

for (const { name, run } of HAZARD_ROWS) {
  Deno.test(`hazard: ${name}`, async () => {
    for (const { books } of await run()) checkBooks(books);
  });
}

Deno.test("fault: 413 is sent in halves, and only what alone is too large is dropped", async () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    await using server = await faultServer();
    server.always({ kind: "limit", maxBytes: 4000 });
    const telemetry = telemetryTo(server, {}, { protocol });
    record(telemetry, 50);
    telemetry.startSpan("giant", { text: "x".repeat(5000) }).end();
    record(telemetry, 50);
    await telemetry.flush();
    const books = booksOf(telemetry);
    checkBooks(books);
    assertEquals([books.delivered, books.dropped], [100, { too_large: 1 }]);
    const indexes = server.spans().map(({ attributes }) => Number(attributes.index));
    const expected = Array.from({ length: 100 }, (_, index) => index % 50);
    assertEquals(indexes.toSorted((a, b) => a - b), expected.toSorted((a, b) => a - b));
    assert(server.spans().every(({ resource }) => resource["service.name"] === "faults"));
    await telemetry.shutdown();
  }
});

Deno.test("fault: a wait longer than the batch may live is honoured, and its end counted", async () => {
  await using server = await faultServer();
  server.always(answer(503, { "retry-after": "3600" }));
  const telemetry = telemetryTo(server, { batchLifeMs: 300, shutdownMs: 100 });
  record(telemetry, 10);
  await telemetry.flush();
  assertEquals(server.requests.length, 1, "it was not asked again before the hour was over");
  assertEquals(booksOf(telemetry).dropped, { expired: 10 });
  // A batch that comes within the hour waits, too: it is queued, and at the end counted.
  record(telemetry, 5);
  const flushed = telemetry.flush();
  assertEquals(booksOf(telemetry).queued, 5);
  checkBooks(booksOf(telemetry));
  await telemetry.shutdown();
  await flushed;
  assertEquals(booksOf(telemetry).dropped, { expired: 10, shutdown: 5 });
  assertEquals(server.requests.length, 1);
  checkBooks(booksOf(telemetry));
});

Deno.test("fault: a collector that is down holds spans queued; they arrive when it is back", async () => {
  const first = await faultServer();
  const port = Number(new URL(first.url).port);
  await first.close();
  const telemetry = telemetryTo(first);
  record(telemetry, 10);
  const flushed = telemetry.flush();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const down = booksOf(telemetry);
  assertEquals([down.queued, down.delivered, down.dropped], [10, 0, {}]);
  await using second = await faultServer(port);
  await flushed;
  assertEquals(second.spans().length, 10);
  checkBooks(booksOf(telemetry));
  await telemetry.shutdown();
});

Deno.test("fault: after a failure one request alone asks whether the collector is back", async () => {
  await using server = await faultServer();
  const telemetry = telemetryTo(server, { batchRecords: 10, concurrency: 4 });
  server.next(answer(503), answer(503), answer(503), answer(503));
  record(telemetry, 200);
  await telemetry.flush();
  assertEquals(server.spans().length, 200);
  // Four were on their way when it failed; each of the twenty batches arrives once.
  assertEquals(server.requests.length, 24);
  checkBooks(booksOf(telemetry));
  await telemetry.shutdown();
});

Deno.test("fault: the queue is bounded by records and by bytes; loss is told once a minute", async () => {
  await using server = await faultServer();
  server.always({ kind: "hang" });
  // What is lost is told here instead of on the console.
  const losses: string[] = [];
  const tell = (message: string) => losses.push(message);
  const byRecords = telemetryTo(server, { queueRecords: 100, shutdownMs: 50 }, {}, tell);
  record(byRecords, 150);
  assertEquals(booksOf(byRecords).dropped, { queue_full: 50 });
  const byBytes = telemetryTo(server, { queueBytes: 10_000, shutdownMs: 50 }, {}, tell);
  record(byBytes, 100, { pad: "x".repeat(1000) });
  const { dropped, queued, queuedBytes } = booksOf(byBytes);
  assertEquals(queued + dropped.queue_full!, 100);
  assert(queuedBytes < 12_000, `${queuedBytes}`);
  assertEquals(losses.length, 2);
  assertMatch(
    losses[0],
    /^otlp \(traces\) dropped 1 \(queue_full\); health\(\) counts every loss$/,
  );
  for (const telemetry of [byRecords, byBytes]) {
    await telemetry.shutdown();
    checkBooks(booksOf(telemetry));
    assertEquals(booksOf(telemetry).queued, 0);
  }
});

Deno.test("fault: shutdown is bounded while the other side hangs, and may be called twice", async () => {
  await using server = await faultServer();
  server.always({ kind: "hang" });
  const telemetry = telemetryTo(server, { shutdownMs: 100 });
  record(telemetry, 10);
  await Promise.all([telemetry.shutdown(), telemetry.flush(), telemetry.shutdown()]);
  record(telemetry, 1);
  assertEquals(booksOf(telemetry).dropped, { shutdown: 11 });
  checkBooks(booksOf(telemetry));
});

Deno.test("fault: a transport that never answers and knows no abort is given up on", async () => {
  await using server = await faultServer();
  let calls = 0;
  const telemetry = telemetryTo(server, { attemptTimeoutMs: 1, shutdownMs: 100 }, {
    fetch: () => {
      calls++;
      return new Promise(() => {});
    },
  });
  record(telemetry, 3);
  await telemetry.shutdown();
  assertEquals(calls, 1);
  assertEquals(booksOf(telemetry).dropped, { shutdown: 3 });
});

Deno.test("fault: flushes at once are answered once, and each waits for what was there", async () => {
  await using server = await faultServer();
  server.always({ kind: "delay", delayMs: 50 });
  const telemetry = telemetryTo(server);
  record(telemetry, 10);
  await Promise.all(Array.from({ length: 20 }, () => telemetry.flush()));
  assertEquals(server.requests.length, 1);
  assertEquals(booksOf(telemetry).delivered, 10);
  await telemetry.shutdown();
});

Deno.test("fault: one slow destination holds up no other", async () => {
  await using slow = await faultServer();
  await using quick = await faultServer();
  slow.always({ kind: "hang" });
  const to = (server: FaultServer, name: string) =>
    otlp({ endpoint: server.url, name, signals: ["traces"], limits: { shutdownMs: 50 } });
  const telemetry = createTelemetry({
    service: "faults",
    onLoss: false,
    sinks: [to(slow, "slow"), to(quick, "quick")],
  });
  record(telemetry, 10);
  const flushed = telemetry.flush();
  while (quick.spans().length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
  const [waiting, done] = telemetry.health().destinations;
  assertEquals([waiting.spans!.queued, done.spans!.delivered], [10, 10]);
  await telemetry.shutdown();
  await flushed;
  for (const { spans } of telemetry.health().destinations) checkBooks(spans!);
});

Deno.test("gzip: what arrives is the same, in fewer bytes; small bodies stay as they are", async () => {
  await using server = await faultServer();
  const telemetry = telemetryTo(server, {}, { compression: "gzip" });
  record(telemetry, 500);
  await telemetry.flush();
  record(telemetry, 1);
  await telemetry.flush();
  const [large, small] = server.requests;
  assertEquals([large.headers["content-encoding"], small.headers["content-encoding"]], [
    "gzip",
    undefined,
  ]);
  assert(large.wireBytes * 1.5 < large.body.length);
  assertEquals(server.spans().length, 501);
  assertEquals(booksOf(telemetry).deliveredBytes, large.wireBytes + small.wireBytes);
  await telemetry.shutdown();
});

Deno.test("a signal's own variables come before the general ones; secrets are in no error", async () => {
  await using server = await faultServer();
  const env: Record<string, string> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${server.url}/own/path`,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20general,x-a=1",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "authorization=Bearer%20traces",
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
  };
  const telemetry = createTelemetry({
    service: "env",
    onLoss: false,
    runtime: { name: "test", env: (name) => env[name] },
    sinks: [otlp()],
  });
  server.next(answer(401));
  record(telemetry, 100);
  await telemetry.flush();
  record(telemetry, 100);
  await telemetry.flush();
  telemetry.log.info("hello");
  await telemetry.shutdown();
  const [, traces, logs] = server.requests;
  assertEquals([traces.path, logs.path], ["/v1/traces", "/own/path"]);
  assertEquals([traces.headers.authorization, traces.headers["x-a"]], ["Bearer traces", undefined]);
  assertEquals([logs.headers.authorization, logs.headers["x-a"]], ["Bearer general", "1"]);
  assertEquals([traces.headers["content-type"], logs.headers["content-type"]], [
    "application/x-protobuf",
    "application/json",
  ]);
  assertEquals([traces.headers["content-encoding"], logs.headers["content-encoding"]], [
    "gzip",
    undefined,
  ]);
  assert(!JSON.stringify(telemetry.health()).includes("Bearer"));
});

Deno.test("an isolate: nothing is sent but by a flush, and no flush waits for another's request", async () => {
  let nowMs = 0;
  const bodies: number[] = [];
  const open: (() => void)[] = [];
  const telemetry = createTelemetry({
    service: "isolate",
    onLoss: false,
    clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
    runtime: { name: "test", hasBackgroundTimers: false },
    sinks: [otlp({
      endpoint: "http://127.0.0.1:1",
      signals: ["traces"],
      limits: { batchRecords: 10 },
      // The first request is cut off with what it was sending: it never hears of it again.
      fetch: (_input, init) =>
        new Promise((resolve) => {
          bodies.push((init!.body as Uint8Array).length);
          if (bodies.length === 1) open.push(() => resolve(new Response()));
          else resolve(new Response());
        }),
    })],
  });
  record(telemetry, 10);
  await Promise.resolve();
  assertEquals(bodies.length, 0, "a full batch waits for a flush");
  const cutOff = telemetry.flush();
  record(telemetry, 3);
  await telemetry.flush();
  assertEquals([booksOf(telemetry).delivered, booksOf(telemetry).queued], [3, 10]);
  // Twelve seconds later what never answered is sent again, by the next flush.
  nowMs = 12_001;
  const later = telemetry.flush();
  assertEquals(booksOf(telemetry).queued, 10, "after a failure there is a pause");
  checkBooks(booksOf(telemetry));
  nowMs = 14_000;
  await later;
  const books = booksOf(telemetry);
  assertEquals([books.delivered, books.queued, books.dropped], [13, 0, {}]);
  assertEquals(bodies.length, 3);
  // What it hears after all changes nothing.
  open[0]();
  await cutOff;
  assertEquals(booksOf(telemetry), books);
});
