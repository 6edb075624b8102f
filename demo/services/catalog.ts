import type { Telemetry } from "../../mod.ts";
import { readBody, type ShopApp, shopApp } from "./app.ts";
import type { Faults } from "./faults.ts";
import { reservationBody } from "./model.ts";
import type { CatalogStore } from "./storage.ts";

/** What the catalog needs. */
export interface CatalogParts {
  readonly telemetry: Telemetry;
  readonly store: CatalogStore;
  readonly faults: Faults;
}

/** Products, search, and the stock that orders reserve. */
export function createCatalog({ telemetry, store, faults }: CatalogParts): ShopApp {
  const app = shopApp(telemetry);

  app.get("/products", (c) => c.json({ products: store.list() }));

  app.get("/products/:sku", async (c) => {
    const sku = c.req.param("sku");
    const product = await c.var.span.span(
      "query product",
      { "product.sku": sku },
      async (query) => {
        const slowMs = faults.slowQueryMs();
        if (slowMs > 0) {
          query.log.warn("slow query", { sku, waitedMs: slowMs });
          await new Promise((resolve) => setTimeout(resolve, slowMs));
        }
        return store.get(sku);
      },
    );
    if (product === undefined) return c.json({ error: "no such product", sku }, 404);
    c.var.span.log.info("product shown", { sku, stock: product.stock });
    return c.json(product);
  });

  app.get("/search", (c) => {
    const text = c.req.query("q") ?? "";
    const products = c.var.span.span(
      "search products",
      { "search.length": text.length },
      (span) => {
        const found = store.search(text);
        span.setAttribute("search.results", found.length);
        return found;
      },
    );
    c.var.span.log.info("searched", { text, results: products.length });
    return c.json({ products });
  });

  app.post("/reservations", async (c) => {
    const { orderId, items } = await readBody(c, reservationBody);
    const shortage = c.var.span.span(
      "reserve stock",
      { "order.id": orderId, "order.items": items.length },
      (span) => {
        const short = store.reserve(orderId, items);
        if (short !== undefined) span.addEvent("out of stock", { ...short });
        return short;
      },
    );
    if (shortage === undefined) return c.json({ orderId }, 201);
    c.var.span.log.warn("out of stock", { orderId, ...shortage });
    return c.json({ error: "out of stock", ...shortage }, 409);
  });

  app.delete("/reservations/:orderId", (c) => {
    const orderId = c.req.param("orderId");
    const isReleased = store.release(orderId);
    c.var.span.log.info("stock released", { orderId, isReleased });
    return c.json({ orderId, isReleased });
  });

  return app;
}
