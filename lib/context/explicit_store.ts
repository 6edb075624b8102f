import type { ContextStore } from "../core/seams.ts";

/**
 * The store of a runtime without ambient context: nothing is ever active, and `run` only calls.
 * Pass spans by hand: `span.span()`, `span.log`.
 */
export const explicitStore: ContextStore = {
  get: () => undefined,
  run: (_value, fn, ...args) => fn(...args),
};
