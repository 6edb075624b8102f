import {
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from "npm:@opentelemetry/sdk-trace@3.1.1";
import { createTelemetry, errors, otlp, pipe, type Span, tail } from "../../mod.ts";
import type { BenchCase } from "../case.ts";
import { attributes } from "./span.ts";

const QUEUED = "heap of a queued span, 5 attributes";
const OPEN = "heap of a trace that waits for its tail decision, root and 3 spans";

/** Nothing is ever answered, so that all of it waits. */
const never = () => new Promise<never>(() => {});

function queued(): (count: number) => void {
  const { tracer } = createTelemetry({
    service: "bench",
    sinks: [otlp({ endpoint: "http://127.0.0.1:1", signals: ["traces"], fetch: never })],
  });
  return (count) => {
    for (let index = 0; index < count; index++) {
      tracer.start(undefined, "GET /orders/:id", attributes(index)).end();
    }
  };
}

function queuedByOtel(): (count: number) => void {
  const exporter: SpanExporter = { export: () => {}, shutdown: () => Promise.resolve() };
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 1_000_000 });
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("bench");
  return (count) => {
    for (let index = 0; index < count; index++) {
      tracer.startSpan("GET /orders/:id", { attributes: attributes(index) }).end();
    }
  };
}

/** Traces whose three inner spans have ended, and whose roots have not. */
function open(layer: boolean): () => (count: number) => void {
  return () => {
    const held: unknown[] = [];
    const roots: Span[] = [];
    const hold = { onSpan: (span: unknown) => void held.push(span) };
    const { tracer } = createTelemetry({
      service: "bench",
      sinks: [
        layer ? pipe(tail({ keep: [errors()], bytesMax: 1e9 }), { onSpan() {} }) : hold,
      ],
    });
    return (count) => {
      for (let index = 0; index < count; index++) {
        const root = tracer.startSpan("GET /orders/:id");
        for (let child = 0; child < 3; child++) {
          root.startSpan("read", { "order.items": index, "order.express": true }).end();
        }
        roots.push(root);
      }
    };
  };
}

/** What is held in memory. */
export const MEMORY_CASES: readonly BenchCase[] = [
  { group: QUEUED, name: "sextant", role: "ours", holds: 50_000, setup: queued },
  { group: QUEUED, name: "OTel SDK 3.1.1", role: "rival", holds: 50_000, setup: queuedByOtel },
  { group: OPEN, name: "tail", role: "ours", holds: 20_000, setup: open(true) },
  { group: OPEN, name: "the spans alone", role: "floor", holds: 20_000, setup: open(false) },
];
