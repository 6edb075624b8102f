import { createTelemetry, otlp } from "../../mod.ts";
import { sextant } from "../../lib/hono/mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createApp } from "./app.ts";

const telemetry = createTelemetry({
  service: "rival",
  runtime: deno({ flushOnExit: false }),
  sinks: [otlp({ signals: ["traces"] })],
});

/** Sextant's middleware and a span. */
export default createApp({
  middleware: sextant(telemetry),
  span: (name, work) => telemetry.span(name, work),
});

/** Sends what is held back. */
export const flush = () => telemetry.flush();
