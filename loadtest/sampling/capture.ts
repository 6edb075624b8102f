import { z } from "zod";
import type { TrueSpan, TrueTrace } from "./world.ts";

/** A capture that can't be taken. */
export class CaptureError extends Error {}

const value = z.looseObject({ stringValue: z.string().optional() });
const attributes = z.array(z.looseObject({ key: z.string(), value })).default([]);
const span = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(""),
  name: z.string(),
  kind: z.int().default(1),
  startTimeUnixNano: z.coerce.number(),
  endTimeUnixNano: z.coerce.number(),
  status: z.looseObject({ code: z.int().default(0) }).default({ code: 0 }),
});
const line = z.looseObject({
  resourceSpans: z.array(z.looseObject({
    resource: z.looseObject({ attributes }).default({ attributes: [] }),
    scopeSpans: z.array(z.looseObject({ spans: z.array(span).default([]) })).default([]),
  })).default([]),
});

type Captured = z.infer<typeof span> & { readonly service: string };

/** Paths that one trace in so many takes, or fewer, count as rare: 1 in 100, 1,000 and 10,000. */
const RARITIES = [0.0001, 0.001, 0.01];
/** The status code of an error (opentelemetry-proto, `trace/v1`, Status). */
const STATUS_ERROR = 2;

/**
 * Reads traces from OTLP in JSON lines, as the OpenTelemetry Collector's file exporter writes them,
 * in the order of their starts. Log lines and metrics in the same file are passed over. All of it is
 * held in memory.
 *
 * @throws {CaptureError} Naming the file, the line and what is wrong with it.
 */
export async function readCapture(path: string): Promise<TrueTrace[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new CaptureError(`--capture ${path}: ${(error as Error).message}`);
  }
  const byTrace = new Map<string, Captured[]>();
  text.split("\n").forEach((one, index) => {
    if (one.trim() === "") return;
    for (const captured of spansOf(one, `--capture ${path}:${index + 1}`)) {
      const trace = byTrace.get(captured.traceId);
      if (trace === undefined) byTrace.set(captured.traceId, [captured]);
      else trace.push(captured);
    }
  });
  if (byTrace.size === 0) throw new CaptureError(`--capture ${path}: there are no spans in it`);
  const traces = [...byTrace.values()].map(traceOf).toSorted((a, b) => a.startMs - b.startMs);
  return withRarity(traces);
}

function spansOf(text: string, place: string): Captured[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new CaptureError(`${place}: ${(error as Error).message}`);
  }
  const result = line.safeParse(given);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new CaptureError(`${place}: ${issue.path.join(".")}: ${issue.message}`);
  }
  return result.data.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const named = resource.attributes.find(({ key }) => key === "service.name");
    const service = named?.value.stringValue ?? "unknown_service";
    return scopeSpans.flatMap(({ spans }) => spans.map((one) => ({ ...one, service })));
  });
}

function traceOf(captured: readonly Captured[]): TrueTrace {
  const byTime = captured.toSorted((a, b) => a.startTimeUnixNano - b.startTimeUnixNano);
  // Parents come before their children, whatever their clocks say.
  const ordered: Captured[] = [];
  const place = (parentId: string | undefined) => {
    for (const one of byTime) {
      const isHere = parentId === undefined
        ? !byTime.some(({ spanId }) => spanId === one.parentSpanId)
        : one.parentSpanId === parentId;
      if (!isHere || ordered.includes(one)) continue;
      ordered.push(one);
      place(one.spanId);
    }
  };
  place(undefined);
  const startNs = Math.min(...ordered.map(({ startTimeUnixNano }) => startTimeUnixNano));
  const endNs = Math.max(...ordered.map(({ endTimeUnixNano }) => endTimeUnixNano));
  const spans = ordered.map((one, index): TrueSpan => ({
    service: one.service,
    name: one.name,
    // A trace has one root here: what has lost its parent hangs below it.
    parent: index === 0
      ? -1
      : Math.max(0, ordered.findIndex(({ spanId }) => spanId === one.parentSpanId)),
    // The wire counts from 1, internal; the API from 0.
    kind: Math.max(0, one.kind - 1),
    startMs: (one.startTimeUnixNano - startNs) / 1e6,
    durationMs: (one.endTimeUnixNano - one.startTimeUnixNano) / 1e6,
    isError: one.status.code === STATUS_ERROR,
  }));
  return {
    startMs: startNs / 1e6,
    durationMs: (endNs - startNs) / 1e6,
    path: spans.map(({ service, name, parent }) => `${parent}:${service}:${name}`).join("|"),
    rarity: undefined,
    isError: spans.some(({ isError }) => isError),
    isBurst: false,
    spans,
  };
}

/** Says of each trace how rare its path is, and begins the stream at 0. */
function withRarity(traces: readonly TrueTrace[]): TrueTrace[] {
  const counts = new Map<string, number>();
  for (const { path } of traces) counts.set(path, (counts.get(path) ?? 0) + 1);
  const [{ startMs: beginMs }] = traces;
  return traces.map((trace) => {
    const part = counts.get(trace.path)! / traces.length;
    return {
      ...trace,
      startMs: trace.startMs - beginMs,
      rarity: RARITIES.find((rarity) => part <= rarity),
    };
  });
}
