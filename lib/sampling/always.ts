import { withReason } from "./explain.ts";
import { DROP, type Sampler, type SamplingDecision } from "./sampler.ts";

const KEEP: SamplingDecision = { isSampled: true, threshold: { hi: 0, lo: 0 } };

/** Samples every trace. */
export function alwaysOn(): Sampler {
  return withReason(() => KEEP, () => ({ decision: KEEP, because: ["alwaysOn keeps all"] }));
}

/** Samples no trace; ids are still made and sent on, and log lines carry them. */
export function alwaysOff(): Sampler {
  return withReason(() => DROP, () => ({ decision: DROP, because: ["alwaysOff keeps none"] }));
}
