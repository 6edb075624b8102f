import type { Attributes } from "../core/attributes.ts";
import { type Reasoned, reasonOf, withReason } from "./explain.ts";
import { checkSampler, type Sampler, type SamplingDecision } from "./sampler.ts";

/** A sampler whose answers are changed, and so its reasons. */
function mapped(sampler: Sampler, change: (answer: SamplingDecision) => SamplingDecision): Sampler {
  return withReason(
    (request) => change(sampler(request)),
    (request): Reasoned => {
      const { decision, because } = reasonOf(sampler, request);
      return { decision: change(decision), because };
    },
  );
}

/**
 * Adds attributes to the first span of each trace that `sampler` keeps: which rule kept it, say.
 *
 * @throws {TypeError} When `sampler` is not a function.
 */
export function annotating(sampler: Sampler, attributes: Attributes): Sampler {
  checkSampler("annotating(): sampler", sampler);
  const added = { ...attributes };
  return mapped(
    sampler,
    (answer) =>
      answer.isSampled ? { ...answer, attributes: { ...answer.attributes, ...added } } : answer,
  );
}

const RECORD: SamplingDecision = { isSampled: false, threshold: undefined, isRecorded: true };

/**
 * Records the traces too that `sampler` drops, so that layers see them: metrics of spans,
 * fingers-crossed. They are not exported, and the services called are told "not sampled".
 *
 * @throws {TypeError} When `sampler` is not a function.
 */
export function alwaysRecord(sampler: Sampler): Sampler {
  checkSampler("alwaysRecord(): sampler", sampler);
  return mapped(sampler, (answer) => answer.isSampled ? answer : RECORD);
}

/** A sampler that can be exchanged while it is in use. */
export type ReloadableSampler = Sampler & {
  /** Puts another in its place, from the next trace on. */
  reload(next: Sampler): void;
};

/**
 * A sampler that can be exchanged at run time: `sampler.reload(probability(0.01))`.
 *
 * @throws {TypeError} When what is given, now or later, is not a function.
 */
export function reloadable(first: Sampler): ReloadableSampler {
  checkSampler("reloadable(): first", first);
  let current = first;
  const sampler: Sampler = (request) => current(request);
  withReason(sampler, (request) => reasonOf(current, request));
  return Object.assign(sampler, {
    reload(next: Sampler) {
      checkSampler("reload(): next", next);
      current = next;
    },
  });
}
