import type { Item, Order, OrderStatus, Product } from "./model.ts";

/** Why a reservation was refused. */
export interface Shortage {
  readonly sku: string;
  readonly wanted: number;
  /** What is left; undefined when there is no such product. */
  readonly available: number | undefined;
}

/** The catalog's data. */
export interface CatalogStore {
  list(): Product[];
  get(sku: string): Product | undefined;
  search(text: string): Product[];
  /** Takes all items or none; a second time for one order changes nothing. */
  reserve(orderId: string, items: readonly Item[]): Shortage | undefined;
  /** Gives back what an order had reserved; false when there was nothing. */
  release(orderId: string): boolean;
}

/** The orders' data. */
export interface OrderStore {
  create(order: Order): void;
  get(id: string): Order | undefined;
  setStatus(id: string, status: OrderStatus, reason: string | null): void;
}

/** A payment made. */
export interface Charge {
  readonly id: string;
  readonly orderId: string;
  readonly amountCents: number;
  readonly lastFour: string;
}

/** The payments' data. */
export interface PaymentStore {
  /** The charge made under an idempotency key. */
  find(key: string): Charge | undefined;
  save(key: string, charge: Charge): void;
  /** Takes a charge back; false when there was none. */
  remove(key: string): boolean;
}

/** A message as the queue gives it out. */
export interface QueueMessage {
  readonly id: number;
  readonly body: unknown;
  /** What travels beside the body: trace context, baggage. */
  readonly metadata: Record<string, string>;
  /** How often it was given out, this time included. */
  readonly attempts: number;
}

/** A small queue: at least once, in order, with a dead letter list. */
export interface Queue {
  send(body: unknown, metadata: Record<string, string>): number;
  /** The next message, hidden from others for `visibilityMs`. */
  receive(nowMs: number, visibilityMs: number): QueueMessage | undefined;
  /** It was worked on. */
  acknowledge(id: number): void;
  /** It failed for good: kept apart. */
  bury(id: number): void;
  /** Messages that wait or are being worked on. */
  depth(): number;
  /** Messages that failed for good. */
  buried(): number;
}

/** All data of the shop. */
export interface Storage {
  readonly catalog: CatalogStore;
  readonly orders: OrderStore;
  readonly payments: PaymentStore;
  readonly queue: Queue;
  close(): void;
}

/** What the shop sells at first. One item has run out. */
export const FIRST_STOCK: readonly Product[] = [
  { sku: "tea", name: "Green tea", priceCents: 650, stock: 100_000 },
  { sku: "coffee", name: "Coffee beans", priceCents: 1290, stock: 100_000 },
  { sku: "mug", name: "Enamel mug", priceCents: 1450, stock: 100_000 },
  { sku: "kettle", name: "Water kettle", priceCents: 4900, stock: 100_000 },
  { sku: "sextant", name: "Brass sextant", priceCents: 24_900, stock: 100_000 },
  { sku: "compass", name: "Pocket compass", priceCents: 3900, stock: 100_000 },
  { sku: "lantern", name: "Storm lantern", priceCents: 5600, stock: 100_000 },
  { sku: "astrolabe", name: "Astrolabe", priceCents: 99_000, stock: 0 },
];
