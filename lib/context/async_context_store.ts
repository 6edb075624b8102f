import type { ContextStore } from "../core/seams.ts";

/** The part of the proposal's `AsyncContext` (TC39, stage 2) that is used here. */
export interface AsyncContextLike {
  /** A variable that keeps its value across calls and awaits. */
  readonly Variable: new (options?: { readonly name?: string }) => {
    /** The value here. */
    get(): unknown;
    /** Calls `fn` with another value in it and in all it awaits. */
    run<A extends unknown[], R>(value: unknown, fn: (...args: A) => R, ...args: A): R;
  };
}

/**
 * Ambient context through `AsyncContext`, as the language will have it; undefined where there is
 * none, which in 2026 is everywhere.
 */
export function asyncContextStore(
  { AsyncContext }: { readonly AsyncContext?: AsyncContextLike } = globalThis as object,
): ContextStore | undefined {
  return AsyncContext === undefined ? undefined : new AsyncContext.Variable({ name: "sextant" });
}
