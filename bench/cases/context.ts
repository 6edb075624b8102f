import { AsyncLocalStorage } from "node:async_hooks";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@3.1.1";
import { type SpanProcessor, TracerProvider } from "npm:@opentelemetry/sdk-trace@3.1.1";
import { createTelemetry } from "../../mod.ts";
import { cryptoRandom } from "../../lib/core/random.ts";
import type { ContextStore } from "../../lib/core/seams.ts";
import { asyncLocalStore } from "../../lib/runtime/async_context.ts";
import { deno } from "../../lib/runtime/deno.ts";
import type { BenchCase } from "../case.ts";

const RUN = "what is active, run";
const SPAN = "span around a callback, ambient";

const nothing = () => 1;

function running(make: () => Pick<ContextStore, "run">): () => (count: number) => void {
  return () => {
    const store = make();
    let sum = 0;
    return (count) => {
      for (let index = 0; index < count; index++) sum += store.run({ index }, nothing);
      if (sum === -1) console.log(sum);
    };
  };
}

function ours(runtime: Parameters<typeof deno>[0]): () => (count: number) => void {
  return () => {
    const { span } = createTelemetry({
      service: "bench",
      runtime: deno({ ...runtime, flushOnExit: false }),
      sinks: [{ onSpan() {} }],
    });
    return (count) => {
      for (let index = 0; index < count; index++) span("work", nothing);
    };
  };
}

/** Nothing but a store, two clock reads and ids. */
function floor(): (count: number) => void {
  const random = cryptoRandom();
  const storage = new AsyncLocalStorage();
  let sum = 0;
  return (count) => {
    for (let index = 0; index < count; index++) {
      const startMs = performance.now();
      for (let word = 0; word < 6; word++) sum ^= random.int32();
      sum += storage.run({ index }, nothing);
      sum += performance.now() - startMs;
    }
    if (sum === 0.123) console.log(sum);
  };
}

function otel(): (count: number) => void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const done: SpanProcessor = {
    onStart() {},
    onEnd() {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [done] }));
  const tracer = trace.getTracer("bench");
  return (count) => {
    for (let index = 0; index < count; index++) {
      tracer.startActiveSpan("work", (span) => {
        nothing();
        span.end();
      });
    }
  };
}

/** Ambient context. */
export const CONTEXT_CASES: readonly BenchCase[] = [
  { group: RUN, name: "deno()", role: "ours", setup: running(() => deno().context!) },
  { group: RUN, name: "our AsyncLocalStorage", role: "rival", setup: running(asyncLocalStore) },
  {
    group: RUN,
    name: "AsyncLocalStorage.run",
    role: "rival",
    setup: running(() => new AsyncLocalStorage()),
  },
  { group: SPAN, name: "sextant", role: "ours", setup: ours({}) },
  {
    group: SPAN,
    name: "by AsyncLocalStorage",
    role: "rival",
    setup: ours({ ambient: "AsyncLocalStorage" }),
  },
  { group: SPAN, name: "AsyncLocalStorage, clock, ids", role: "floor", setup: floor },
  { group: SPAN, name: "OTel SDK 3.1.1", role: "rival", setup: otel },
];
