import {
  createTelemetry,
  probability,
  type Random,
  SpanContext,
  type Telemetry,
} from "../../mod.ts";

/** A proxy before the services that has decided already: its traceparent and tracestate arrive. */
export class Upstream {
  readonly #telemetry: Telemetry;

  constructor(ratio: number, random: Random) {
    this.#telemetry = createTelemetry({
      service: "edge",
      random,
      sampler: probability(ratio),
      sinks: [{ onSpan() {} }],
    });
  }

  /** The context of the next request. */
  next(): SpanContext {
    const span = this.#telemetry.startSpan("request");
    span.end();
    const { t0, t1, t2, t3, s0, s1, traceFlags, traceStateText } = span;
    return new SpanContext(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, true);
  }
}
