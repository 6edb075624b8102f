/** The demo's shop under mixed traffic, with a strategy: what an arm of the live check serves. */
import { createTelemetry, otlp, pipe, type Telemetry } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import { seededRandom } from "../statistics/random.ts";
import { LIVE_ENV, type LiveArm } from "./live_arms.ts";
import { strategyFrom } from "./specs.ts";

const endpoint = Deno.env.get("OTEL_EXPORTER_OTLP_ENDPOINT")!;
const { spec, known }: LiveArm = JSON.parse(Deno.env.get(LIVE_ENV)!);
const strategy = spec === undefined ? undefined : await strategyFrom(spec, known);
const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

const made: Telemetry[] = [];
const runtime = deno({ flushOnExit: false });
const shop = createInProcessShop({
  seed: 1,
  faults: "some",
  storage: sqliteStorage(":memory:"),
  telemetryFor(service, fetch) {
    const { sampler, layers = [] } = strategy?.make(clock) ?? {};
    const exporter = otlp({ endpoint, signals: ["traces"] });
    const sinks = strategy === undefined ? [] : [pipe(...layers as [], exporter)];
    const telemetry = createTelemetry({ service, runtime, fetch, sampler, onLoss: false, sinks });
    made.push(telemetry);
    return telemetry;
  },
});

const random = seededRandom(1);
const CHECKOUT = JSON.stringify({
  items: [{ sku: "tea", quantity: 1 }],
  email: "ada@example.com",
  card: { number: "4242424242424242" },
});

/** Mostly a product, sometimes the list, now and then an order: of which some fail. */
function next(): Request {
  const draw = random();
  const url = "http://gateway.shop.internal";
  if (draw < 0.9) return new Request(`${url}/products/tea`);
  if (draw < 0.97) return new Request(`${url}/products`);
  return new Request(`${url}/checkout`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: CHECKOUT,
  });
}

/** Asks the shop; what fails there is what is looked for, and no failure of the load. */
export default async function fetch(): Promise<Response> {
  const response = await shop.fetch(next());
  await response.body?.cancel();
  return new Response("done");
}

/** Sends what is held back. */
export async function flush(): Promise<void> {
  for (const telemetry of made) await telemetry.flush();
}

/** Records that were lost; what a decision left out is no loss. */
export function dropped(): number {
  return made.flatMap((telemetry) => telemetry.health().destinations)
    .flatMap(({ spans }) => Object.entries(spans?.dropped ?? {}))
    .reduce((sum, [reason, count]) => reason === "sampled" ? sum : sum + count, 0);
}
