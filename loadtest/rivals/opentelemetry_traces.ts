import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@3.1.1";
import { OTLPTraceExporter } from "npm:@opentelemetry/exporter-trace-otlp-proto@0.301.1";
import { BatchSpanProcessor, TracerProvider } from "npm:@opentelemetry/sdk-trace@3.1.1";
import { httpInstrumentationMiddleware } from "@hono/otel";
import { createApp } from "./app.ts";

const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const tracer = trace.getTracer("rival");

/** OpenTelemetry's SDK, its batch processor and exporter, and Hono's middleware for it. */
export default createApp({
  middleware: httpInstrumentationMiddleware(),
  span: (name, work) =>
    tracer.startActiveSpan(name, (span) => {
      try {
        return work();
      } finally {
        span.end();
      }
    }),
});

/** Sends what is held back. */
export const flush = () => processor.forceFlush();
