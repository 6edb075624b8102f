import { SpanKind, type Telemetry } from "../../mod.ts";
import { jsonRequest, type ShopApp, shopApp } from "./app.ts";
import { orderPlaced } from "./model.ts";
import type { Queue, QueueMessage } from "./storage.ts";

/** What shipping needs. */
export interface ShippingParts {
  readonly telemetry: Telemetry;
  readonly queue: Queue;
  /** Where orders is. */
  readonly urls: { readonly orders: string };
  /** Milliseconds since the epoch; default the platform's clock. */
  readonly nowMs?: () => number;
}

/** A message that failed this often is put aside. */
export const MAX_ATTEMPTS = 3;
/** How long a message is nobody else's once it was given out. */
export const VISIBILITY_MS = 2000;

/** Shipping: works from the queue, and says how long that is. */
export interface Shipping {
  readonly app: ShopApp;
  /** Works on the next message; false when there was none. */
  workOnce(): Promise<boolean>;
}

/** Ships what the queue says. The consumer's span begins a trace and links to the producer's. */
export function createShipping(parts: ShippingParts): Shipping {
  const { telemetry, queue } = parts;
  const nowMs = parts.nowMs ?? (() => Date.now());
  const app = shopApp(telemetry);
  app.get("/queue", (c) => c.json({ depth: queue.depth(), buried: queue.buried() }));
  return {
    app,
    async workOnce() {
      const message = queue.receive(nowMs(), VISIBILITY_MS);
      if (message === undefined) return false;
      await process(parts, message);
      return true;
    },
  };
}

async function process(parts: ShippingParts, message: QueueMessage): Promise<void> {
  const { telemetry, queue } = parts;
  const context = telemetry.extract(message.metadata);
  try {
    await telemetry.span({
      name: "process orders.placed",
      kind: SpanKind.CONSUMER,
      root: true,
      context,
      links: context.parent === undefined ? [] : [{ context: context.parent }],
      attributes: {
        "messaging.system": "sqlite",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "orders.placed",
        "messaging.message.id": String(message.id),
        "messaging.delivery_attempt": message.attempts,
      },
    }, async (span) => {
      const { orderId, items } = orderPlaced.parse(message.body);
      span.setAttribute("order.id", orderId);
      span.span("pack parcel", { "order.items": items.length }, () => items.length);
      const response = await telemetry.fetch(`${parts.urls.orders}/orders/${orderId}`, {
        ...jsonRequest("PATCH", { status: "shipped" }),
        parent: span,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`orders answered ${response.status} for ${orderId}`);
      span.log.info("parcel sent", { orderId, parcels: items.length });
    });
    queue.acknowledge(message.id);
  } catch (error) {
    // The span has the error; here only the message's fate is decided.
    const isLast = message.attempts >= MAX_ATTEMPTS;
    if (isLast) queue.bury(message.id);
    telemetry.log.within(context).error("message failed", {
      messageId: message.id,
      attempts: message.attempts,
      isBuried: isLast,
      reason: String(error),
    });
  }
}
