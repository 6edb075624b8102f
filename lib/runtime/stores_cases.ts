import { AsyncLocalStorage } from "node:async_hooks";
import type { ContextStore } from "../core/seams.ts";
import { asyncLocalStore } from "./async_context.ts";
import { denoStore } from "./deno_store.ts";
import { asyncContextStore } from "../context/async_context_store.ts";
import { explicitStore } from "../context/explicit_store.ts";

/** The proposal's `AsyncContext.Variable` by its shape, which no runtime has yet. */
class StandInVariable {
  readonly #storage = new AsyncLocalStorage<unknown>();
  get(): unknown {
    return this.#storage.getStore();
  }
  run<A extends unknown[], R>(value: unknown, fn: (...args: A) => R, ...args: A): R {
    return this.#storage.run(value, fn, ...args);
  }
}

/** Every way to keep what is active, for tests that must give the same with each. */
export const STORES: readonly { name: string; isAmbient: boolean; make: () => ContextStore }[] = [
  { name: "AsyncLocalStorage", isAmbient: true, make: asyncLocalStore },
  { name: "Deno's own context", isAmbient: true, make: () => denoStore()! },
  {
    name: "AsyncContext",
    isAmbient: true,
    make: () => asyncContextStore({ AsyncContext: { Variable: StandInVariable } })!,
  },
  { name: "no ambient context", isAmbient: false, make: () => explicitStore },
];
