import type { Attributes } from "../core/attributes.ts";
import { SpanContext, spanContextFromHex } from "../core/span_context.ts";

/** A tie as it is given: the other span may be of OpenTelemetry's API. */
export interface GivenLink {
  /** The other span. */
  readonly context: SpanContext | GivenSpanContext;
  /** Details. */
  readonly attributes?: Attributes | undefined;
}

/** A span context by its texts, as OpenTelemetry's API has it. */
export interface GivenSpanContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** The trace flags. */
  readonly traceFlags: number;
  /** True when it came from elsewhere. */
  readonly isRemote?: boolean;
  /** The tracestate. */
  readonly traceState?: { serialize(): string };
}

/** A span context of whatever making as ours; undefined when its ids are malformed. */
export function asSpanContext(context: SpanContext | GivenSpanContext): SpanContext | undefined {
  if (context instanceof SpanContext) return context;
  return spanContextFromHex(
    context.traceId,
    context.spanId,
    context.traceFlags,
    context.traceState?.serialize() ?? "",
    context.isRemote ?? false,
  );
}
