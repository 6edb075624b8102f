import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Miniflare } from "miniflare";
import { type DecodedLog, type DecodedSpan, decodeLogs, decodeTraces } from "../lib/testing/mod.ts";

const WORKER = fromFileUrl(new URL("./worker.ts", import.meta.url));

/** The Worker as one module, as it would be deployed. */
async function bundled(): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--platform=browser", "--external=node:async_hooks", "-o", path, WORKER],
      stdin: "null",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return await Deno.readTextFile(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test({
  name: "the shop runs as a Worker in workerd, and its telemetry arrives",
  // Miniflare keeps pooled connections of its own for a while.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const script = await bundled();
    assertEquals(/\bDeno\b\./.test(script), false);
    const spans: DecodedSpan[] = [];
    const logs: DecodedLog[] = [];
    const sink = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const body = new Uint8Array(await request.arrayBuffer());
        const type = request.headers.get("content-type")!;
        if (request.url.endsWith("/v1/traces")) spans.push(...decodeTraces(body, type));
        else logs.push(...decodeLogs(body, type));
        return new Response(null, { headers: { "content-type": type } });
      },
    );
    const workerd = new Miniflare({
      modules: true,
      script,
      compatibilityDate: "2026-07-01",
      compatibilityFlags: ["nodejs_als"],
      host: "127.0.0.1",
      port: 0,
      bindings: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.addr.port}` },
    });
    try {
      const response = await fetch(new URL("/checkout", await workerd.ready), {
        method: "POST",
        body: JSON.stringify({
          items: [{ sku: "tea", quantity: 1 }],
          card: { number: "4242424242424242" },
          email: "ada@example.com",
        }),
      });
      const order = await response.json();
      assertEquals([response.status, order.status], [201, "paid"]);
      for (let tries = 0; !spans.some(isConsumer) && tries < 250; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const consumer = spans.find(isConsumer)!;
      const checkout = spans.find(({ name }) => name === "POST /checkout")!;
      const services = new Set(
        spans.filter(({ traceId }) => traceId === checkout.traceId)
          .map(({ resource }) => resource["service.name"]),
      );
      assertEquals([...services].toSorted(), ["catalog", "gateway", "orders", "payments"]);
      assertEquals(consumer.resource["service.name"], "shipping");
      assertEquals(consumer.links[0].traceId, checkout.traceId);
      assertEquals(
        consumer.attributes["transaction.id"],
        checkout.attributes["transaction.id"],
      );
      assert(logs.some(({ body }) => body === "parcel sent"));
    } finally {
      await workerd.dispose();
      await sink.shutdown();
    }
  },
});

function isConsumer({ name }: DecodedSpan): boolean {
  return name === "process orders.placed";
}
