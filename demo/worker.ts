/** The whole shop as one module Worker: five services, service calling service without a network. */
import { createTelemetry, otlp, type Telemetry, type WorkerContext } from "../mod.ts";
import { workers } from "../lib/runtime/workers.ts";
import { createInProcessShop, type InProcessShop } from "./services/in_process.ts";
import { memoryStorage } from "./services/storage_memory.ts";

/** The Worker's bindings. */
export interface Env {
  /** Where telemetry goes. */
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string;
}

interface Running {
  readonly shop: InProcessShop;
  readonly telemetry: readonly Telemetry[];
}

let running: Running | undefined;

/** Made at the first request: before it a Worker has no clock, no randomness and no bindings. */
function start(env: Env): Running {
  const telemetry: Telemetry[] = [];
  const shop = createInProcessShop({
    seed: 1,
    faults: "off",
    storage: memoryStorage(),
    telemetryFor(service, fetch) {
      const one = createTelemetry({
        service,
        fetch,
        runtime: workers(env),
        transaction: {},
        sinks: [otlp()],
      });
      telemetry.push(one);
      return one;
    },
  });
  return { shop, telemetry };
}

/** Ships what was ordered, and sends what was recorded. */
async function afterResponse({ shop, telemetry }: Running): Promise<void> {
  await shop.drain();
  await Promise.all(telemetry.map((one) => one.flush()));
}

/** The Worker. */
export default {
  async fetch(request: Request, env: Env, context: WorkerContext): Promise<Response> {
    const { shop } = running ??= start(env);
    const response = await shop.fetch(request);
    context.waitUntil(afterResponse(running));
    return response;
  },
};
