import type { Telemetry } from "../../mod.ts";
import type { AuditTrail } from "../../lib/audit/mod.ts";
import type { ShopApp } from "./app.ts";
import { createCatalog } from "./catalog.ts";
import { type FaultSetting, seededFaults } from "./faults.ts";
import { createGateway } from "./gateway.ts";
import { type ServiceName, SERVICES } from "./model.ts";
import { createOrders } from "./orders.ts";
import { createPayments } from "./payments.ts";
import { createShipping, type Shipping } from "./shipping.ts";
import type { Storage } from "./storage.ts";

/** Where each service is. */
export type ServiceUrls = Readonly<Record<ServiceName, string>>;

/** The services of a shop, not listening anywhere yet. */
export interface Services {
  readonly apps: Readonly<Record<ServiceName, ShopApp>>;
  readonly shipping: Shipping;
}

/** What services are made of. */
export interface ServicesParts {
  readonly telemetry: Readonly<Record<ServiceName, Telemetry>>;
  readonly storage: Storage;
  readonly urls: ServiceUrls;
  readonly seed: number;
  readonly faults: FaultSetting;
  readonly audit?: Pick<AuditTrail, "append">;
}

/** Makes the five services. */
export function createServices(
  { telemetry, storage, urls, seed, faults, audit }: ServicesParts,
): Services {
  const planned = seededFaults(seed, faults);
  const shipping = createShipping({ telemetry: telemetry.shipping, queue: storage.queue, urls });
  return {
    shipping,
    apps: {
      gateway: createGateway({ telemetry: telemetry.gateway, urls }),
      catalog: createCatalog({
        telemetry: telemetry.catalog,
        store: storage.catalog,
        faults: planned,
      }),
      orders: createOrders({
        telemetry: telemetry.orders,
        store: storage.orders,
        queue: storage.queue,
        urls,
      }),
      payments: createPayments({
        telemetry: telemetry.payments,
        store: storage.payments,
        faults: planned,
        audit,
      }),
      shipping: shipping.app,
    },
  };
}

/** Asks for the telemetry of each service once. */
export function telemetryOfAll(
  telemetryFor: (service: ServiceName) => Telemetry,
): Record<ServiceName, Telemetry> {
  return Object.fromEntries(
    SERVICES.map((service) => [service, telemetryFor(service)]),
  ) as Record<ServiceName, Telemetry>;
}

/** Options of {@linkcode createInProcessShop}. */
export interface InProcessOptions {
  readonly seed: number;
  readonly faults: FaultSetting;
  readonly storage: Storage;
  /** The telemetry of a service, whose requests must go through `fetch`. */
  readonly telemetryFor: (service: ServiceName, fetch: typeof globalThis.fetch) => Telemetry;
}

/** A whole shop behind one fetch handler. */
export interface InProcessShop {
  /** Answers as the gateway does. */
  fetch(request: Request): Response | Promise<Response>;
  /** Ships until the queue is empty, or `mostMessages` were shipped. */
  drain(mostMessages?: number): Promise<number>;
}

/**
 * The whole shop in one process, service calling service without a network: for Workers and for the
 * load test. Needs Web APIs alone.
 */
export function createInProcessShop(options: InProcessOptions): InProcessShop {
  const urls = Object.fromEntries(
    SERVICES.map((service) => [service, `http://${service}.shop.internal`]),
  ) as Record<ServiceName, string>;
  const handlers = new Map<string, ShopApp>();
  const route: typeof globalThis.fetch = async (input, init) => {
    const request = input instanceof Request && init === undefined
      ? input
      : new Request(input, init);
    const host = request.url.slice(7, request.url.indexOf("/", 7));
    const app = handlers.get(host);
    if (app === undefined) throw new TypeError(`no service answers at ${host}`);
    return await app.fetch(request);
  };
  const telemetry = telemetryOfAll((service) => options.telemetryFor(service, route));
  const { apps, shipping } = createServices({ ...options, telemetry, urls });
  for (const service of SERVICES) handlers.set(`${service}.shop.internal`, apps[service]);
  return {
    fetch: (request) => apps.gateway.fetch(request),
    async drain(mostMessages = Number.POSITIVE_INFINITY) {
      let shipped = 0;
      while (shipped < mostMessages && await shipping.workOnce()) shipped++;
      return shipped;
    },
  };
}
