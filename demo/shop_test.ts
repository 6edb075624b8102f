import { assert, assertEquals, assertMatch } from "@std/assert";
import { createTelemetry, memory, type MemorySink, type Telemetry } from "../mod.ts";
import { deno } from "../lib/runtime/deno.ts";
import { auditKey, verifyAudit } from "../lib/audit/mod.ts";
import type { FaultLevel } from "./services/faults.ts";
import { type ServiceName, SERVICES } from "./services/model.ts";
import { type Shop, startShop } from "./shop.ts";

const GOOD = {
  items: [{ sku: "tea", quantity: 2 }],
  card: { number: "4242424242424242" },
  email: "ada@example.com",
};

/** Runs a shop on free ports, with what each service recorded. */
async function withShop(
  work: (shop: Shop, sinks: Record<ServiceName, MemorySink>) => Promise<void>,
  faults: FaultLevel = "off",
): Promise<void> {
  const sinks = Object.fromEntries(SERVICES.map((one) => [one, memory()])) as Record<
    ServiceName,
    MemorySink
  >;
  const runtime = deno({ flushOnExit: false });
  const telemetryFor = (service: ServiceName): Telemetry =>
    createTelemetry({ service, sinks: [sinks[service]], runtime, transaction: {} });
  const shop = await startShop({
    seed: 1,
    faults,
    ports: { gateway: 0, catalog: 0, orders: 0, payments: 0, shipping: 0 },
    dataDirectory: undefined,
    telemetryFor,
  });
  try {
    await work(shop, sinks);
  } finally {
    await shop.stop();
  }
}

