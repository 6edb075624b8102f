/** The process under test: the shop of one arm behind its listener. */
import { createTelemetry, type Health, type Telemetry } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import type { ShopTarget } from "./arm.ts";
import { ARMS } from "./arms.ts";
import { serveArm } from "./serve.ts";

const [endpoint, name] = Deno.args;
const arm = ARMS.find((one) => one.name === name)!;
const target = arm.target as ShopTarget;

function droppedOf(health: Health): number {
  return health.destinations
    .flatMap(({ spans, logs, metrics }) => [spans, logs, metrics])
    .flatMap((signal) => Object.entries(signal?.dropped ?? {}))
    // What a decision leaves out is no loss.
    .reduce((sum, [reason, count]) => reason === "sampled" ? sum : sum + count, 0);
}

const made: Telemetry[] = [];
const runtime = deno({ flushOnExit: false });
const shop = createInProcessShop({
  seed: 1,
  faults: "off",
  storage: sqliteStorage(":memory:"),
  telemetryFor(service, fetch) {
    const telemetry = createTelemetry({ service, runtime, fetch, ...target.options(endpoint) });
    made.push(telemetry);
    return telemetry;
  },
});
await serveArm({
  fetch: (request) => shop.fetch(request),
  flush: async () => void await Promise.all(made.map((telemetry) => telemetry.flush())),
  dropped: () => made.map((one) => droppedOf(one.health())).reduce((a, b) => a + b, 0),
  spinUs: arm.spinUs,
});
