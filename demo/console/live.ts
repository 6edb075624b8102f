import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { z } from "zod";
import type { TraceFilter, TraceSummary } from "../store/model.ts";
import type { Asked } from "../store/queries.ts";
import { type heatmapQuery, traceFilterOf } from "../store/query_schema.ts";
import { jsonText } from "./json.ts";

/** How often it looks. */
const LOOK_MS = 1000;
/** A trace is sent this long after its end: its other services have sent their parts by then. */
const SETTLED_MS = 700;
/** How far back it looks, for traces that took long or came late. */
const BACK_MS = 20_000;
/** Traces sent at a time; more are counted as left out. */
const SENT_MAX = 100;
/** Traces read at a time. */
const READ_MAX = 1000;

/** New traces that fit, as they come: server-sent events of `{ traces, dropped }`. */
export function live(c: Context, queries: Asked, query: z.infer<typeof heatmapQuery>): Response {
  return streamSSE(c, async (stream) => {
    const next = tailOf(queries, traceFilterOf(query));
    while (!stream.aborted && !stream.closed) {
      await stream.writeSSE({ data: jsonText(await next(Date.now())) });
      await stream.sleep(LOOK_MS);
    }
  });
}

/** What has come since it was last asked, oldest first. */
export function tailOf(
  queries: Pick<Asked, "traces">,
  filter: TraceFilter = {},
): (nowMs: number) => Promise<{ traces: TraceSummary[]; dropped: number }> {
  // Each id with its time, so that it can be forgotten when it is out of reach.
  const sent = new Map<string, number>();
  let isFirst = true;
  return async (nowMs) => {
    const sinceMs = nowMs - BACK_MS;
    for (const [id, startMs] of sent) if (startMs < sinceMs) sent.delete(id);
    const recent = await queries.traces({ ...filter, sinceMs, limit: READ_MAX });
    const fresh = recent.filter((trace) => {
      const startMs = Number(trace.startNs / 1_000_000n);
      if (sent.has(trace.traceId) || startMs + trace.durationMs > nowMs - SETTLED_MS) return false;
      sent.set(trace.traceId, startMs);
      return true;
    });
    const traces = fresh.slice(0, SENT_MAX).reverse();
    // What was there before one looked was not missed.
    const dropped = isFirst ? 0 : fresh.length - traces.length;
    isFirst = false;
    return { traces, dropped };
  };
}
