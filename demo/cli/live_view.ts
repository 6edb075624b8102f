import { paintWith } from "../console/text.ts";
import { traceTree } from "../console/tree.ts";
import type { Queries, TraceSummary } from "../store/queries.ts";

/** A trace that took longer is shown. */
const SLOW_MS = 100;

/** Shows each trace worth a look once: errors, slow ones, and the first of each kind. */
export function liveView(queries: Queries): () => void {
  const paint = paintWith(Deno.stdout.isTerminal() && !Deno.noColor);
  const shown = new Set<string>(queries.traces({ limit: 10_000 }).map(({ traceId }) => traceId));
  const kinds = new Set<string>();
  const isSettled = (trace: TraceSummary) =>
    Date.now() - Number(trace.startNs / 1_000_000n) - trace.durationMs > 600;
  return () => {
    for (const trace of queries.traces({ limit: 200 }).reverse()) {
      if (shown.has(trace.traceId) || !isSettled(trace)) continue;
      shown.add(trace.traceId);
      const isFirst = !kinds.has(trace.name);
      kinds.add(trace.name);
      // Shipping's traces are shown below the checkout that they link to.
      if (trace.service === "shipping") continue;
      if (!isFirst && trace.errors === 0 && trace.durationMs < SLOW_MS) continue;
      const spans = queries.trace(trace.traceId);
      const logs = [...new Set(spans.map(({ traceId }) => traceId))]
        .flatMap((traceId) => queries.logs({ traceId, limit: 200 }));
      console.log(paint.dim(`\ntrace ${trace.traceId}`));
      for (const line of traceTree(spans, logs, paint)) console.log(line);
    }
  };
}
