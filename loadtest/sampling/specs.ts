import { TRACE_FAMILIES } from "./families.ts";
import { CONTENDERS, FIXED } from "./families_lines.ts";
import type { Family, Known, Strategy, StrategySpec } from "./strategy.ts";

const FAMILIES = new Map(
  [...TRACE_FAMILIES, ...CONTENDERS].map((family) => [family.name, family]),
);

/** A family by its name. */
export function familyNamed(name: string): Family {
  const family = FAMILIES.get(name);
  if (family === undefined) throw new Error(`there is no family ${JSON.stringify(name)}`);
  return family;
}

/** A family at a budget, in words. */
export function nameAt(family: string, budget: number): string {
  return `${family}, ${Number((budget * 100).toPrecision(2))} %`;
}

/** Makes the strategy that a specification names. */
export async function strategyFrom(spec: StrategySpec, known: Known): Promise<Strategy> {
  if (spec.kind === "family") {
    return { ...familyNamed(spec.family).of(spec.setting, known), name: spec.name };
  }
  const list = spec.kind === "fixed" ? FIXED : await userStrategies(spec.url);
  const strategy = list.find(({ name }) => name === spec.name);
  if (strategy === undefined) throw new Error(`there is no strategy ${JSON.stringify(spec.name)}`);
  return strategy;
}

/** A module of strategies that can't be taken. */
export class StrategiesError extends Error {}

/**
 * The strategies of a user's module.
 *
 * @throws {StrategiesError} Naming what is wrong and what is allowed.
 */
export async function userStrategies(url: string): Promise<readonly Strategy[]> {
  let module: { default?: unknown };
  try {
    module = await import(url);
  } catch (error) {
    throw new StrategiesError(`it can't be loaded: ${(error as Error).message}`);
  }
  const list = module.default;
  const isList = Array.isArray(list) &&
    list.every((one: Partial<Strategy> | null) =>
      typeof one?.name === "string" && typeof one.make === "function" &&
      ["traces", "logs", "both"].includes(one.signals ?? "")
    );
  if (!isList) {
    throw new StrategiesError(
      "its default export is no list of strategies; allowed is a list of " +
        '{ name, signals: "traces" | "logs" | "both", configuration, make: (clock) => ' +
        "({ sampler, layers, level }) }",
    );
  }
  const names = (list as Strategy[]).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new StrategiesError(`it has two strategies named ${JSON.stringify(twice)}`);
  }
  return list as Strategy[];
}
