import { SpanContext } from "../core/span_context.ts";
import {
  type B3,
  B3_HEADER,
  B3_HEADERS,
  formatB3,
  formatB3Headers,
  parseB3,
  parseB3Headers,
} from "./b3.ts";
import { type Carrier, getFrom, removeFrom, setSafeOn } from "./carrier.ts";
import { isValid, type Propagator } from "./propagator.ts";
import { getTraceState, setTraceState } from "./tracestate.ts";

/** Options of {@linkcode b3}. */
export interface B3Options {
  /** What is written: the one `b3` header, or several `x-b3-*`; default "single". Both are read. */
  readonly headers?: "single" | "multi";
}

const MULTI_FIELDS: readonly string[] = [
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-sampled",
  "x-b3-flags",
];

/** Marks a debug trace in tracestate, so that it travels with the spans and through W3C hops. */
const DEBUG_KEY = "b3";
const DEBUG_VALUE = "d";

/**
 * B3, the format of Zipkin. Read is the `b3` header, and where it is absent or malformed the
 * `x-b3-*` ones. A decision that came without ids is not carried on.
 *
 * @throws {RangeError} When `headers` is neither "single" nor "multi".
 */
export function b3({ headers = "single" }: B3Options = {}): Propagator {
  if (headers !== "single" && headers !== "multi") {
    throw new RangeError(`b3(): headers is ${JSON.stringify(headers)}, allowed is single or multi`);
  }
  const inject = headers === "single" ? injectSingle : injectMulti;
  return {
    fields: headers === "single" ? [B3_HEADER] : MULTI_FIELDS,
    inject: ({ parent }, carrier) =>
      parent === undefined || !isValid(parent) || inject(parent, carrier),
    extract: (carrier) => ({ parent: extract(carrier), baggage: undefined }),
  };
}

function injectSingle(parent: SpanContext, carrier: Carrier): boolean {
  return setSafeOn(carrier, B3_HEADER, formatB3(parent, isDebug(parent)));
}

function injectMulti(parent: SpanContext, carrier: Carrier): boolean {
  const debug = isDebug(parent);
  // Of debug and the decision one is written, and the other may be there from another request.
  const stale = [B3_HEADERS.parentSpanId, debug ? B3_HEADERS.sampled : B3_HEADERS.flags];
  if (!stale.every((name) => removeFrom(carrier, name))) return false;
  return formatB3Headers(parent, debug).every(([name, value]) => setSafeOn(carrier, name, value));
}

function isDebug(parent: SpanContext): boolean {
  return parent.traceStateText !== "" && parent.isSampled &&
    getTraceState(parent.traceStateText, DEBUG_KEY) === DEBUG_VALUE;
}

function extract(carrier: Carrier): SpanContext | undefined {
  const found = extractSingle(carrier) ?? extractMulti(carrier);
  const parent = found?.parent;
  if (parent === undefined || !found!.isDebug) return parent;
  const { t0, t1, t2, t3, s0, s1, traceFlags } = parent;
  const state = setTraceState("", DEBUG_KEY, DEBUG_VALUE);
  return new SpanContext(t0, t1, t2, t3, s0, s1, traceFlags, state, true);
}

function extractSingle(carrier: Carrier): B3 | undefined {
  const text = getFrom(carrier, B3_HEADER);
  return text === undefined ? undefined : parseB3(text);
}

function extractMulti(carrier: Carrier): B3 | undefined {
  return parseB3Headers({
    traceId: getFrom(carrier, B3_HEADERS.traceId),
    spanId: getFrom(carrier, B3_HEADERS.spanId),
    sampled: getFrom(carrier, B3_HEADERS.sampled),
    flags: getFrom(carrier, B3_HEADERS.flags),
  });
}
