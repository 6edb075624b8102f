/**
 * What Vercel's edge runtime, and others like it, have beyond Web APIs: a global `AsyncLocalStorage`,
 * environment variables, and a `waitUntil` that comes with each request.
 *
 * @module
 */
import type { ContextStore, Runtime } from "../core/seams.ts";
import { wrapWorker } from "./worker_export.ts";

interface Globals {
  readonly AsyncLocalStorage?: new () => {
    getStore(): unknown;
    run<A extends unknown[], R>(value: unknown, fn: (...args: A) => R, ...args: A): R;
  };
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * The runtime room for edge functions. As in a Worker nothing outlives a request but what its
 * `waitUntil` was given: `telemetry.worker({ fetch }).fetch(request, undefined, context)`, where
 * `context` is the function's second argument or the fetch event.
 */
export function edge(): Runtime {
  const globals = globalThis as unknown as Globals;
  return {
    name: "edge-light",
    attributes: { "process.runtime.name": "edge-light" },
    context: globals.AsyncLocalStorage && storeOf(new globals.AsyncLocalStorage()),
    env: (name) => globals.process?.env?.[name],
    hasBackgroundTimers: false,
    wrapWorker,
    isClockFrozen: false,
  };
}

function storeOf(storage: InstanceType<NonNullable<Globals["AsyncLocalStorage"]>>): ContextStore {
  return {
    get: () => storage.getStore(),
    run: (value, fn, ...args) => storage.run(value, fn, ...args),
  };
}
