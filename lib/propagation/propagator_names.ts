import { b3 } from "./b3_propagator.ts";
import {
  baggagePropagator,
  composite,
  type Propagator,
  traceContext,
  w3cPropagator,
} from "./propagator.ts";

/** A propagator, and what of the names it was made from was not understood. */
export interface NamedPropagator {
  /** All that was understood, in the order given. */
  readonly propagator: Propagator;
  /** What the user should be told; empty when all was understood. */
  readonly warnings: readonly string[];
}

const NONE: Propagator = {
  fields: [],
  inject: () => true,
  extract: () => ({ parent: undefined, baggage: undefined }),
};

const BY_NAME: ReadonlyMap<string, () => Propagator> = new Map([
  ["tracecontext", traceContext],
  ["baggage", baggagePropagator],
  ["b3", () => b3({ headers: "single" })],
  ["b3multi", () => b3({ headers: "multi" })],
]);

/**
 * Makes the propagator that a list of names asks for: the value of OTEL_PROPAGATORS, such as
 * `tracecontext,baggage` (which is the default when it is empty). `none` propagates nothing. Names
 * count once; one that is not known is left out with a warning, and when none is left the default
 * is taken.
 */
export function propagatorFromNames(text: string | undefined): NamedPropagator {
  const names = new Set((text ?? "").split(",").map((name) => name.trim()));
  names.delete("");
  if (names.size === 0) return { propagator: w3cPropagator, warnings: [] };
  if (names.has("none")) {
    const warnings = names.size === 1
      ? []
      : [`OTEL_PROPAGATORS is ${JSON.stringify(text)}: "none" stands alone, nothing is propagated`];
    return { propagator: NONE, warnings };
  }
  const propagators: Propagator[] = [];
  const warnings: string[] = [];
  for (const name of names) {
    const make = BY_NAME.get(name);
    if (make === undefined) warnings.push(unknownName(name));
    else propagators.push(make());
  }
  if (propagators.length === 0) return { propagator: w3cPropagator, warnings };
  return { propagator: composite(propagators), warnings };
}

function unknownName(name: string): string {
  return `OTEL_PROPAGATORS names ${JSON.stringify(name)}, allowed are ${
    [...BY_NAME.keys(), "none"].join(", ")
  }: it is left out`;
}
