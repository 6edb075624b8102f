import type { Span, Telemetry } from "../../mod.ts";
import type { AuditTrail } from "../../lib/audit/mod.ts";
import { readBody, type ShopApp, shopApp } from "./app.ts";
import type { Faults } from "./faults.ts";
import { chargeBody, lastFour } from "./model.ts";
import type { PaymentStore } from "./storage.ts";

/** What payments needs. */
export interface PaymentsParts {
  readonly telemetry: Telemetry;
  readonly store: PaymentStore;
  readonly faults: Faults;
  /** Where charges are recorded; undefined: nowhere, as in a load test. */
  readonly audit?: Pick<AuditTrail, "append">;
}

/** The bank declines every card that ends in these digits. */
export const DECLINED_ENDING = "0002";

/** Charges cards: once per idempotency key, however often it is asked. */
export function createPayments({ telemetry, store, faults, audit }: PaymentsParts): ShopApp {
  const app = shopApp(telemetry);
  // Before the answer: what was answered is in the trail.
  const record = async (span: Span, what: string, details: Record<string, unknown>) => {
    const { traceId, transactionId } = span;
    await audit?.append({ what, ...details }, { traceId, transactionId });
  };

  app.post("/charges", async (c) => {
    const { orderId, amountCents, card } = await readBody(c, chargeBody);
    const key = c.req.header("idempotency-key") ?? orderId;
    const { log } = c.var.span;
    const known = store.find(key);
    if (known !== undefined) {
      log.info("charge repeated", { orderId, chargeId: known.id });
      return c.json({ chargeId: known.id }, 200);
    }
    if (faults.isUnavailable()) {
      log.error("bank unavailable", { orderId });
      return c.json({ error: "bank unavailable" }, 503, { "retry-after": "0" });
    }
    const ending = lastFour(card.number);
    const isDeclined = c.var.span.span("authorise card", { "card.last_four": ending }, (span) => {
      const declined = ending === DECLINED_ENDING || faults.isDeclined();
      span.setAttribute("payment.declined", declined);
      return declined;
    });
    if (isDeclined) {
      log.warn("card declined", { orderId, amountCents, card: ending });
      await record(c.var.span, "card declined", { orderId, amountCents, card: ending });
      return c.json({ error: "card declined" }, 402);
    }
    const chargeId = `ch_${key}`;
    store.save(key, { id: chargeId, orderId, amountCents, lastFour: ending });
    log.info("card charged", { orderId, chargeId, amountCents, card: ending });
    await record(c.var.span, "card charged", { orderId, chargeId, amountCents, card: ending });
    if (faults.isReplyLost()) {
      log.error("bank reply lost", { orderId, chargeId });
      return c.json({ error: "bank reply lost" }, 503, { "retry-after": "0" });
    }
    return c.json({ chargeId }, 201);
  });

  app.delete("/charges/:key", async (c) => {
    const key = c.req.param("key");
    const isVoided = store.remove(key);
    c.var.span.log.info("charge voided", { key, isVoided });
    if (isVoided) await record(c.var.span, "charge voided", { key });
    return c.json({ key, isVoided });
  });

  return app;
}
