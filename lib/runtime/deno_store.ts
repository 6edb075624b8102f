import type { ContextStore } from "../core/seams.ts";

/** What is active in Deno for all its async variables: an object that no one changes. */
type Mapping = Readonly<Record<PropertyKey, unknown>>;

/** The part of Deno's core that its `AsyncLocalStorage` is made of. */
interface Core {
  getAsyncContext(): Mapping | null | undefined;
  setAsyncContext(mapping: Mapping | null | undefined): void;
}

/**
 * Ambient context by what Deno's own `AsyncLocalStorage` stands on, which costs an eighth of it: that
 * one keeps its values in a WeakMap, so that each garbage collection copies what every request
 * since the last one had active. Both go along together: values of either are kept by the other.
 *
 * It is an inner part of Deno. Undefined where it is not there or does not behave as it is known to,
 * and then `AsyncLocalStorage` is what there is.
 */
export function denoStore(
  core: Partial<Core> | undefined = coreOf(globalThis),
): ContextStore | undefined {
  const { getAsyncContext, setAsyncContext } = core ?? {};
  if (typeof getAsyncContext !== "function" || typeof setAsyncContext !== "function") {
    return undefined;
  }
  const key = Symbol("sextant");
  const store: ContextStore = {
    get: () => getAsyncContext()?.[key],
    run(value, fn, ...args) {
      const before = getAsyncContext();
      setAsyncContext({ __proto__: null, ...before, [key]: value } as Mapping);
      try {
        return fn(...args);
      } finally {
        setAsyncContext(before);
      }
    },
  };
  return behaves(store, getAsyncContext) ? store : undefined;
}

/** Tries it once, so that another form of it in a later Deno is found out here. */
function behaves(store: ContextStore, getAsyncContext: Core["getAsyncContext"]): boolean {
  try {
    const before = getAsyncContext();
    if (before !== null && before !== undefined && Object.getPrototypeOf(before) !== null) {
      return false;
    }
    const probe = {};
    return store.run(probe, () => store.get() === probe) && getAsyncContext() === before;
  } catch {
    return false;
  }
}

function coreOf(scope: object): Partial<Core> | undefined {
  const { Deno } = scope as {
    Deno?: { internal?: symbol } & Record<symbol, { core?: Partial<Core> } | undefined>;
  };
  return Deno?.internal === undefined ? undefined : Deno[Deno.internal]?.core;
}
