/** The process of a soak: the shop with all three signals, and a look into its memory and books. */
import {
  createMeter,
  createTelemetry,
  otlp,
  otlpMetrics,
  pipe,
  redMetrics,
  type Telemetry,
} from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import type { Books, Look } from "./series.ts";

const [endpoint, queueMib] = Deno.args;
const { gc } = globalThis as unknown as { gc: () => void };
const limits = { queueBytes: Number(queueMib) * 1024 * 1024 };
const made: Telemetry[] = [];
const shop = createInProcessShop({
  seed: 1,
  faults: "off",
  storage: sqliteStorage(":memory:"),
  telemetryFor(service, fetch) {
    const meter = createMeter({ intervalMs: 5000 });
    const telemetry = createTelemetry({
      service,
      runtime: deno({ flushOnExit: false }),
      fetch,
      meter,
      onLoss: false,
      sinks: [
        pipe(redMetrics(meter), otlp({ endpoint, limits })),
        otlpMetrics({ endpoint, limits }),
      ],
    });
    made.push(telemetry);
    return telemetry;
  },
});

function books(): Books {
  const sum = { created: 0, delivered: 0, dropped: 0, queued: 0, queuedBytes: 0 };
  for (const telemetry of made) {
    for (const { spans, logs, metrics } of telemetry.health().destinations) {
      for (const one of [spans, logs, metrics]) {
        if (one === undefined) continue;
        for (const name of ["created", "delivered", "queued", "queuedBytes"] as const) {
          sum[name] += one[name];
        }
        for (const count of Object.values(one.dropped)) sum.dropped += count;
      }
    }
  }
  return sum;
}

function look(): Look {
  // Twice: what finalizers let go of is taken by the second.
  gc();
  gc();
  const { heapUsed, rss, external } = Deno.memoryUsage();
  return { heapBytes: heapUsed, rssBytes: rss, externalBytes: external, books: books() };
}

// Ctrl-C reaches the whole process group; the parent ends us when it has looked once more.
Deno.addSignalListener("SIGINT", () => {});
const gateway = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => shop.fetch(request),
);
const control = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    if (request.method === "POST") await Promise.all(made.map((one) => one.shutdown()));
    return Response.json(look());
  },
);
console.log(JSON.stringify({ gateway: gateway.addr.port, control: control.addr.port }));
