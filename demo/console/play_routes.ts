import { Hono } from "hono";
import { z } from "zod";
import type { Play } from "./play.ts";

const settings = z.strictObject({
  level: z.string().trim().min(1).max(500),
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
    try {
      play.change(result.data);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return c.json({ error: error.message }, 400);
    }
    return c.json(play.settings());
  });
  return app;
}
