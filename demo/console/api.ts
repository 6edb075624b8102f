import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Received } from "../store/collector.ts";
import type { StoreState } from "../store/model.ts";
import type { Asked } from "../store/queries.ts";
import {
  heatmapQuery,
  logFilterOf,
  logHistogramQuery,
  logsQuery,
  metricQuery,
  noQuery,
  recentQuery,
  traceFilterOf,
  traceHistogramQuery,
  traceIdPrefix,
  tracesQuery,
} from "../store/query_schema.ts";
import { documentOf, type Route } from "./api_document.ts";
import { jsonText } from "./json.ts";
import { live } from "./live.ts";
import type { Play } from "./play.ts";
import { resultFolders } from "./results.ts";

/** What the console shows besides the store. */
export interface ConsoleParts {
  readonly queries: Asked;
  /** What the store holds and what the collector was sent. */
  readonly store?: () => Promise<{ store: StoreState; received: Received }>;
  /** The books of each service; undefined when the console stands alone. */
  readonly health?: () => unknown;
  /** What can be changed while the demo runs; undefined when the console stands alone. */
  readonly play?: Play;
  /** The folder of the load test's results. */
  readonly resultsFolder?: string;
}

/** Spans that the graph and the routes are made of: the page asks every few seconds. */
const RECENT_SPANS = 50_000;
/** Traces that are shown with the one they are tied to. */
const FAMILY_MAX = 50;

function recentOf({ minutes }: z.infer<typeof recentQuery>) {
  return {
    spansMax: RECENT_SPANS,
    sinceMs: minutes === undefined ? undefined : Date.now() - minutes * 60_000,
  };
}

/** A question of the API. */
function route<S extends z.ZodObject>(
  path: string,
  what: string,
  query: S,
  answer: (query: z.infer<S>, parts: ConsoleParts) => unknown,
): Route<ConsoleParts> {
  return { path, what, query, answer: answer as Route<ConsoleParts>["answer"] };
}

const ROUTES: readonly Route<ConsoleParts>[] = [
  route(
    "/traces",
    "Traces that fit, newest first",
    tracesQuery,
    (query, { queries }) =>
      queries.traces({ ...traceFilterOf(query), limit: query.limit, offset: query.offset }),
  ),
  route(
    "/traces/histogram",
    "How many traces fit, and when they began",
    traceHistogramQuery,
    (query, { queries }) => queries.traceHistogram(traceFilterOf(query), query.bars),
  ),
  route(
    "/logs",
    "The newest lines that fit, oldest of them first",
    logsQuery,
    (query, { queries }) =>
      queries.logs({ ...logFilterOf(query), limit: query.limit, offset: query.offset }),
  ),
  route(
    "/logs/histogram",
    "How many lines fit, and when they were written",
    logHistogramQuery,
    (query, { queries }) => queries.logHistogram(logFilterOf(query), query.bars),
  ),
  route(
    "/heatmap",
    "Traces that fit, by when they began and how long they took",
    heatmapQuery,
    (query, { queries }) => queries.heatmap(traceFilterOf(query)),
  ),
  route("/metric-names", "Metrics that came", noQuery, (_, { queries }) => queries.metricNames()),
  route(
    "/metrics",
    "One metric over time, with its exemplars",
    metricQuery,
    async ({ name, minutes, statistic }, { queries }) =>
      await queries.metricChart(name, Date.now() - minutes * 60_000, statistic) ??
        { name, unit: "", kind: "", shows: "value", series: [], exemplars: [] },
  ),
  route(
    "/services",
    "Services that sent anything",
    noQuery,
    (_, { queries }) => queries.services(),
  ),
  route(
    "/graph",
    `Who calls whom, by the newest ${RECENT_SPANS} spans`,
    recentQuery,
    (query, { queries }) => queries.graph(recentOf(query)),
  ),
  route(
    "/summary",
    `Requests, errors, p50 and p95 by route, by the newest ${RECENT_SPANS} spans`,
    recentQuery,
    (query, { queries }) => queries.routes(recentOf(query)),
  ),
  route(
    "/store",
    "What the store holds and what was sent to it",
    noQuery,
    async (_, { store }) => await store?.() ?? null,
  ),
  route("/health", "The books of each service's exporters; null without services", noQuery, (
    _,
    { health },
  ) => health?.() ?? null),
  route(
    "/play",
    "Settings of the running demo; null without one",
    noQuery,
    (_, { play }) => play?.settings() ?? null,
  ),
  route(
    "/flow",
    "What went through the running demo so far",
    noQuery,
    async (_, { play }) => await play?.flow() ?? null,
  ),
  route(
    "/results",
    "Load tests that were run, newest first",
    noQuery,
    (_, { resultsFolder }) => resultsFolder === undefined ? [] : resultFolders(resultsFolder),
  ),
];

/** The query API: JSON, parameters checked, 64-bit times as text. */
export function createApi(parts: ConsoleParts): Hono {
  const app = new Hono();
  for (const { path, query, answer } of ROUTES) {
    app.get(path, (c) => withQuery(c, query, (checked) => answer(checked as never, parts)));
  }
  app.get("/traces/:id", (c) => oneTrace(c, parts.queries));
  app.get("/live", (c) => withQuery(c, heatmapQuery, (query) => live(c, parts.queries, query)));
  const document = documentOf(ROUTES, [
    {
      path: "/traces/{id}",
      what:
        "Spans and lines of a trace, by its id or the first digits of it, and of those tied to it",
      path_parameter: { name: "id", schema: traceIdPrefix },
    },
    {
      path: "/live",
      what: "Traces as they come: server-sent events of { traces, dropped }",
      query: heatmapQuery,
    },
  ]);
  app.get("/", (c) => c.json(document));
  app.all("/*", (c) => c.json({ error: "no such question; GET /api lists them" }, 404));
  return app;
}

async function oneTrace(c: Context, queries: Asked): Promise<Response> {
  const prefix = traceIdPrefix.safeParse(c.req.param("id"));
  if (!prefix.success) return c.json({ error: `trace: ${prefix.error.issues[0].message}` }, 400);
  const ids = prefix.data.length === 32 ? [prefix.data] : await queries.traceIds(prefix.data);
  if (ids.length > 1) {
    return c.json(
      { error: `More than one trace begins with ${prefix.data}; give more digits` },
      400,
    );
  }
  const spans = ids.length === 0 ? [] : await queries.trace(ids[0]);
  if (spans.length === 0) return c.json({ error: "no such trace; it may have made room" }, 404);
  const family = [...new Set([ids[0], ...spans.map(({ traceId }) => traceId)])].slice(
    0,
    FAMILY_MAX,
  );
  const logs = await Promise.all(family.map((id) => queries.logs({ traceId: id, limit: 1000 })));
  return json(c, { traceId: ids[0], spans, logs: logs.flat() });
}

async function withQuery<S extends z.ZodType>(
  c: Context,
  schema: S,
  answer: (query: z.infer<S>) => unknown,
): Promise<Response> {
  const result = schema.safeParse(c.req.query());
  if (result.success) {
    const value = await answer(result.data);
    return value instanceof Response ? value : json(c, value);
  }
  const [issue] = result.error.issues;
  const names = issue.code === "unrecognized_keys"
    ? `${issue.keys.join(", ")} (allowed are ${
      Object.keys((schema as unknown as z.ZodObject).shape).join(", ")
    })`
    : issue.path.join(".");
  return c.json({ error: `${names}: ${issue.message}` }, 400);
}

function json(c: Context, value: unknown): Response {
  return c.body(jsonText(value), 200, {
    "content-type": "application/json",
    "cache-control": "no-store",
  });
}
