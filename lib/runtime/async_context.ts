import { AsyncLocalStorage } from "node:async_hooks";
import type { ContextStore } from "../core/seams.ts";

/**
 * Ambient context through `AsyncLocalStorage`: Deno, Node, Bun, and workerd with `nodejs_als`,
 * `nodejs_compat` or a compatibility date from 2026-09-01.
 *
 * `run` costs about 0.4 µs in Deno; pass spans by hand where that matters.
 */
export function asyncLocalStore(): ContextStore {
  const storage = new AsyncLocalStorage<unknown>();
  return {
    get: () => storage.getStore(),
    run: (value, fn, ...args) => storage.run(value, fn, ...args),
  };
}
