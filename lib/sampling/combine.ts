import { compareThresholds, type Threshold } from "../core/threshold.ts";
import { type Reasoned, reasonOf, withReason } from "./explain.ts";
import {
  checkSampler,
  DROP,
  type Sampler,
  type SamplingDecision,
  type SamplingRequest,
} from "./sampler.ts";

type Join = (decisions: readonly SamplingDecision[]) => SamplingDecision;

function combined(name: string, samplers: readonly Sampler[], join: Join): Sampler {
  if (samplers.length === 0) {
    throw new TypeError(`${name}(): no sampler is given, allowed are one or more`);
  }
  samplers.forEach((sampler, index) => checkSampler(`${name}(): sampler ${index + 1}`, sampler));
  // All are asked, whatever the first says: a limit must count what another one keeps.
  const ask = (request: SamplingRequest) => join(samplers.map((sampler) => sampler(request)));
  return withReason(ask, (request) => {
    const answers: Reasoned[] = samplers.map((sampler) => reasonOf(sampler, request));
    return {
      decision: join(answers.map(({ decision }) => decision)),
      because: answers.flatMap(({ because }, index) =>
        because.map((text) => `${name} ${index + 1}: ${text}`)
      ),
    };
  });
}

/**
 * Keeps a trace that any of these keeps. The same random bits decide for all, so that the
 * probability is that of the one that keeps most (OTEP 250, "ConsistentAnyOf").
 *
 * @throws {TypeError} Without a sampler.
 */
export function anyOf(...samplers: readonly Sampler[]): Sampler {
  return combined("anyOf", samplers, (decisions) => joined(decisions, -1));
}

/**
 * Keeps a trace that all of these keep: the probability is that of the one that keeps least.
 * `allOf(probability(0.1), rateLimited(50))` is 1 in 10, but no more than 50 a second.
 *
 * @throws {TypeError} Without a sampler.
 */
export function allOf(...samplers: readonly Sampler[]): Sampler {
  return combined(
    "allOf",
    samplers,
    (decisions) =>
      decisions.every(({ isSampled }) => isSampled) ? joined(decisions, 1) : notSampled(decisions),
  );
}

/** The decision of those that keep: their largest threshold for `sign` 1, the least for -1. */
function joined(decisions: readonly SamplingDecision[], sign: 1 | -1): SamplingDecision {
  const kept = decisions.filter(({ isSampled }) => isSampled);
  if (kept.length === 0) return notSampled(decisions);
  let threshold: Threshold | undefined = kept[0].threshold;
  for (const { threshold: other } of kept) {
    // One of unknown probability makes that of all unknown.
    if (other === undefined || threshold === undefined) threshold = undefined;
    else if (compareThresholds(other, threshold) * sign > 0) threshold = other;
  }
  return { isSampled: true, threshold, attributes: attributesOf(kept) };
}

function notSampled(decisions: readonly SamplingDecision[]): SamplingDecision {
  return decisions.some(({ isRecorded }) => isRecorded) ? { ...DROP, isRecorded: true } : DROP;
}

function attributesOf(decisions: readonly SamplingDecision[]): SamplingDecision["attributes"] {
  const given = decisions.flatMap(({ attributes }) => attributes ?? []);
  return given.length === 0 ? undefined : Object.assign({}, ...given);
}
