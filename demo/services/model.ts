import { z } from "zod";

/** The services of the shop, in the order a checkout visits them. */
export const SERVICES = ["gateway", "orders", "catalog", "payments", "shipping"] as const;

/** One of {@linkcode SERVICES}. */
export type ServiceName = (typeof SERVICES)[number];

/** Something for sale. */
export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
}

/** The state of an order: from pending to paid and shipped, or failed. */
export type OrderStatus = "pending" | "paid" | "shipped" | "failed";

const item = z.object({
  sku: z.string().min(1).max(64),
  quantity: z.int().min(1).max(100),
});

/** What some of a product is. */
export type Item = z.infer<typeof item>;

/** What an order is. */
export interface Order {
  readonly id: string;
  readonly email: string;
  readonly items: readonly Item[];
  readonly totalCents: number;
  readonly status: OrderStatus;
  readonly reason: string | null;
}

const cardNumber = z.string().regex(/^\d{12,19}$/, "12 to 19 digits");

/** The body of `POST /checkout` at the gateway and of `POST /orders`. */
export const checkoutBody = z.strictObject({
  items: z.array(item).min(1).max(20),
  card: z.strictObject({ number: cardNumber }),
  email: z.email().max(254),
});

/** A checkout. */
export type Checkout = z.infer<typeof checkoutBody>;

/** The body of `POST /reservations` at the catalog. */
export const reservationBody = z.strictObject({
  orderId: z.string().min(1).max(64),
  items: z.array(item).min(1).max(20),
});

/** The body of `POST /charges` at payments. */
export const chargeBody = z.strictObject({
  orderId: z.string().min(1).max(64),
  amountCents: z.int().min(1),
  card: z.strictObject({ number: cardNumber }),
});

/** The body of `PATCH /orders/:id`. */
export const orderPatch = z.strictObject({ status: z.literal("shipped") });

/** What the queue carries when an order is paid. */
export const orderPlaced = z.strictObject({
  orderId: z.string(),
  items: z.array(item),
  email: z.string(),
});

/** A card's last four digits: all of it that is ever logged. */
export function lastFour(number: string): string {
  return number.slice(-4);
}
