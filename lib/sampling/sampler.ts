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
  /** OpenTelemetry's span kind: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  /** The attributes the span starts with. */
  readonly attributes: Attributes | undefined;
  /** The name of the scope that starts it: a module, a library, a target. */
  readonly target?: string;
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
  /**
   * True: what is not sampled is recorded all the same, for layers that want to see it; nothing of
   * it is exported (OpenTelemetry's RECORD_ONLY).
   */
  readonly isRecorded?: boolean;
  /** Attributes that the span starts with besides its own. */
  readonly attributes?: Attributes;
}

/**
 * Decides whether a trace is recorded. Asked once where a trace begins or enters this process;
 * the spans below share the answer.
 */
export type Sampler = (request: SamplingRequest) => SamplingDecision;

/** Not sampled: the same object each time. */
export const DROP: SamplingDecision = { isSampled: false, threshold: undefined };

/**
 * Checks that something can be asked.
 *
 * @throws {TypeError} Naming who was given what.
 */
export function checkSampler(where: string, sampler: unknown): asserts sampler is Sampler {
  if (typeof sampler !== "function") {
    throw new TypeError(
      `${where} is ${typeof sampler}, allowed is a sampler such as probability(0.1)`,
    );
  }
}
