import type { Attributes } from "../core/attributes.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { SamplingRequest } from "../sampling/sampler.ts";

/** The attributes a span starts with, or what makes them when somebody wants them. */
export type LazyAttributes = Attributes | (() => Attributes) | undefined;

/** The attributes, made now if they are not there yet. Never throws. */
export function given(attributes: LazyAttributes): Attributes | undefined {
  if (typeof attributes !== "function") return attributes;
  try {
    return attributes();
  } catch {
    // The work goes on; the span shows that its attributes could not be had.
    return { "sextant.attributes_failed": true };
  }
}

/** What a sampler is asked, whose attributes are made only when it looks at them. */
export class LazyRequest implements SamplingRequest {
  readonly #attributes: () => Attributes;

  /** Takes what a {@linkcode SamplingRequest} has. */
  constructor(
    readonly parent: SpanContext | undefined,
    readonly randomHigh: number,
    readonly randomLow: number,
    readonly name: string,
    readonly kind: number,
    attributes: () => Attributes,
    readonly target: string,
  ) {
    this.#attributes = attributes;
  }

  get attributes(): Attributes {
    return this.#attributes();
  }
}
