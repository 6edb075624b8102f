import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Item, Order, OrderStatus, Product } from "./model.ts";
import {
  type CatalogStore,
  FIRST_STOCK,
  type OrderStore,
  type PaymentStore,
  type Queue,
  type Storage,
} from "./storage.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS products (
    sku TEXT PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL,
    stock INTEGER NOT NULL CHECK (stock >= 0)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reservations (
    order_id TEXT NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, sku)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, email TEXT NOT NULL, items TEXT NOT NULL, total_cents INTEGER NOT NULL,
    status TEXT NOT NULL, reason TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS charges (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, order_id TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    last_four TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, metadata TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, hidden_until_ms REAL NOT NULL DEFAULT 0,
    is_buried INTEGER NOT NULL DEFAULT 0
  ) STRICT;
`;

type Row = Record<string, unknown>;

function transaction<R>(database: DatabaseSync, work: () => R): R {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function productOf(row: Row): Product {
  return {
    sku: String(row.sku),
    name: String(row.name),
    priceCents: Number(row.price_cents),
    stock: Number(row.stock),
  };
}

/** The same items added up by product: a product may be named twice. */
function totals(items: readonly Item[]): Item[] {
  const bySku = new Map<string, number>();
  for (const { sku, quantity } of items) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  return Array.from(bySku, ([sku, quantity]) => ({ sku, quantity }));
}

function sqliteCatalog(database: DatabaseSync): CatalogStore {
  const columns = "SELECT sku, name, price_cents, stock FROM products";
  const list = database.prepare(`${columns} ORDER BY rowid`);
  const get = database.prepare(`${columns} WHERE sku = ?`);
  const search = database.prepare(`${columns} WHERE instr(lower(name), lower(?)) ORDER BY rowid`);
  const reserved = database.prepare("SELECT sku, quantity FROM reservations WHERE order_id = ?");
  const add = database.prepare("UPDATE products SET stock = stock + ? WHERE sku = ?");
  const reserve = database.prepare("INSERT INTO reservations VALUES (?, ?, ?)");
  const release = database.prepare("DELETE FROM reservations WHERE order_id = ?");
  return {
    list: () => (list.all() as Row[]).map(productOf),
    get(sku) {
      const row = get.get(sku) as Row | undefined;
      return row === undefined ? undefined : productOf(row);
    },
    search: (text) => (search.all(text) as Row[]).map(productOf),
    reserve: (orderId, items) =>
      transaction(database, () => {
        if (reserved.get(orderId) !== undefined) return undefined;
        const wanted = totals(items);
        for (const { sku, quantity } of wanted) {
          const available = (get.get(sku) as Row | undefined)?.stock as number | undefined;
          if (available === undefined || available < quantity) {
            return { sku, wanted: quantity, available };
          }
        }
        for (const { sku, quantity } of wanted) {
          add.run(-quantity, sku);
          reserve.run(orderId, sku, quantity);
        }
        return undefined;
      }),
    release: (orderId) =>
      transaction(database, () => {
        for (const { sku, quantity } of reserved.all(orderId) as unknown as Item[]) {
          add.run(quantity, sku);
        }
        return release.run(orderId).changes > 0;
      }),
  };
}

function sqliteOrders(database: DatabaseSync): OrderStore {
  const create = database.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)");
  const get = database.prepare("SELECT * FROM orders WHERE id = ?");
  const setStatus = database.prepare("UPDATE orders SET status = ?, reason = ? WHERE id = ?");
  return {
    create(order: Order) {
      const { id, email, items, totalCents, status, reason } = order;
      create.run(id, email, JSON.stringify(items), totalCents, status, reason);
    },
    get(id) {
      const row = get.get(id) as Row | undefined;
      if (row === undefined) return undefined;
      return {
        id,
        email: String(row.email),
        items: JSON.parse(String(row.items)),
        totalCents: Number(row.total_cents),
        status: row.status as OrderStatus,
        reason: row.reason as string | null,
      };
    },
    setStatus: (id, status, reason) => void setStatus.run(status, reason, id),
  };
}

function sqlitePayments(database: DatabaseSync): PaymentStore {
  const find = database.prepare("SELECT * FROM charges WHERE key = ?");
  const save = database.prepare("INSERT INTO charges VALUES (?, ?, ?, ?, ?)");
  const remove = database.prepare("DELETE FROM charges WHERE key = ?");
  return {
    find(key) {
      const row = find.get(key) as Row | undefined;
      if (row === undefined) return undefined;
      return {
        id: String(row.id),
        orderId: String(row.order_id),
        amountCents: Number(row.amount_cents),
        lastFour: String(row.last_four),
      };
    },
    save: (key, { id, orderId, amountCents, lastFour }) =>
      void save.run(key, id, orderId, amountCents, lastFour),
    remove: (key) => remove.run(key).changes > 0,
  };
}

function sqliteQueue(database: DatabaseSync): Queue {
  const send = database.prepare("INSERT INTO messages (body, metadata) VALUES (?, ?)");
  const receive = database.prepare(`
    UPDATE messages SET attempts = attempts + 1, hidden_until_ms = ?2
    WHERE id = (SELECT id FROM messages WHERE is_buried = 0 AND hidden_until_ms <= ?1
      ORDER BY id LIMIT 1)
    RETURNING id, body, metadata, attempts`);
  const acknowledge = database.prepare("DELETE FROM messages WHERE id = ?");
  const bury = database.prepare("UPDATE messages SET is_buried = 1 WHERE id = ?");
  const count: StatementSync = database.prepare(
    "SELECT count(*) AS count FROM messages WHERE is_buried = ?",
  );
  return {
    send: (body, metadata) =>
      Number(send.run(JSON.stringify(body), JSON.stringify(metadata)).lastInsertRowid),
    receive(nowMs, visibilityMs) {
      const row = receive.get(nowMs, nowMs + visibilityMs) as Row | undefined;
      if (row === undefined) return undefined;
      return {
        id: Number(row.id),
        body: JSON.parse(String(row.body)),
        metadata: JSON.parse(String(row.metadata)),
        attempts: Number(row.attempts),
      };
    },
    acknowledge: (id) => void acknowledge.run(id),
    bury: (id) => void bury.run(id),
    depth: () => Number((count.get(0) as Row).count),
    buried: () => Number((count.get(1) as Row).count),
  };
}

/** The shop's data in SQLite: a file, or memory for `:memory:`. Survives a restart. */
export function sqliteStorage(path: string): Storage {
  const database = new DatabaseSync(path);
  database.exec(SCHEMA);
  const first = database.prepare("INSERT OR IGNORE INTO products VALUES (?, ?, ?, ?)");
  for (const { sku, name, priceCents, stock } of FIRST_STOCK) {
    first.run(sku, name, priceCents, stock);
  }
  return {
    catalog: sqliteCatalog(database),
    orders: sqliteOrders(database),
    payments: sqlitePayments(database),
    queue: sqliteQueue(database),
    close: () => database.close(),
  };
}
