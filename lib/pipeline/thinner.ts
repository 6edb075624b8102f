import type { SpanContext } from "../core/span_context.ts";
import {
  isKept,
  probabilityOf,
  type Threshold,
  thresholdFromProbability,
} from "../core/threshold.ts";
import { otRandom, otThreshold } from "../propagation/ot_tracestate.ts";

/** The threshold with which a sampled trace is kept after all, or undefined when it is not. */
export type Thinned = (context: SpanContext) => Threshold | undefined;

const ALL: Threshold = { hi: 0, lo: 0 };

/**
 * Keeps a part of what the head has sampled. The trace's own random bits decide, as at the head:
 * the threshold is that of the probability of both (OTEP 235).
 */
export function thinner(ratio: number): Thinned {
  // A head gives many traces the same list.
  let text: string | undefined;
  let head = ALL;
  let both: Threshold | undefined;
  return ({ traceStateText, t2, t3 }) => {
    if (ratio === 0) return undefined;
    if (traceStateText !== text) {
      text = traceStateText;
      head = otThreshold(traceStateText) ?? ALL;
      both = product(head, ratio);
    }
    const explicit = traceStateText.includes("rv:") ? otRandom(traceStateText) : undefined;
    const hi = explicit?.hi ?? t2 & 0xffffff;
    const lo = explicit?.lo ?? t3 >>> 0;
    // A threshold that the trace can't have passed is not to be believed.
    const threshold = isKept(hi, lo, head) ? both : product(ALL, ratio);
    return threshold !== undefined && isKept(hi, lo, threshold) ? threshold : undefined;
  };
}

function product(head: Threshold, ratio: number): Threshold | undefined {
  const probability = probabilityOf(head) * ratio;
  return probability < 2 ** -56 ? undefined : thresholdFromProbability(probability);
}
