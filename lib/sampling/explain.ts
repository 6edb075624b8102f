import { probabilityOf } from "../core/threshold.ts";
import type { Sampler, SamplingDecision, SamplingRequest } from "./sampler.ts";

/** Why a trace is kept or dropped. */
export interface Explanation {
  /** Whether it is kept. */
  readonly isSampled: boolean;
  /** The probability with which such a trace is kept; undefined when it is not known. */
  readonly probability: number | undefined;
  /** The reasons, from the outer sampler to the inner one. */
  readonly because: readonly string[];
}

/** What a sampler would answer, without being changed by the question, and why. */
export interface Reasoned {
  readonly decision: SamplingDecision;
  readonly because: readonly string[];
}

/** Answers without counting the question. */
export type Reason = (request: SamplingRequest) => Reasoned;

const reasons = new WeakMap<Sampler, Reason>();

/** Makes a sampler explainable. */
export function withReason(sampler: Sampler, reason: Reason): Sampler {
  reasons.set(sampler, reason);
  return sampler;
}

/** What a sampler would answer. One of the user's own has to be asked, and gives no reason. */
export function reasonOf(sampler: Sampler, request: SamplingRequest): Reasoned {
  const reason = reasons.get(sampler);
  if (reason !== undefined) return reason(request);
  return { decision: sampler(request), because: [sampler.name || "a sampler without a name"] };
}

/**
 * Tells why a sampler would keep or drop a trace, and with which probability. Those of ours are not
 * changed by the question: a limit counts nothing.
 */
export function explain(sampler: Sampler, request: SamplingRequest): Explanation {
  const { decision, because } = reasonOf(sampler, request);
  const { isSampled, threshold } = decision;
  return {
    isSampled,
    probability: threshold === undefined ? undefined : probabilityOf(threshold),
    because,
  };
}
