import { z } from "zod";

const hex = z.string().regex(/^[0-9a-f]{32}$/, "32 lower-case hex digits");
const limit = z.coerce.number().int().min(1).max(1000);
const attribute = z.string().max(500).regex(/^[^=]+=/, "name=value");
const ms = z.coerce.number().nonnegative();

/** The parameters of `GET /api/traces`; times in milliseconds. */
export const tracesQuery = z.strictObject({
  error: z.enum(["true", "false"]).optional(),
  service: z.string().max(200).optional(),
  route: z.string().max(500).optional(),
  slowerThan: ms.optional(),
  fasterThan: ms.optional(),
  attribute: attribute.optional(),
  since: ms.optional(),
  until: ms.optional(),
  limit: limit.default(100),
});

/** The parameters of `GET /api/logs`. */
export const logsQuery = z.strictObject({
  q: z.string().max(500).optional(),
  trace: hex.optional(),
  transaction: z.string().max(64).optional(),
  service: z.string().max(200).optional(),
  attribute: attribute.optional(),
  level: z.enum(["trace", "debug", "info", "warn", "error"]).optional(),
  limit: limit.default(200),
});

/** The parameters of `GET /api/heatmap`: the last so many minutes. */
export const heatmapQuery = z.strictObject({
  minutes: z.coerce.number().positive().max(1440).default(5),
});

/** The parameters of `GET /api/metrics`: one metric of the last so many minutes. */
export const metricQuery = z.strictObject({
  name: z.string().min(1).max(300),
  minutes: z.coerce.number().positive().max(1440).default(5),
});

/** The path parameter of a trace. */
export const traceId: z.ZodString = hex;
