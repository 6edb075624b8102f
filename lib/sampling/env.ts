import { alwaysOff, alwaysOn } from "./always.ts";
import { parentOr } from "./parent.ts";
import { probability } from "./probability.ts";
import type { Sampler } from "./sampler.ts";

/** A sampler, and what was not understood on the way to it. */
export interface SamplerFromEnv {
  readonly sampler: Sampler;
  readonly warnings: readonly string[];
}

const NAMES: Readonly<Record<string, (ratio: () => number) => Sampler>> = {
  always_on: () => alwaysOn(),
  always_off: () => alwaysOff(),
  traceidratio: (ratio) => probability(ratio()),
  parentbased_always_on: () => parentOr(alwaysOn()),
  parentbased_always_off: () => parentOr(alwaysOff()),
  parentbased_traceidratio: (ratio) => parentOr(probability(ratio())),
};

/**
 * The sampler of OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG (OpenTelemetry, "Environment
 * Variable Specification"). What is not understood gives a warning and the specification's
 * default, `parentbased_always_on` or the ratio 1.
 */
export function samplerFromEnv(
  env: ((name: string) => string | undefined) | undefined,
): SamplerFromEnv {
  const warnings: string[] = [];
  const name = env?.("OTEL_TRACES_SAMPLER")?.trim() || "parentbased_always_on";
  const ratio = () => {
    const text = env?.("OTEL_TRACES_SAMPLER_ARG")?.trim() ?? "";
    const value = text === "" ? 1 : Number(text);
    if (value >= 0 && value <= 1) return value;
    warnings.push(
      `OTEL_TRACES_SAMPLER_ARG is ${JSON.stringify(text)}, allowed is 0 to 1; 1 is used`,
    );
    return 1;
  };
  const make = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (make === undefined) {
    warnings.push(
      `OTEL_TRACES_SAMPLER is ${JSON.stringify(name.slice(0, 80))}, allowed are ${
        Object.keys(NAMES).join(", ")
      }; parentbased_always_on is used`,
    );
  }
  return { sampler: (make ?? NAMES.parentbased_always_on)(ratio), warnings };
}
