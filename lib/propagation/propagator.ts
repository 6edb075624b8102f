import { SpanContext } from "../core/span_context.ts";
import { Baggage } from "./baggage.ts";
import { type Carrier, getFrom, removeFrom, setOn, setOnBare, setSafeOn } from "./carrier.ts";
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
  /** Writes what is carried; false when the carrier did not take all of it. */
  inject(carried: Carried, carrier: Carrier): boolean;
  /** Reads what is carried; what is absent or malformed is undefined. */
  extract(carrier: Carrier): Carried;
}

/** W3C Trace Context: `traceparent` and `tracestate`. */
export function traceContext(): Propagator {
  return TRACE_CONTEXT;
}

/** W3C Baggage: `baggage`. */
export function baggagePropagator(): Propagator {
  return BAGGAGE;
}

/**
 * Several formats, written and read in this order. Of what is found in several the last counts, as
 * with OpenTelemetry's composite propagator; but where they name the same span, a tracestate that
 * came with one of them stays.
 */
export function composite(propagators: readonly Propagator[]): Propagator {
  if (propagators.length === 1) return propagators[0];
  if (propagators.length === 2 && propagators[0] === TRACE_CONTEXT && propagators[1] === BAGGAGE) {
    return w3cPropagator;
  }
  return {
    fields: [...new Set(propagators.flatMap(({ fields }) => fields))],
    inject(carried, carrier) {
      let isWhole = true;
      for (const one of propagators) isWhole = one.inject(carried, carrier) && isWhole;
      return isWhole;
    },
    extract(carrier) {
      let parent: SpanContext | undefined;
      let baggage: Baggage | undefined;
      for (const one of propagators) {
        const carried = one.extract(carrier);
        if (carried.parent !== undefined) parent = richer(parent, carried.parent);
        baggage = carried.baggage ?? baggage;
      }
      return { parent, baggage };
    },
  };
}

function richer(before: SpanContext | undefined, later: SpanContext): SpanContext {
  return before !== undefined && before.traceStateText !== "" && later.traceStateText === "" &&
      before.traceId === later.traceId && before.spanId === later.spanId
    ? before
    : later;
}

const TRACE_CONTEXT: Propagator = {
  fields: ["traceparent", "tracestate"],
  inject: ({ parent }, carrier) => parent === undefined || injectParent(parent, carrier),
  extract: (carrier) => ({ parent: extractParent(carrier), baggage: undefined }),
};

const BAGGAGE: Propagator = {
  fields: ["baggage"],
  inject: ({ baggage }, carrier) => baggage === undefined || injectBaggage(baggage, carrier),
  extract: (carrier) => ({ parent: undefined, baggage: extractBaggage(carrier) }),
};

/** W3C Trace Context and W3C Baggage in one: the default. */
export const w3cPropagator: Propagator = {
  fields: ["traceparent", "tracestate", "baggage"],
  inject({ parent, baggage }, carrier) {
    const isWhole = parent === undefined || injectParent(parent, carrier);
    return (baggage === undefined || injectBaggage(baggage, carrier)) && isWhole;
  },
  extract: (carrier) => ({ parent: extractParent(carrier), baggage: extractBaggage(carrier) }),
};

function injectParent(parent: SpanContext, carrier: Carrier): boolean {
  if (!isValid(parent)) return true;
  const text = formatTraceparent(parent);
  const wasBare = setOnBare(carrier, "traceparent", text);
  if (!wasBare && !setSafeOn(carrier, "traceparent", text)) return false;
  if (parent.traceStateText !== "") return setOn(carrier, "tracestate", parent.traceStateText);
  // Headers passed through from another request may hold a list that belongs to its traceparent.
  return wasBare || removeFrom(carrier, "tracestate");
}

/** Says whether a context names a span; one without is sent by no format. */
export function isValid({ t0, t1, t2, t3, s0, s1 }: SpanContext): boolean {
  return (t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0;
}

function injectBaggage(baggage: Baggage, carrier: Carrier): boolean {
  if (baggage.size === 0) return true;
  const { text, dropped } = baggage.format();
  return (text === "" || setOn(carrier, "baggage", text)) && dropped === 0;
}

function extractParent(carrier: Carrier): SpanContext | undefined {
  const text = getFrom(carrier, "traceparent");
  if (text === undefined) return undefined;
  // A bad traceparent means that tracestate is not looked at (W3C Trace Context, 4.3).
  const parent = parseTraceparent(text);
  if (parent === undefined) return undefined;
  const state = getFrom(carrier, "tracestate");
  return state === undefined || state === "" ? parent : withTraceState(parent, state);
}

function withTraceState(parent: SpanContext, state: string): SpanContext {
  const { t0, t1, t2, t3, s0, s1, traceFlags } = parent;
  return new SpanContext(t0, t1, t2, t3, s0, s1, traceFlags, cleanTraceState(state), true);
}

function extractBaggage(carrier: Carrier): Baggage | undefined {
  const text = getFrom(carrier, "baggage");
  return text === undefined ? undefined : Baggage.parse(text);
}
