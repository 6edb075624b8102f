import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { zstdCompressSync } from "node:zlib";
import { createTelemetry, otlp } from "../../mod.ts";
import { CaptureError, raritiesOf, readCapture } from "./capture.ts";
import type { TrueTrace } from "./world.ts";

async function withFile(content: Uint8Array | string, use: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

async function all(path: string): Promise<TrueTrace[]> {
  return await Array.fromAsync(readCapture(path));
}

const span = (traceId: string, spanId: number, parent: number, startMs: number, code = 0) => ({
  traceId: traceId.repeat(16),
  spanId: String(spanId).padStart(16, "0"),
  parentSpanId: parent === 0 ? "" : String(parent).padStart(16, "0"),
  name: `op ${spanId}`,
  kind: 2,
  startTimeUnixNano: String(1_700_000_000_000_000_000n + BigInt(startMs * 1e6)),
  endTimeUnixNano: String(1_700_000_000_100_000_000n + BigInt(startMs * 1e6)),
  status: code === 0 ? {} : { code, message: "out of tea" },
  attributes: [{ key: "http.route", value: { stringValue: "/tea" } }],
});

const line = (service: string, ...spans: unknown[]) =>
  JSON.stringify({
    resourceSpans: [{
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: "x" }, spans }],
    }],
  });

Deno.test("JSON lines as the Collector's file exporter writes them are traces, in order", async () => {
  const text = [
    // A child comes before its parent, another signal stands between.
    line("orders", span("aa", 2, 1, 2, 2), span("aa", 3, 9, 7)),
    '{"resourceLogs":[]}',
    "",
    line("gateway", span("bb", 5, 0, 40_000), span("aa", 1, 0, 0)),
  ].join("\n");
  await withFile(`${text}\n`, async (path) => {
    const traces = await all(path);
    assertEquals(traces.map(({ isError }) => isError), [true, false]);
    const [first, second] = traces;
    assertEquals(second.startMs - first.startMs, 40_000);
    assertEquals(
      first.spans.map(({ service, parent, start, isError }) => [
        service,
        parent,
        start.name,
        start.kind,
        isError,
      ]),
      [
        ["gateway", -1, "op 1", 1, false],
        ["orders", 0, "op 2", 1, true],
        // Its parent is not in the file: it hangs below the root.
        ["orders", 0, "op 3", 1, false],
      ],
    );
    assertEquals(first.spans[1].statusMessage, "out of tea");
    assertEquals(first.spans[1].attributes, { "http.route": "/tea" });
    assertEquals([first.spans[1].startMs, first.spans[1].durationMs], [2, 100]);
    assertEquals((await raritiesOf(path)).size, 0);
  });
});

/** What the exporter sends, as the file exporter keeps it: a length of four bytes before each. */
async function protobufFile(compress: (body: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  const messages: Uint8Array[] = [];
  const telemetry = createTelemetry({
    service: "captured",
    sinks: [otlp({
      endpoint: "http://127.0.0.1",
      signals: ["traces"],
      limits: { batchRecords: 10 },
      fetch: (_input, init) => {
        const body = compress(new Uint8Array(init?.body as Uint8Array));
        const length = new Uint8Array(4);
        new DataView(length.buffer).setUint32(0, body.length);
        messages.push(length, body);
        return Promise.resolve(new Response());
      },
    })],
  });
  for (let index = 0; index < 40; index++) {
    telemetry.span("root", (root) => root.span(`child ${index % 2}`, () => {}));
  }
  await telemetry.shutdown();
  return new Uint8Array(await new Blob(messages as BlobPart[]).arrayBuffer());
}

Deno.test("protobuf with lengths, plain and by zstd, holds the same traces", async () => {
  for (
    const compress of [(body: Uint8Array) => body, (body: Uint8Array) => zstdCompressSync(body)]
  ) {
    await withFile(await protobufFile(compress), async (path) => {
      const traces = await all(path);
      assertEquals(traces.length, 40);
      assertEquals(new Set(traces.map(({ path }) => path)).size, 2);
      assert(
        traces.every(({ spans: [root, child] }) =>
          root.start.name === "root" && child.parent === 0
        ),
      );
    });
  }
});

Deno.test("files of a Collector 0.161.0 hold the same traces in each of its formats", async () => {
  const file = (name: string) =>
    fromFileUrl(new URL(`testdata/collector.${name}`, import.meta.url));
  const [lines, ...others] = await Promise.all(
    ["ndjson", "ndjson.zst", "binpb", "binpb.zst"].map((name) => all(file(name))),
  );
  assertEquals(lines.length, 16);
  assertEquals(lines.filter(({ isError }) => isError).length, 1);
  assertEquals(Math.max(...lines.map(({ spans }) => spans.length)), 17);
  assertEquals(new Set(lines.flatMap(({ spans }) => spans.map(({ service }) => service))).size, 5);
  for (const other of others) assertEquals(other, lines);
});

Deno.test("a capture that can't be read is named, with the message and what is wrong", async () => {
  const whole = await protobufFile((body) => body);
  const cases: [content: Uint8Array | string, message: string][] = [
    ['{"resourceSpans":[]}\n', "there are no spans in it"],
    ["", "there are no spans in it"],
    [`${line("x", span("aa", 1, 0, 0))}\n{"resourceSpans":\n`, ":2: "],
    [line("x", { traceId: 1 }), ":1: "],
    ["name,duration\ncheckout,3\n", ":1: it is neither OTLP JSON"],
    [whole.subarray(0, whole.length - 3), "the file ends within this message"],
  ];
  for (const [content, message] of cases) {
    await withFile(content, async (path) => {
      await assertRejects(() => all(path), CaptureError, message);
    });
  }
  await assertRejects(() => all("/nowhere"), CaptureError, "--capture /nowhere: ");
});
