import { consistentThreshold } from "../propagation/ot_tracestate.ts";
import { DROP, type Sampler } from "./sampler.ts";

/**
 * Follows the decision that came with the parent; asks `root` where a trace begins. The parent's
 * threshold goes on as it came (OTEP 235, "ParentThreshold").
 *
 * @throws {TypeError} When `root` is not a function.
 */
export function parentOr(root: Sampler): Sampler {
  if (typeof root !== "function") {
    throw new TypeError(
      `parentOr(): root is ${typeof root}, allowed is a sampler such as probability(0.1)`,
    );
  }
  return (request) => {
    if (request.parent === undefined) return root(request);
    if (!request.parent.isSampled) return DROP;
    return { isSampled: true, threshold: consistentThreshold(request.parent) };
  };
}
