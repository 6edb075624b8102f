import type { Health, Telemetry } from "../mod.ts";
import type { AuditTrail } from "../lib/audit/mod.ts";
import { openTrail } from "./audit.ts";
import type { FaultSetting } from "./services/faults.ts";
import { createServices, telemetryOfAll } from "./services/in_process.ts";
import { type ServiceName, SERVICES } from "./services/model.ts";
import { sqliteStorage } from "./services/storage_sqlite.ts";

/** Options of {@linkcode startShop}. */
export interface ShopOptions {
  readonly seed: number;
  readonly faults: FaultSetting;
  /** The port of each service on 127.0.0.1; 0 takes a free one. */
  readonly ports: Readonly<Record<ServiceName, number>>;
  /** A folder for the shop's data; undefined keeps it in memory. */
  readonly dataDirectory: string | undefined;
  /** The telemetry of each service. */
  readonly telemetryFor: (service: ServiceName) => Telemetry;
}

/** A shop that runs. */
export interface Shop {
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Ships what waits, closes servers and data, flushes and closes each telemetry. */
  stop(): Promise<void>;
  health(): Record<ServiceName, Health>;
  /** The trail of the payments. */
  readonly audit: AuditTrail;
}

/** How long the queue may take to empty when the shop stops. */
const DRAIN_MS = 3000;
/** How long the worker waits when the queue is empty. */
const IDLE_MS = 20;

/**
 * Starts the five services, each on its own port, and the worker of the queue.
 *
 * @throws {Error} When a port is in use: it names the service, the port and the flag.
 */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const telemetry = telemetryOfAll(options.telemetryFor);
  const path = options.dataDirectory === undefined
    ? ":memory:"
    : `${options.dataDirectory}/shop.sqlite`;
  const storage = sqliteStorage(path);
  const audit = await openTrail(options.dataDirectory);
  const urls = {} as Record<ServiceName, string>;
  const services = createServices({ ...options, telemetry, storage, urls, audit });
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  try {
    for (const service of SERVICES) {
      const server = listen(service, options.ports[service], services.apps[service].fetch);
      servers.push(server);
      urls[service] = `http://127.0.0.1:${server.addr.port}`;
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.shutdown()));
    storage.close();
    await audit.close();
    throw error;
  }
  let isStopping = false;
  const worker = (async () => {
    while (!isStopping) {
      if (!await services.shipping.workOnce()) {
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      }
    }
  })();
  return {
    urls,
    audit,
    async stop() {
      const deadlineMs = performance.now() + DRAIN_MS;
      while (storage.queue.depth() > 0 && performance.now() < deadlineMs) {
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      }
      isStopping = true;
      await worker;
      await Promise.all(servers.map((server) => server.shutdown()));
      storage.close();
      await audit.close();
      await Promise.all(Object.values(telemetry).map((one) => one.shutdown()));
    },
    health: () =>
      Object.fromEntries(
        SERVICES.map((service) => [service, telemetry[service].health()]),
      ) as Record<ServiceName, Health>,
  };
}

function listen(
  service: ServiceName,
  port: number,
  handler: (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Error(
      `Port ${port} for ${service} is in use; choose another with --${service}-port (0 takes a free one)`,
    );
  }
}
