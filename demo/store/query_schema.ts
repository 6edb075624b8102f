import { z } from "zod";
import type { LogFilter, TraceFilter } from "./model.ts";

const hex = z.string().regex(/^[0-9a-f]{32}$/, "32 lower-case hex digits");
const limit = z.coerce.number().int().min(1).max(10_000);
const offset = z.coerce.number().int().min(0).max(1e9).default(0)
  .describe("left out of the newest");
const bars = z.coerce.number().int().min(1).max(500).default(60);
const attribute = z.string().max(500).regex(/^[^=]+=/, "name=value").describe("name=value");
const ms = z.coerce.number().nonnegative();
const service = z.string().max(200);
const time = {
  minutes: z.coerce.number().positive().max(1e6).optional()
    .describe("the last so many minutes; since goes before it"),
  since: ms.optional().describe("at or after: milliseconds since the epoch"),
  until: ms.optional().describe("before: milliseconds since the epoch"),
};

const traceFilter = {
  service: service.optional().describe("a service that takes part"),
  route: z.string().max(500).optional().describe("a part of the root's name"),
  status: z.string().regex(/^(ok|error|[1-5]xx|[1-5]\d\d)$/, "ok, error, 4xx or 404").optional()
    .describe("ok or error of the spans; 4xx or 404 of the root's HTTP status"),
  slowerThan: ms.optional().describe("milliseconds"),
  fasterThan: ms.optional().describe("milliseconds"),
  attribute: attribute.optional().describe("name=value of any of its spans"),
  ...time,
};

const logFilter = {
  q: z.string().max(500).optional().describe("words that must all be there, or begin so"),
  trace: hex.optional(),
  transaction: z.string().max(64).optional(),
  service: service.optional(),
  attribute: attribute.optional().describe("name=value of the line"),
  level: z.enum(["trace", "debug", "info", "warn", "error"]).optional().describe("the lowest"),
  ...time,
};

/** Which traces. */
export const tracesQuery = z.strictObject({ ...traceFilter, limit: limit.default(100), offset });
/** Which traces are counted. */
export const traceHistogramQuery = z.strictObject({ ...traceFilter, bars });
/** Which traces are in the picture. */
export const heatmapQuery = z.strictObject(traceFilter);
/** Which lines. */
export const logsQuery = z.strictObject({ ...logFilter, limit: limit.default(200), offset });
/** Which lines are counted. */
export const logHistogramQuery = z.strictObject({ ...logFilter, bars });
/** Since when services and routes are told. */
export const recentQuery = z.strictObject({ minutes: time.minutes });
/** Which metric, of the last so many minutes. */
export const metricQuery = z.strictObject({
  name: z.string().min(1).max(300),
  minutes: z.coerce.number().positive().max(1440).default(5),
  statistic: z.enum(["p50", "p95", "p99", "mean", "rate"]).default("p95")
    .describe("of a histogram"),
});
/** Nothing to choose. */
export const noQuery = z.strictObject({});
/** A trace's id, or how it begins. */
export const traceIdPrefix: z.ZodString = z.string()
  .regex(/^[0-9a-f]{4,32}$/, "a trace's id, or 4 or more of its first hex digits");

type Time = { readonly minutes?: number; readonly since?: number; readonly until?: number };

function rangeOf({ minutes, since, until }: Time) {
  return {
    sinceMs: since ?? (minutes === undefined ? undefined : Date.now() - minutes * 60_000),
    untilMs: until,
  };
}

/** What a query's parameters ask of traces. */
export function traceFilterOf(query: z.infer<typeof heatmapQuery>): TraceFilter {
  const { status } = query;
  const isWord = status === "ok" || status === "error";
  const digit = Number(status?.[0]) * 100;
  return {
    service: query.service,
    route: query.route,
    isError: isWord ? status === "error" : undefined,
    status: status === undefined || isWord
      ? undefined
      : status.endsWith("xx")
      ? [digit, digit + 99]
      : [Number(status), Number(status)],
    minDurationMs: query.slowerThan,
    maxDurationMs: query.fasterThan,
    attribute: query.attribute,
    ...rangeOf(query),
  };
}

const LEVELS = { trace: 1, debug: 5, info: 9, warn: 13, error: 17 } as const;

/** What a query's parameters ask of lines. */
export function logFilterOf(
  query: Omit<z.infer<typeof logHistogramQuery>, "bars">,
): LogFilter {
  return {
    text: query.q,
    traceId: query.trace,
    transactionId: query.transaction,
    service: query.service,
    attribute: query.attribute,
    minSeverity: query.level === undefined ? undefined : LEVELS[query.level],
    ...rangeOf(query),
  };
}
