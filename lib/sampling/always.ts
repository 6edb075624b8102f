import { DROP, type Sampler, type SamplingDecision } from "./sampler.ts";

const KEEP: SamplingDecision = { isSampled: true, threshold: { hi: 0, lo: 0 } };

/** Samples every trace. */
export function alwaysOn(): Sampler {
  return () => KEEP;
}

/** Samples no trace; ids are still made and sent on, and log lines carry them. */
export function alwaysOff(): Sampler {
  return () => DROP;
}
