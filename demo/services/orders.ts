import { type Span, SpanKind, type Telemetry } from "../../mod.ts";
import { jsonRequest, readBody, type ShopApp, shopApp } from "./app.ts";
import { type Checkout, checkoutBody, type Item, type Order, orderPatch } from "./model.ts";
import type { OrderStore, Queue } from "./storage.ts";

/** What orders needs. */
export interface OrdersParts {
  readonly telemetry: Telemetry;
  readonly store: OrderStore;
  readonly queue: Queue;
  /** Where the catalog and payments are. */
  readonly urls: { readonly catalog: string; readonly payments: string };
}

/** How often a charge is tried in all. */
const CHARGE_ATTEMPTS = 3;

/** Why an order could not be placed, as it is answered. */
interface Refusal {
  readonly status: 402 | 409 | 502;
  readonly reason: string;
}

/** Places orders: stock first, then money, then the message to shipping; or nothing of it. */
export function createOrders(parts: OrdersParts): ShopApp {
  const { telemetry, store, queue } = parts;
  const app = shopApp(telemetry);

  app.post("/orders", async (c) => {
    const checkout = await readBody(c, checkoutBody);
    const id = `o_${crypto.randomUUID().slice(0, 13)}`;
    const { span } = c.var;
    span.setAttribute("order.id", id);
    span.log.info("order received", { orderId: id, items: checkout.items.length });
    const refusal = await place(parts, span, id, checkout);
    if (refusal !== undefined) {
      span.log.warn("order failed", { orderId: id, reason: refusal.reason });
      return c.json({ error: refusal.reason, orderId: id }, refusal.status);
    }
    ship(telemetry, queue, span, id, checkout);
    return c.json({ orderId: id, status: "paid" }, 201);
  });

  app.get("/orders/:id", (c) => {
    const order = store.get(c.req.param("id"));
    return order === undefined ? c.json({ error: "no such order" }, 404) : c.json(order);
  });

  app.patch("/orders/:id", async (c) => {
    const { status } = await readBody(c, orderPatch);
    const id = c.req.param("id");
    if (store.get(id) === undefined) return c.json({ error: "no such order" }, 404);
    store.setStatus(id, status, null);
    c.var.span.log.info("order shipped", { orderId: id });
    return c.json({ orderId: id, status });
  });

  return app;
}

async function place(
  { telemetry, store, urls }: OrdersParts,
  span: Span,
  id: string,
  { items, email, card }: Checkout,
): Promise<Refusal | undefined> {
  const prices = await priceOf(telemetry, urls.catalog, span, items);
  const order: Order = {
    id,
    email,
    items,
    totalCents: prices.totalCents,
    status: "pending",
    reason: null,
  };
  store.create(order);
  const fail = (status: Refusal["status"], reason: string): Refusal => {
    store.setStatus(id, "failed", reason);
    return { status, reason };
  };
  if (prices.missing !== undefined) return fail(409, `no such product: ${prices.missing}`);
  const reserved = await telemetry.fetch(`${urls.catalog}/reservations`, {
    ...jsonRequest("POST", { orderId: id, items }),
    parent: span,
  });
  await reserved.body?.cancel();
  if (reserved.status !== 201) return fail(reserved.status === 409 ? 409 : 502, "out of stock");
  const charged = await charge(telemetry, urls.payments, span, order, card.number);
  if (charged === "charged") {
    store.setStatus(id, "paid", null);
    span.log.info("order paid", { orderId: id, totalCents: order.totalCents });
    return undefined;
  }
  await compensate(telemetry, urls, span, id, charged === "unknown");
  return charged === "declined" ? fail(402, "card declined") : fail(502, "payment failed");
}

function priceOf(
  telemetry: Telemetry,
  catalogUrl: string,
  parent: Span,
  items: readonly Item[],
): Promise<{ totalCents: number; missing: string | undefined }> {
  return parent.span("price order", { "order.items": items.length }, async (span) => {
    let totalCents = 0;
    for (const { sku, quantity } of items) {
      const response = await telemetry.fetch(
        `${catalogUrl}/products/${encodeURIComponent(sku)}`,
        { parent: span },
      );
      if (!response.ok) {
        await response.body?.cancel();
        return { totalCents, missing: sku };
      }
      totalCents += quantity * ((await response.json()) as { priceCents: number }).priceCents;
    }
    span.setAttribute("order.total_cents", totalCents);
    return { totalCents, missing: undefined };
  });
}

/** Charges the card; one key for all attempts, so that no attempt charges twice. */
function charge(
  telemetry: Telemetry,
  paymentsUrl: string,
  parent: Span,
  { id, totalCents }: Order,
  number: string,
): Promise<"charged" | "declined" | "unknown"> {
  return parent.span("charge card", { "order.id": id }, async (span) => {
    for (let attempt = 1; attempt <= CHARGE_ATTEMPTS; attempt++) {
      if (attempt > 1) {
        span.addEvent("retry", { "http.request.resend_count": attempt - 1 });
        span.log.warn("charge retried", { orderId: id, attempt });
      }
      const response = await telemetry.fetch(`${paymentsUrl}/charges`, {
        ...jsonRequest("POST", { orderId: id, amountCents: totalCents, card: { number } }, {
          "idempotency-key": id,
        }),
        parent: span,
      });
      await response.body?.cancel();
      if (response.ok) return "charged";
      if (response.status !== 503) return "declined";
    }
    span.setStatus({ code: "error", message: "payments did not answer" });
    return "unknown";
  });
}

/** Takes back what was done before it failed: the stock, and a charge that may have been made. */
function compensate(
  telemetry: Telemetry,
  urls: OrdersParts["urls"],
  parent: Span,
  id: string,
  mayBeCharged: boolean,
): Promise<void> {
  return parent.span("compensate order", { "order.id": id }, async (span) => {
    const targets = [`${urls.catalog}/reservations/${id}`];
    if (mayBeCharged) targets.push(`${urls.payments}/charges/${id}`);
    for (const target of targets) {
      const response = await telemetry.fetch(target, { method: "DELETE", parent: span });
      await response.body?.cancel();
      if (!response.ok) span.log.error("compensation failed", { orderId: id, target });
    }
  });
}

/** Tells shipping, through the queue: the trace goes along in the message's metadata. */
function ship(
  telemetry: Telemetry,
  queue: Queue,
  parent: Span,
  orderId: string,
  { items, email }: Checkout,
): void {
  parent.span({
    name: "send orders.placed",
    kind: SpanKind.PRODUCER,
    attributes: {
      "messaging.system": "sqlite",
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
      "messaging.destination.name": "orders.placed",
    },
  }, (span) => {
    const metadata: Record<string, string> = {};
    telemetry.inject(metadata, span);
    const messageId = queue.send({ orderId, items, email }, metadata);
    span.setAttribute("messaging.message.id", String(messageId));
  });
}
