import { SpanContext } from "../core/span_context.ts";
import { TraceState } from "./tracestate.ts";

/** A span context that shows its tracestate as OpenTelemetry's API does. */
export class ApiSpanContext extends SpanContext {
  /** The ids, flags and tracestate of another, and nothing else that it may hold. */
  constructor(context: SpanContext) {
    const { t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, isRemote } = context;
    super(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, isRemote);
  }

  /** The tracestate list; undefined when there is none. */
  get traceState(): TraceState | undefined {
    return this.traceStateText === "" ? undefined : TraceState.parse(this.traceStateText);
  }
}