async function post(
  shop: Shop,
  body: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${shop.urls.gateway}/checkout`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  return await (await fetch(url)).json();
}

Deno.test("a checkout is one trace through four services, and shipping's links to it", async () => {
  await withShop(async (shop, sinks) => {
    const { status, body } = await post(shop, GOOD);
    assertEquals(status, 201);
    const orderUrl = `${shop.urls.gateway}/orders/${body.orderId}`;
    let order = await getJson(orderUrl);
    for (let tries = 0; order.status !== "shipped" && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order = await getJson(orderUrl);
    }
    assertEquals(order.status, "shipped");
    const checkout = sinks.gateway.spans.find(({ name }) => name === "POST /checkout")!;
    for (const service of ["orders", "catalog", "payments"] as const) {
      assert(
        sinks[service].spans.some(({ traceId }) => traceId === checkout.traceId),
        `${service} is not in the trace`,
      );
    }
    const producer = sinks.orders.spans.find(({ name }) => name === "send orders.placed")!;
    const consumer = sinks.shipping.spans.find(({ name }) => name === "process orders.placed")!;
    assertEquals(producer.traceId, checkout.traceId);
    assert(consumer.traceId !== checkout.traceId);
    assertEquals(consumer.parentSpanId, "");
    assertEquals(consumer.links?.[0].context.traceId, checkout.traceId);
    assertEquals(consumer.links?.[0].context.spanId, producer.spanId);
    assertMatch(String(checkout.transactionId), /^[0-9a-f]{24}$/);
    assertEquals(consumer.transactionId, checkout.transactionId);
    const packed = sinks.shipping.logs.find(({ message }) => message === "parcel sent")!;
    assertEquals(packed.transactionId, checkout.transactionId);
    assertEquals(packed.span?.spanId, consumer.spanId);
  });
});

Deno.test("no log line and no span holds a card number", async () => {
  await withShop(async (shop, sinks) => {
    await post(shop, GOOD);
    const lines = SERVICES.flatMap((one) => sinks[one].logs.map(({ fields }) => fields));
    const spans = SERVICES.flatMap((one) => sinks[one].spans.map((span) => span.attributes()));
    assert(lines.length > 3 && spans.length > 8);
    assert(!JSON.stringify([lines, spans]).includes(GOOD.card.number));
  });
});

Deno.test("a declined card leaves stock and order as they must be", async () => {
  await withShop(async (shop, sinks) => {
    const before = await getJson(`${shop.urls.catalog}/products/tea`);
    const { status, body } = await post(shop, { ...GOOD, card: { number: "4000000000000002" } });
    assertEquals(status, 402);
    assertEquals(body.error, "card declined");
    assertEquals((await getJson(`${shop.urls.catalog}/products/tea`)).stock, before.stock);
    const order = await getJson(`${shop.urls.gateway}/orders/${body.orderId}`);
    assertEquals([order.status, order.reason], ["failed", "card declined"]);
    assert(sinks.payments.logs.some(({ message }) => message === "card declined"));
  });
});

Deno.test("out of stock and unknown products are refused, and nothing is reserved", async () => {
  await withShop(async (shop) => {
    const items = [{ sku: "tea", quantity: 1 }, { sku: "astrolabe", quantity: 1 }];
    const before = await getJson(`${shop.urls.catalog}/products/tea`);
    assertEquals((await post(shop, { ...GOOD, items })).status, 409);
    assertEquals(
      (await post(shop, { ...GOOD, items: [{ sku: "moon", quantity: 1 }] })).status,
      409,
    );
    assertEquals((await getJson(`${shop.urls.catalog}/products/tea`)).stock, before.stock);
  });
});

Deno.test("with many faults every order ends paid or failed, charged once or not at all", async () => {
  await withShop(async (shop, sinks) => {
    let retries = 0;
    const before = await getJson(`${shop.urls.catalog}/products/tea`);
    let sold = 0;
    for (let index = 0; index < 30; index++) {
      const { status, body } = await post(shop, GOOD);
      const order = await getJson(`${shop.urls.orders}/orders/${body.orderId}`);
      assertEquals(order.status === "failed", status !== 201, JSON.stringify(order));
      if (status === 201) sold += 2;
    }
    retries = sinks.orders.logs.filter(({ message }) => message === "charge retried").length;
    assert(retries > 0, "the seed shows no retry");
    const after = await getJson(`${shop.urls.catalog}/products/tea`);
    assertEquals(Number(before.stock) - Number(after.stock), sold);
  }, "many");
});

Deno.test("bad bodies get 400 with the field and the reason, unknown paths 404", async () => {
  await withShop(async (shop) => {
    const cases: [body: unknown, field: string][] = [
      [{ ...GOOD, email: "no" }, "email"],
      [{ ...GOOD, items: [] }, "items"],
      [{ ...GOOD, items: [{ sku: "tea", quantity: 0 }] }, "items.0.quantity"],
      [{ ...GOOD, card: { number: "12" } }, "card.number"],
    ];
    for (const [body, field] of cases) {
      const answer = await post(shop, body);
      assertEquals(answer.status, 400);
      assertEquals((answer.body.issues as { field: string }[])[0].field, field);
    }
    assertEquals(await post(shop, "{"), { status: 400, body: { error: "body is not JSON" } });
    const response = await fetch(`${shop.urls.gateway}/nowhere`);
    assertEquals(response.status, 404);
    assertEquals(await response.json(), { error: "not found", path: "/nowhere" });
  });
});

Deno.test("a port in use is named with the flag that changes it", async () => {
  const taken = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(),
  );
  try {
    let message = "";
    await startShop({
      seed: 1,
      faults: "off",
      ports: { gateway: taken.addr.port, catalog: 0, orders: 0, payments: 0, shipping: 0 },
      dataDirectory: undefined,
      telemetryFor: (service) => createTelemetry({ service }),
    }).catch((error) => message = error.message);
    assertMatch(message, /^Port \d+ for gateway is in use; choose another with --gateway-port/);
  } finally {
    await taken.shutdown();
  }
});

Deno.test("each charge and decline is in the audit trail, with its trace and transaction", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const runtime = deno({ flushOnExit: false });
    const shop = await startShop({
      seed: 1,
      faults: "off",
      ports: { gateway: 0, catalog: 0, orders: 0, payments: 0, shipping: 0 },
      dataDirectory: folder,
      telemetryFor: (service) =>
        createTelemetry({ service, sinks: [memory()], runtime, transaction: {} }),
    });
    try {
      assertEquals((await post(shop, GOOD)).status, 201);
      const declined = { ...GOOD, card: { number: "4000000000000002" } };
      assertEquals((await post(shop, declined)).status, 402);
      assertEquals(shop.audit.head.size, 2);
    } finally {
      await shop.stop();
    }
    const text = await Deno.readTextFile(`${folder}/audit.ndjson`);
    const jwk = JSON.parse(await Deno.readTextFile(`${folder}/audit.key.public`));
    const verdict = await verifyAudit(text, { key: await auditKey(jwk), head: shop.audit.head });
    assertEquals([verdict.isWhole, verdict.entries], [true, 2]);
    const [charged, , refused] = text.split("\n").map((line) =>
      line === "" ? {} : JSON.parse(line)
    );
    assertEquals([charged.data.what, refused.data.what], ["card charged", "card declined"]);
    assertEquals(charged.trace_id.length, 32);
    assert(charged.transaction_id !== refused.transaction_id);
    assert(!text.includes("4242424242424242"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
