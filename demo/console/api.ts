import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { MetricQueries } from "../store/metrics.ts";
import type { Queries } from "../store/queries.ts";
import { jsonText } from "./json.ts";
import { live } from "./live.ts";
import { resultFolders } from "./results.ts";
import {
  heatmapQuery,
  logsQuery,
  metricQuery,
  traceId,
  tracesQuery,
} from "../store/query_schema.ts";

export type { ResultFolder } from "./results.ts";

/** What the console shows besides the store. */
export interface ConsoleParts {
  readonly queries: Queries & MetricQueries;
  /** The books of each service; undefined when the console stands alone. */
  readonly health?: () => unknown;
  /** What can be changed while the demo runs; undefined when the console stands alone. */
  readonly play?: Play;
  /** The folder of the load test's results. */
  readonly resultsFolder?: string;
}

/** What went through the demo so far: counts that only grow. */
export interface Flow {
  /** When it was read: milliseconds since the epoch. */
  readonly timeMs: number;
  /** Requests sent by the traffic. */
  readonly requests: number;
  /** Of these, declined, out of stock or broken. */
  readonly failures: number;
  /** Spans, log lines and bytes that the services have delivered. */
  readonly spans: number;
  readonly lines: number;
  readonly bytes: number;
  /** Requests that can be seen in the store, and those of them that failed. */
  readonly tracesSeen: number;
  readonly failuresSeen: number;
}

/** What the panel of the demo changes. */
export interface Play {
  settings(): PlaySettings;
  /** Changes some of it. */
  change(settings: Partial<PlaySettings>): void;
  /** What went through so far. */
  flow(): Flow;
}

/** The settings of a running demo. */
export interface PlaySettings {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "off";
  /** The part of traces that is sampled, 0 to 1. */
  readonly sampling: number;
  /** What decides where a trace begins: the part above, that but checkouts whole, or a limit. */
  readonly sampler: "ratio" | "rules" | "limit";
  /** On: each service keeps of its part of a trace only errors, slow and rare ones. */
  readonly tail: "off" | "on";
  readonly faults: "off" | "some" | "many";
  /** Requests a second. */
  readonly rate: number;
}

const LEVELS = { trace: 1, debug: 5, info: 9, warn: 13, error: 17 } as const;

/** Spans that the graph and the routes are made of: the page asks every few seconds. */
const RECENT_SPANS = 100_000;

/** The query API: JSON, parameters checked, 64-bit times as text. */
export function createApi({ queries, health, play, resultsFolder }: ConsoleParts): Hono {
  const app = new Hono();
  app.get("/traces", (c) =>
    withQuery(c, tracesQuery, (query) =>
      queries.traces({
        isError: query.error === "true",
        service: query.service,
        route: query.route,
        minDurationMs: query.slowerThan,
        maxDurationMs: query.fasterThan,
        attribute: query.attribute,
        sinceMs: query.since,
        untilMs: query.until,
        limit: query.limit,
      })));
  app.get("/traces/:id", (c) => {
    const id = traceId.safeParse(c.req.param("id"));
    if (!id.success) return c.json({ error: "trace id: 32 lower-case hex digits" }, 400);
    const spans = queries.trace(id.data);
    if (spans.length === 0) return c.json({ error: "no such trace" }, 404);
    const traces = [...new Set(spans.map((span) => span.traceId))];
    const logs = traces.flatMap((one) => queries.logs({ traceId: one, limit: 1000 }));
    return json(c, { spans, logs });
  });
  app.get("/logs", (c) =>
    withQuery(c, logsQuery, (query) =>
      queries.logs({
        text: query.q,
        traceId: query.trace,
        transactionId: query.transaction,
        service: query.service,
        attribute: query.attribute,
        minSeverity: query.level === undefined ? undefined : LEVELS[query.level],
        limit: query.limit,
      })));
  app.get(
    "/heatmap",
    (c) =>
      withQuery(c, heatmapQuery, ({ minutes }) => queries.points(Date.now() - minutes * 60_000)),
  );
  app.get("/metric-names", (c) => json(c, queries.metricNames()));
  app.get("/metrics", (c) =>
    withQuery(
      c,
      metricQuery,
      ({ name, minutes }) =>
        queries.metricChart(name, Date.now() - minutes * 60_000) ?? { name, series: [] },
    ));
  app.get("/services", (c) => json(c, queries.services()));
  app.get("/graph", (c) => json(c, queries.graph(RECENT_SPANS)));
  app.get("/summary", (c) => json(c, queries.routes(RECENT_SPANS)));
  app.get("/health", (c) => json(c, health?.() ?? null));
  app.get("/play", (c) => json(c, play?.settings() ?? null));
  app.get("/flow", (c) => json(c, play?.flow() ?? null));
  app.get(
    "/results",
    async (c) => c.json(resultsFolder === undefined ? [] : await resultFolders(resultsFolder)),
  );
  app.get("/live", (c) => live(c, queries));
  return app;
}

function withQuery<S extends z.ZodType>(
  c: Context,
  schema: S,
  answer: (query: z.infer<S>) => unknown,
): Response {
  const result = schema.safeParse(c.req.query());
  if (result.success) return json(c, answer(result.data));
  const [issue] = result.error.issues;
  const names = issue.code === "unrecognized_keys" ? issue.keys.join(", ") : issue.path.join(".");
  return c.json({ error: `${names}: ${issue.message}` }, 400);
}

function json(c: Context, value: unknown): Response {
  return c.body(jsonText(value), 200, { "content-type": "application/json" });
}
