import {
  adjustedCount,
  type Clock,
  createTelemetry,
  type Layer,
  otlp,
  pipe,
  type Random,
  type Span,
  type SpanKind,
  type Telemetry,
} from "../../mod.ts";
import { type KeptTrace, type Score, Scorer, type Window } from "./score.ts";
import type { Strategy } from "./strategy.ts";
import type { TrueTrace } from "./world.ts";

/** A clock that the replay sets. */
class ReplayClock implements Clock {
  nowMs = 0;
  monotonicMs(): number {
    return this.nowMs;
  }
  wallMs(): number {
    return this.nowMs;
  }
}

/** Ids of a seed: the same ones, and so the same draws, in every replay (mulberry32, T. Ettinger). */
function seededIds(seed: number): Random {
  let state = seed | 0;
  return {
    int32() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return mixed ^ (mixed >>> 14);
    },
  };
}

/** Traces whose decision may still come, before they count as decided. */
const OPEN_TRACES = 1000;
/** What was kept is sent, and its bytes counted, after so many traces. */
const FLUSH_TRACES = 1000;
/** A line of this severity or above is about a failure. */
const ERROR_SEVERITY = 17;

interface Open {
  readonly trace: TrueTrace;
  readonly window: Window;
  weight: number;
  spans: number;
  lines: number;
  errorLines: number;
}

/** What a replay is told and asked. */
export interface ReplayOptions {
  readonly traces: Iterator<TrueTrace>;
  readonly count: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (traces: number) => void;
}

/** Sends a stream of traces through a strategy of the library itself, and scores what arrives. */
export async function replay(strategy: Strategy, options: ReplayOptions): Promise<Score> {
  const clock = new ReplayClock();
  const scorer = new Scorer();
  const open = new Map<string, Open>();
  let bytes = 0;
  const telemetry = telemetryOf(strategy, clock, options.seed, open, (sent) => {
    bytes += sent;
  });
  const settle = (until: number) => {
    for (const [traceId, one] of open) {
      if (open.size <= until) return;
      scorer.kept(keptOf(strategy, one));
      open.delete(traceId);
    }
  };
  let spentMs = 0;
  let peakQueuedBytes = 0;
  for (let index = 0; index < options.count && options.signal?.aborted !== true; index++) {
    const { value: trace, done } = options.traces.next();
    if (done === true) break;
    settle(OPEN_TRACES);
    const window = scorer.truth(trace);
    clock.nowMs = trace.startMs;
    const startMs = performance.now();
    emit(telemetry, strategy, trace, window, open);
    spentMs += performance.now() - startMs;
    if (index % FLUSH_TRACES !== FLUSH_TRACES - 1) continue;
    peakQueuedBytes = Math.max(peakQueuedBytes, queuedBytesOf(telemetry));
    const flushMs = performance.now();
    await telemetry.flush();
    spentMs += performance.now() - flushMs;
    options.onProgress?.(index + 1);
  }
  await telemetry.shutdown();
  settle(0);
  const traces = scorer.score(strategy.name, { cpuUsPerTrace: 0, peakQueuedBytes, bytes });
  return { ...traces, cpuUsPerTrace: spentMs * 1000 / Math.max(1, traces.traces) };
}

function keptOf(strategy: Strategy, open: Open): KeptTrace {
  const { trace, window, spans, lines, errorLines, weight } = open;
  // The lines of a failure pass whatever was decided about its trace: it stands for itself alone.
  const isCertain = errorLines > 0 && strategy.signals !== "traces";
  return { trace, window, spans, lines, errorLines, weight: isCertain ? 1 : weight };
}

function queuedBytesOf(telemetry: Telemetry): number {
  return telemetry.health().destinations
    .flatMap(({ spans, logs }) => [spans?.queuedBytes ?? 0, logs?.queuedBytes ?? 0])
    .reduce((a, b) => a + b, 0);
}

function telemetryOf(
  strategy: Strategy,
  clock: Clock,
  seed: number,
  open: Map<string, Open>,
  onBytes: (bytes: number) => void,
): Telemetry {
  const { sampler, layers = [], level = "info" } = strategy.make(clock);
  /** Notes what passes on its way to the exporter. */
  const note: Layer = (next) => ({
    onSpan(span) {
      if (!span.isSampled) return;
      const one = open.get(span.traceId);
      if (one !== undefined && strategy.signals !== "logs") {
        one.spans++;
        one.weight = adjustedCount(span);
      }
      next.onSpan?.(span);
    },
    onLog(record) {
      const one = record.span === undefined ? undefined : open.get(record.span.traceId);
      if (one !== undefined && strategy.signals !== "traces") {
        one.lines++;
        if (record.severity >= ERROR_SEVERITY) one.errorLines++;
        if (one.spans === 0) one.weight = adjustedCount(record.span!);
      }
      next.onLog?.(record);
    },
  });
  const exporter = otlp({
    endpoint: "http://127.0.0.1",
    signals: strategy.signals === "both" ? ["traces", "logs"] : [strategy.signals],
    // The body is what would be sent; its bytes are counted, and nobody is asked.
    fetch: (_input, init) => {
      onBytes((init?.body as Uint8Array).length);
      return Promise.resolve(new Response());
    },
  });
  return createTelemetry({
    service: "replay",
    clock,
    random: seededIds(seed),
    sampler,
    level,
    onLoss: false,
    sinks: [pipe(...[...layers, note] as [Layer], exporter)],
  });
}

/** Makes the spans and lines of a trace as its services would. */
function emit(
  telemetry: Telemetry,
  strategy: Strategy,
  trace: TrueTrace,
  window: Window,
  open: Map<string, Open>,
): void {
  const spans: Span[] = [];
  const hasLines = strategy.signals !== "traces";
  for (const { service, name, parent, kind, startMs } of trace.spans) {
    const from = parent < 0 ? telemetry : spans[parent];
    const span = from.startSpan(
      { name, kind: kind as SpanKind, startTime: trace.startMs + startMs },
      { "service.name": service, "http.route": name },
    );
    if (parent < 0) {
      open.set(span.traceId, { trace, window, weight: 1, spans: 0, lines: 0, errorLines: 0 });
    }
    spans.push(span);
    if (hasLines) span.log.debug("entered", { service, operation: name });
  }
  // Children before their parents, the root last: as calls return.
  for (let index = spans.length - 1; index >= 0; index--) {
    const { service, name, startMs, durationMs, isError } = trace.spans[index];
    const span = spans[index];
    if (hasLines) {
      const fields = { service, operation: name, duration_ms: durationMs };
      if (isError) span.log.error("failed", fields);
      else span.log.info("handled", fields);
    }
    if (isError) span.setStatus({ code: "error", message: "failed" });
    span.end(trace.startMs + startMs + durationMs);
  }
}
