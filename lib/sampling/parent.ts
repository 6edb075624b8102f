import { consistentThreshold } from "../propagation/ot_tracestate.ts";
import { reasonOf, withReason } from "./explain.ts";
import { checkSampler, DROP, type Sampler, type SamplingDecision } from "./sampler.ts";

/**
 * Follows the decision that came with the parent; asks `root` where a trace begins. The parent's
 * threshold goes on as it came (OTEP 235, "ParentThreshold").
 *
 * @throws {TypeError} When `root` is not a function.
 */
export function parentOr(root: Sampler): Sampler {
  checkSampler("parentOr(): root", root);
  const follow = (parent: Parameters<typeof consistentThreshold>[0]): SamplingDecision => ({
    isSampled: true,
    threshold: consistentThreshold(parent),
  });
  return withReason((request) => {
    if (request.parent === undefined) return root(request);
    return request.parent.isSampled ? follow(request.parent) : DROP;
  }, (request) => {
    const { parent } = request;
    if (parent === undefined) {
      const { decision, because } = reasonOf(root, request);
      return { decision, because: ["the trace begins here", ...because] };
    }
    return parent.isSampled
      ? { decision: follow(parent), because: ["the parent is sampled"] }
      : { decision: DROP, because: ["the parent is not sampled"] };
  });
}
