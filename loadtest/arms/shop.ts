import { createTelemetry, type Health, type SignalHealth, type Telemetry } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import type { Arm, BuiltInTarget } from "./arm.ts";
import type { Served } from "./serve.ts";

type Fetch = Served["fetch"];

/** What a module of the user's may export. */
interface TargetModule {
  readonly default?: Fetch | { readonly fetch?: Fetch };
  /** Makes the handler with telemetry, for lines and spans of its own. */
  readonly service?: (telemetry: Telemetry) => Fetch;
}

/** Makes the telemetry of a service. */
type TelemetryFor = (service: string, fetch?: typeof globalThis.fetch) => Telemetry;

function signalsOf({ destinations }: Health): SignalHealth[] {
  return destinations.flatMap(({ spans, logs, metrics }) => [spans, logs, metrics])
    .filter((signal) => signal !== undefined);
}

function droppedOf(made: readonly Telemetry[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { dropped } of made.flatMap((one) => signalsOf(one.health()))) {
    for (const [reason, count] of Object.entries(dropped)) {
      // What a decision leaves out is no loss.
      if (reason !== "sampled") sums[reason] = (sums[reason] ?? 0) + count;
    }
  }
  return sums;
}

/** What was sent over the network: a file's lines are not known to the sink. */
function deliveredOf(made: readonly Telemetry[]): number {
  return made.flatMap((one) => one.health().destinations)
    .filter(({ name }) => name === "otlp")
    .flatMap(({ spans, logs }) => [spans, logs])
    .reduce((sum, signal) => sum + (signal?.delivered ?? 0), 0);
}

/** Something with the telemetry of an arm, which exports to `endpoint`. */
function servedOf(
  arm: Arm,
  endpoint: string,
  make: (telemetryFor: TelemetryFor) => Fetch,
): Served {
  const { options } = arm.target as BuiltInTarget;
  const made: Telemetry[] = [];
  const runtime = deno({ flushOnExit: false });
  const fetch = make((service, fetch) => {
    const own = { service, runtime, ...(fetch && { fetch }), ...options(endpoint) };
    const telemetry = createTelemetry(own);
    made.push(telemetry);
    return telemetry;
  });
  return {
    fetch,
    flush: async () => void await Promise.all(made.map((telemetry) => telemetry.flush())),
    dropped: () => droppedOf(made),
    delivered: () => deliveredOf(made),
    spinUs: arm.spinUs,
  };
}

/** The demo's shop with the telemetry of an arm, which exports to `endpoint`. */
export function shopOf(arm: Arm, endpoint: string): Served {
  return servedOf(arm, endpoint, (telemetryFor) => {
    const storage = sqliteStorage(":memory:");
    const shop = createInProcessShop({ seed: 1, faults: "off", storage, telemetryFor });
    return (request) => shop.fetch(request);
  });
}

/**
 * A module of the user's with the telemetry of an arm around it.
 *
 * @throws {TypeError} When it has no fetch handler, with what is allowed.
 */
export async function moduleOf(arm: Arm, endpoint: string, url: string): Promise<Served> {
  const { default: target, service }: TargetModule = await import(url);
  const plain = typeof target === "function" ? target : target?.fetch?.bind(target);
  if (service === undefined && typeof plain !== "function") {
    throw new TypeError(
      `${url} has no fetch handler: its default export is ${typeof target}, allowed are a function ` +
        "that takes a Request, an object with such a function as fetch, or an export named " +
        "service: a function that takes the telemetry and gives the handler",
    );
  }
  return servedOf(arm, endpoint, (telemetryFor) => {
    const telemetry = telemetryFor("target");
    const handle = service?.(telemetry) ?? plain!;
    return telemetry.handler((request: Request) => handle(request));
  });
}
