/**
 * What Cloudflare Workers have beyond Web APIs: ambient context through `node:async_hooks`
 * (compatibility flag `nodejs_als` or `nodejs_compat`, or a compatibility date from 2026-09-01).
 *
 * @module
 */
import type { Runtime } from "../core/seams.ts";
import { ambientStore } from "./async_context.ts";
import { wrapWorker } from "./worker_export.ts";

export {
  durableObject,
  type DurableObjectClass,
  type DurableObjectOptions,
  type DurableObjectTelemetry,
} from "./durable_object.ts";

/**
 * The runtime room for Workers.
 *
 * @param env The bindings that hold OpenTelemetry's variables, as a handler is given them.
 */
export function workers(env: object = {}): Runtime {
  return {
    name: "workerd",
    attributes: { "process.runtime.name": "workerd" },
    context: ambientStore(),
    env: (name) => {
      const value: unknown = (env as Record<string, unknown>)[name];
      return typeof value === "string" ? value : undefined;
    },
    // A timer's work outside a request is lost: batches leave by waitUntil(flush()) alone.
    hasBackgroundTimers: false,
    wrapWorker,
    isClockFrozen: true,
  };
}
