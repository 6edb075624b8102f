import { isKept, thresholdFromProbability } from "../core/threshold.ts";
import { withReason } from "./explain.ts";
import { DROP, type Sampler, type SamplingDecision, type SamplingRequest } from "./sampler.ts";

/**
 * Samples a trace with probability `ratio`, from 2^-56 to 1, or never with 0.
 *
 * Every service that samples with the same or a larger ratio keeps the traces this one keeps
 * (consistent probability sampling, OTEP 235): the trace's own random bits decide, and the
 * threshold travels in tracestate, so that counts can be scaled up without bias.
 *
 * @throws {RangeError} When `ratio` is not a number from 0 to 1.
 */
export function probability(ratio: number): Sampler {
  if (typeof ratio !== "number" || !(ratio >= 0 && ratio <= 1)) {
    throw new RangeError(`probability(): ratio is ${String(ratio)}, allowed is 0 to 1`);
  }
  const threshold = ratio < 2 ** -56 ? undefined : thresholdFromProbability(ratio);
  const keep: SamplingDecision = { isSampled: true, threshold };
  const sampler = ({ randomHigh, randomLow }: SamplingRequest) =>
    threshold !== undefined && isKept(randomHigh, randomLow, threshold) ? keep : DROP;
  return withReason(sampler, (request) => {
    const decision = sampler(request);
    const side = decision.isSampled ? "within" : "outside";
    return { decision, because: [`its random bits are ${side} probability ${ratio}`] };
  });
}
