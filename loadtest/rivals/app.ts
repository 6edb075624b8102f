import { Hono, type MiddlewareHandler } from "hono";

/** How a rival records: what is left out is not recorded. */
export interface Recorder {
  readonly middleware?: MiddlewareHandler;
  /** Runs the work in a span of that name. */
  readonly span?: <T>(name: string, work: () => T) => T;
  readonly info?: (message: string, fields: Record<string, unknown>) => void;
}

const STOCK = new Map(Array.from({ length: 100 }, (_, index) => [`sku-${index}`, index * 7]));

/** The same small service for every rival: a route, a span around the store, a line with four fields. */
export function createApp({ middleware, span, info }: Recorder): Hono {
  const app = new Hono();
  if (middleware !== undefined) app.use(middleware);
  app.get("/products/:sku", (context) => {
    const sku = context.req.param("sku");
    const read = () => STOCK.get(sku) ?? 0;
    const left = span === undefined ? read() : span("read stock", read);
    info?.("product read", { sku, left, store: "memory", cached: false });
    return context.json({ sku, left });
  });
  return app;
}
