import { assert, assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, otlp, type SignalHealth, type Telemetry } from "../../mod.ts";
import { faultServer } from "../testing/mod.ts";
import { fileSpool } from "./spool.ts";

function booksOf(telemetry: Telemetry): SignalHealth {
  const books = telemetry.health().destinations[0].spans!;
  const dropped = Object.values(books.dropped).reduce((sum, count) => sum + count, 0);
  assertEquals(books.created, books.delivered + dropped + books.queued, JSON.stringify(books));
  return books;
}

function telemetryTo(endpoint: string, folder: string, bytesMax?: number): Telemetry {
  return createTelemetry({
    service: "spool",
    onLoss: false,
    sinks: [otlp({
      endpoint,
      signals: ["traces"],
      limits: { batchRecords: 10, shutdownMs: 200 },
      spool: fileSpool({ folder, bytesMax }),
    })],
  });
}

function record(telemetry: Telemetry, count: number): void {
  for (let index = 0; index < count; index++) telemetry.startSpan("s", { index }).end();
}

async function within(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what can't be delivered goes to disk, and arrives once the collector is back", async () => {
  await within(async (folder) => {
    await using server = await faultServer();
    server.always({ kind: "reset" });
    const telemetry = telemetryTo(server.url, folder);
    record(telemetry, 100);
    await telemetry.flush();
    const down = booksOf(telemetry);
    assertEquals([down.delivered, down.queued, down.dropped], [0, 100, {}]);
    assert(down.queuedBytes > 1000);
    const files = [...Deno.readDirSync(`${folder}/otlp-traces-protobuf`)]
      .filter(({ name }) => name.endsWith(".batch"));
    assertEquals(files.length, 10);
    server.always(undefined);
    while (booksOf(telemetry).queued > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals([booksOf(telemetry).delivered, booksOf(telemetry).repeated], [100, 0]);
    const indexes = server.spans().map(({ attributes }) => Number(attributes.index));
    assertEquals(new Set(indexes).size, 100);
    await telemetry.shutdown();
  });
});

Deno.test("a folder is one process's for as long as it lives", async () => {
  await within(async (folder) => {
    const server = await faultServer();
    const port = Number(new URL(server.url).port);
    await server.close();
    const first = telemetryTo(server.url, folder);
    record(first, 25);
    await first.shutdown();
    assertEquals([booksOf(first).queued, booksOf(first).dropped], [25, {}]);
    await using back = await faultServer(port);
    // The folder is the first process's for as long as it lives: this test's own.
    assertThrows(() => telemetryTo(back.url, folder), Error, "is used by another process");
  });
});

Deno.test("kill -9 while the collector hangs: all arrives from the next process, repeats counted", async () => {
  await within(async (folder) => {
    await using server = await faultServer();
    server.always({ kind: "reset" });
    const program = (after: string) => `
      import { createTelemetry, otlp } from "${new URL("../../mod.ts", import.meta.url).href}";
      import { fileSpool } from "${new URL("./spool.ts", import.meta.url).href}";
      const telemetry = createTelemetry({ service: "killed", onLoss: false, sinks: [otlp({
        endpoint: "${server.url}", signals: ["traces"], limits: { batchRecords: 10 },
        spool: fileSpool({ folder: "${folder}" }),
      })] });
      ${after}`;
    const start = (after: string) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", program(after)],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      return child;
    };
    const first = start(`
      for (let index = 0; index < 100; index++) telemetry.startSpan("s", { index }).end();
      await telemetry.flush();
      console.log("spooled");
      setInterval(() => {}, 1000);`);
    const reader = first.stdout.getReader();
    await reader.read();
    // Now the collector takes a request and never answers: the batch is marked as being sent.
    server.always({ kind: "hang" });
    while (
      ![...Deno.readDirSync(`${folder}/otlp-traces-protobuf`)].some(({ name }) =>
        name.endsWith(".sending")
      )
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    first.kill("SIGKILL");
    await reader.cancel();
    await first.status;
    server.always(undefined);
    const second = start(`
      const { spans } = telemetry.health().destinations[0];
      while (telemetry.health().destinations[0].spans.queued > 0) {
        await telemetry.flush();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      console.log(JSON.stringify([spans, telemetry.health().destinations[0].spans]));
      Deno.exit(0);`);
    // What is in the spool is sent when something is: a program that records does that.
    const { stdout } = await second.output();
    const [before, after] = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals([before.created, before.queued], [100, 100]);
    assertEquals([after.delivered, after.queued, after.repeated], [100, 0, 10]);
    const indexes = server.spans().map(({ attributes }) => Number(attributes.index));
    assertEquals(new Set(indexes).size, 100);
  });
});

Deno.test("the spool is bounded by bytes and age; what it has no room for waits in memory", async () => {
  await within(async (folder) => {
    let wallMs = 1_000_000;
    const queue = fileSpool({ folder, bytesMax: 100, ageMsMax: 1000 }).open("x", () => wallMs);
    assertEquals([queue.put(new Uint8Array(60), 3), queue.put(new Uint8Array(60), 3)], [
      true,
      false,
    ]);
    assertEquals([queue.records, queue.sizeBytes], [3, 60]);
    wallMs += 500;
    assertEquals(queue.put(new Uint8Array(40), 2), true);
    assertEquals(queue.expire(), 0);
    wallMs += 600;
    assertEquals([queue.expire(), queue.records, queue.sizeBytes], [3, 2, 40]);
    const batch = queue.next()!;
    assertEquals([batch.count, batch.body.length, batch.isRepeat, queue.records], [
      2,
      40,
      false,
      0,
    ]);
    batch.putBack();
    assertEquals(queue.records, 2);
    queue.next()!.done();
    assertEquals([queue.next(), queue.records], [undefined, 0]);
    // A file that somebody takes away is counted.
    queue.put(new Uint8Array(10), 4);
    for (const { name } of Deno.readDirSync(`${folder}/x`)) {
      if (name.endsWith(".batch")) Deno.removeSync(`${folder}/x/${name}`);
    }
    assertEquals([queue.next(), queue.expire()], [undefined, 4]);
    await Promise.resolve();
  });
  assertThrows(() => fileSpool({ folder: "x", bytesMax: 0 }), RangeError, "bytesMax is 0");
});
