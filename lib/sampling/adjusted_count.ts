import { adjustedCount as countOf, thresholdFromText } from "../core/threshold.ts";
import type { SpanContext } from "../core/span_context.ts";

/** The `th` of tracestate's `ot` member. */
const THRESHOLD = /(?:^|,)[ \t]*ot=(?:[^,;]*;)*th:([0-9a-f]{1,14})(?=[;,\s]|$)/;

/**
 * How many spans a kept one stands for: 1 / (1 - th / 2^56), and 1 when nothing was sampled away or
 * the threshold is unknown (OTEP 235, "Threshold encoding"). The sum over kept spans estimates how
 * many there were.
 */
export function adjustedCount(span: Pick<SpanContext, "traceStateText">): number {
  const text = THRESHOLD.exec(span.traceStateText)?.[1];
  const threshold = text === undefined ? undefined : thresholdFromText(text);
  return threshold === undefined ? 1 : countOf(threshold);
}
