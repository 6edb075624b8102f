import { createTelemetry, type Health, type Telemetry } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import type { Arm, ShopTarget } from "./arm.ts";
import type { Served } from "./serve.ts";

function droppedOf(health: Health): number {
  return health.destinations
    .flatMap(({ spans, logs, metrics }) => [spans, logs, metrics])
    .flatMap((signal) => Object.entries(signal?.dropped ?? {}))
    // What a decision leaves out is no loss.
    .reduce((sum, [reason, count]) => reason === "sampled" ? sum : sum + count, 0);
}

/** The demo's shop with the telemetry of an arm, which exports to `endpoint`. */
export function shopOf(arm: Arm, endpoint: string): Served {
  const { options } = arm.target as ShopTarget;
  const made: Telemetry[] = [];
  const runtime = deno({ flushOnExit: false });
  const shop = createInProcessShop({
    seed: 1,
    faults: "off",
    storage: sqliteStorage(":memory:"),
    telemetryFor(service, fetch) {
      const telemetry = createTelemetry({ service, runtime, fetch, ...options(endpoint) });
      made.push(telemetry);
      return telemetry;
    },
  });
  return {
    fetch: (request) => shop.fetch(request),
    flush: async () => void await Promise.all(made.map((telemetry) => telemetry.flush())),
    dropped: () => made.map((one) => droppedOf(one.health())).reduce((a, b) => a + b, 0),
    spinUs: arm.spinUs,
  };
}
