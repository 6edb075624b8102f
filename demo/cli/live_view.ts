import { paintWith } from "../console/text.ts";
import { traceTree } from "../console/tree.ts";
import type { TraceSummary } from "../store/model.ts";
import type { Asked } from "../store/queries.ts";

/** A trace that took longer is shown. */
const SLOW_MS = 100;

/** Shows each trace worth a look once: errors, slow ones, and the first of each kind. */
export async function liveView(queries: Asked): Promise<() => Promise<void>> {
  const paint = paintWith(Deno.stdout.isTerminal() && !Deno.noColor);
  const shown = new Set<string>(
    (await queries.traces({ limit: 10_000 })).map(({ traceId }) => traceId),
  );
  const kinds = new Set<string>();
  const isSettled = (trace: TraceSummary) =>
    Date.now() - Number(trace.startNs / 1_000_000n) - trace.durationMs > 600;
  return async () => {
    for (const trace of (await queries.traces({ limit: 200 })).reverse()) {
      if (shown.has(trace.traceId) || !isSettled(trace)) continue;
      shown.add(trace.traceId);
      const isFirst = !kinds.has(trace.name);
      kinds.add(trace.name);
      // Shipping's traces are shown below the checkout that they link to.
      if (trace.service === "shipping") continue;
      if (!isFirst && trace.errors === 0 && trace.durationMs < SLOW_MS) continue;
      const spans = await queries.trace(trace.traceId);
      const traceIds = [...new Set(spans.map(({ traceId }) => traceId))];
      const logs = (await Promise.all(
        traceIds.map((traceId) => queries.logs({ traceId, limit: 200 })),
      )).flat();
      console.log(paint.dim(`\ntrace ${trace.traceId}`));
      for (const line of traceTree(spans, logs, paint)) console.log(line);
    }
  };
}
