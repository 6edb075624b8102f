import type { Telemetry } from "../../mod.ts";
import { jsonRequest, readBody, type ShopApp, shopApp, type ShopContext } from "./app.ts";
import { checkoutBody } from "./model.ts";

/** What the gateway needs. */
export interface GatewayParts {
  readonly telemetry: Telemetry;
  /** Where the catalog and orders are. */
  readonly urls: { readonly catalog: string; readonly orders: string };
}

/** The shop's front door: checks what comes in and passes it on. */
export function createGateway({ telemetry, urls }: GatewayParts): ShopApp {
  const app = shopApp(telemetry);

  /** Asks another service, and answers what it answers. */
  const forward = async (c: ShopContext, url: string, init: RequestInit = {}) => {
    const response = await telemetry.fetch(url, { ...init, parent: c.var.span });
    return new Response(response.body, {
      status: response.status,
      headers: { "content-type": response.headers.get("content-type") ?? "application/json" },
    });
  };

  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/products", (c) => forward(c, `${urls.catalog}/products`));
  app.get(
    "/products/:sku",
    (c) => forward(c, `${urls.catalog}/products/${encodeURIComponent(c.req.param("sku"))}`),
  );
  app.get(
    "/search",
    (c) => forward(c, `${urls.catalog}/search?q=${encodeURIComponent(c.req.query("q") ?? "")}`),
  );
  app.get(
    "/orders/:id",
    (c) => forward(c, `${urls.orders}/orders/${encodeURIComponent(c.req.param("id"))}`),
  );
  app.post("/checkout", async (c) => {
    const checkout = await readBody(c, checkoutBody);
    c.var.span.log.info("checkout", { items: checkout.items.length });
    return await forward(c, `${urls.orders}/orders`, jsonRequest("POST", checkout));
  });
  return app;
}
