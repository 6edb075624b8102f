import type { Span } from "../trace/span.ts";

/**
 * The spans of requests, found by their requests: as a property with a name nobody else has. A
 * WeakMap would have each garbage collection copy the spans of all requests since the last one.
 */
export class RequestSpans {
  readonly #key = Symbol("sextant.span");

  /** Ties a span to its request. */
  set(request: Request, span: Span): void {
    (request as unknown as Record<symbol, Span>)[this.#key] = span;
  }

  /** The span of a request. */
  get(request: Request): Span | undefined {
    return (request as unknown as Record<symbol, Span | undefined>)[this.#key];
  }
}
