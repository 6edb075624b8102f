import { trace } from "@opentelemetry/api";
import { createApp } from "./app.ts";

const tracer = trace.getTracer("rival");

/** Deno's built-in telemetry (OTEL_DENO), which makes the server's span by itself. */
export default createApp({
  span: (name, work) =>
    tracer.startActiveSpan(name, (span) => {
      try {
        return work();
      } finally {
        span.end();
      }
    }),
});

/** Longer than OTEL_BSP_SCHEDULE_DELAY, in milliseconds: there is no way to ask it to flush. */
const EXPORTED_MS = 60;

/** Waits until what it holds back was sent. */
export const flush = () => new Promise<void>((resolve) => setTimeout(resolve, EXPORTED_MS));
