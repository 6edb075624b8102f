import type { Item, Order, Product } from "./model.ts";
import {
  type CatalogStore,
  type Charge,
  FIRST_STOCK,
  type OrderStore,
  type PaymentStore,
  type Queue,
  type Storage,
} from "./storage.ts";

/** Orders, charges and reservations kept at most; the oldest go. A demo must not grow for ever. */
const MAX_KEPT = 10_000;

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (map.size >= MAX_KEPT && !map.has(key)) map.delete(map.keys().next().value!);
  map.set(key, value);
}

function memoryCatalog(): CatalogStore {
  const products = new Map<string, Product>(FIRST_STOCK.map((one) => [one.sku, one]));
  const reservations = new Map<string, readonly Item[]>();
  const change = (sku: string, by: number) => {
    const product = products.get(sku)!;
    products.set(sku, { ...product, stock: product.stock + by });
  };
  return {
    list: () => [...products.values()],
    get: (sku) => products.get(sku),
    search: (text) =>
      [...products.values()].filter(({ name }) => name.toLowerCase().includes(text.toLowerCase())),
    reserve(orderId, items) {
      if (reservations.has(orderId)) return undefined;
      for (const { sku, quantity } of items) {
        const available = products.get(sku)?.stock;
        if (available === undefined || available < quantity) {
          return { sku, wanted: quantity, available };
        }
      }
      for (const { sku, quantity } of items) change(sku, -quantity);
      keep(reservations, orderId, items);
      return undefined;
    },
    release(orderId) {
      const items = reservations.get(orderId);
      if (items === undefined) return false;
      for (const { sku, quantity } of items) change(sku, quantity);
      reservations.delete(orderId);
      return true;
    },
  };
}

function memoryOrders(): OrderStore {
  const orders = new Map<string, Order>();
  return {
    create: (order) => keep(orders, order.id, order),
    get: (id) => orders.get(id),
    setStatus(id, status, reason) {
      const order = orders.get(id);
      if (order !== undefined) orders.set(id, { ...order, status, reason });
    },
  };
}

function memoryPayments(): PaymentStore {
  const charges = new Map<string, Charge>();
  return {
    find: (key) => charges.get(key),
    save: (key, charge) => keep(charges, key, charge),
    remove: (key) => charges.delete(key),
  };
}

function memoryQueue(): Queue {
  interface Entry {
    readonly text: string;
    readonly metadata: Record<string, string>;
    attempts: number;
    hiddenUntilMs: number;
  }
  const entries = new Map<number, Entry>();
  let lastId = 0;
  let buried = 0;
  return {
    send(body, metadata) {
      entries.set(++lastId, {
        text: JSON.stringify(body),
        metadata: { ...metadata },
        attempts: 0,
        hiddenUntilMs: 0,
      });
      return lastId;
    },
    receive(nowMs, visibilityMs) {
      for (const [id, entry] of entries) {
        if (entry.hiddenUntilMs > nowMs) continue;
        entry.attempts++;
        entry.hiddenUntilMs = nowMs + visibilityMs;
        const { text, metadata, attempts } = entry;
        return { id, body: JSON.parse(text), metadata: { ...metadata }, attempts };
      }
      return undefined;
    },
    acknowledge: (id) => void entries.delete(id),
    bury(id) {
      if (entries.delete(id)) buried++;
    },
    depth: () => entries.size,
    buried: () => buried,
  };
}

/** The shop's data in memory: for Workers, and for tests. */
export function memoryStorage(): Storage {
  return {
    catalog: memoryCatalog(),
    orders: memoryOrders(),
    payments: memoryPayments(),
    queue: memoryQueue(),
    close: () => {},
  };
}
