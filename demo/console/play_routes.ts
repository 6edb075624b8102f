import { Hono } from "hono";
import { z } from "zod";
import type { Play } from "./api.ts";

const settings = z.strictObject({
  level: z.enum(["trace", "debug", "info", "warn", "error", "off"]),
  sampling: z.number().min(0).max(1),
  sampler: z.enum(["ratio", "rules", "limit"]),
  tail: z.enum(["off", "on"]),
  faults: z.enum(["off", "some", "many"]),
  rate: z.number().positive().max(1000),
}).partial();

/**
 * Changes the running demo. The body must be JSON by its content type, which no page of another
 * origin may send unasked.
 */
export function playRoutes(play: Play): Hono {
  const app = new Hono();
  app.post("/play", async (c) => {
    if (!/^application\/json\b/.test(c.req.header("content-type") ?? "")) {
      return c.json({ error: "content-type must be application/json" }, 415);
    }
    const result = settings.safeParse(await c.req.json().catch(() => undefined));
    if (!result.success) {
      const [issue] = result.error.issues;
      return c.json({ error: `${issue.path.join(".")}: ${issue.message}` }, 400);
    }
    play.change(result.data);
    return c.json(play.settings());
  });
  return app;
}
