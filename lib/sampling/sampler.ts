import type { Attributes } from "../core/attributes.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { Threshold } from "../core/threshold.ts";

/** What a sampler is asked at the start of a trace, or where one enters this process. */
export interface SamplingRequest {
  /** The parent in another process; undefined where the trace begins. */
  readonly parent: SpanContext | undefined;
  /** The upper 24 of the 56 random bits (OTEP 235): of `rv`, else of the trace id. */
  readonly randomHigh: number;
  /** The lower 32 of them, unsigned. */
  readonly randomLow: number;
  /** The name the span starts with. */
  readonly name: string;
  /** OpenTelemetry's span kind. */
  readonly kind: number;
  /** The attributes the span starts with. */
  readonly attributes: Attributes | undefined;
}

/** What a sampler answers. */
export interface SamplingDecision {
  /** True: the span, and those below it in this process, are recorded and sent. */
  readonly isSampled: boolean;
  /**
   * The threshold that was applied, from which the adjusted count follows; undefined when the
   * probability is not known, and then none is sent on.
   */
  readonly threshold: Threshold | undefined;
}

/**
 * Decides whether a trace is recorded. Asked once where a trace begins or enters this process;
 * the spans below share the answer.
 */
export type Sampler = (request: SamplingRequest) => SamplingDecision;

/** Not sampled: the same object each time. */
export const DROP: SamplingDecision = { isSampled: false, threshold: undefined };
