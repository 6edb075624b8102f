import type { SpanContext } from "../core/span_context.ts";
import { Baggage } from "./baggage.ts";
import { type Carrier, getFrom, setOn } from "./carrier.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import { cleanTraceState } from "./tracestate.ts";

/** What is carried from one service to another. */
export interface Carried {
  /** The span that calls. */
  readonly parent: SpanContext | undefined;
  /** What goes along. */
  readonly baggage: Baggage | undefined;
}

/** Writes and reads one or several formats. Never throws. */
export interface Propagator {
  /** The names of the entries it writes. */
  readonly fields: readonly string[];
  /** Writes what is carried. */
  inject(carried: Carried, carrier: Carrier): void;
  /** Reads what is carried; what is absent or malformed is undefined. */
  extract(carrier: Carrier): Carried;
}

/** W3C Trace Context (traceparent, tracestate) and W3C Baggage. */
export const w3cPropagator: Propagator = {
  fields: ["traceparent", "tracestate", "baggage"],
  inject({ parent, baggage }, carrier) {
    try {
      if (parent !== undefined) {
        setOn(carrier, "traceparent", formatTraceparent(parent));
        if (parent.traceStateText !== "") setOn(carrier, "tracestate", parent.traceStateText);
      }
      if (baggage !== undefined && baggage.size > 0) setOn(carrier, "baggage", baggage.toString());
    } catch {
      // A frozen or foreign carrier takes nothing; the call it belongs to goes on.
    }
  },
  extract(carrier) {
    const baggageText = getFrom(carrier, "baggage");
    return {
      parent: extractParent(carrier),
      baggage: baggageText === undefined ? undefined : Baggage.parse(baggageText),
    };
  },
};

function extractParent(carrier: Carrier): SpanContext | undefined {
  const text = getFrom(carrier, "traceparent");
  if (text === undefined) return undefined;
  // A bad traceparent means that tracestate is not looked at (W3C Trace Context, 4.3).
  const parent = parseTraceparent(text);
  if (parent === undefined) return undefined;
  const state = getFrom(carrier, "tracestate");
  return state === undefined ? parent : parseTraceparent(text, cleanTraceState(state));
}
