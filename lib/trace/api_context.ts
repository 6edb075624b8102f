import { SpanContext } from "../core/span_context.ts";
import { type Active, Context, type ForeignContext } from "../context/context.ts";
import { acceptTransactionId, TRANSACTION_BAGGAGE_KEY } from "../context/transaction.ts";
import { Baggage } from "../propagation/baggage.ts";
import { asSpanContext, type GivenSpanContext } from "./link.ts";
import { Span } from "./span.ts";

/** The keys of OpenTelemetry's API: it makes them by `Symbol.for`, so that copies of it agree. */
const SPAN_KEY = /* @__PURE__ */ Symbol.for("OpenTelemetry Context Key SPAN");
const BAGGAGE_KEY = /* @__PURE__ */ Symbol.for("OpenTelemetry Baggage Key");

/** The part of a span of another making that is read here. */
interface ForeignSpan {
  spanContext(): GivenSpanContext;
}

/** The part of baggage of another making that is read here. */
interface ForeignBaggage {
  getAllEntries(): readonly [string, { readonly value: string; readonly metadata?: unknown }][];
}

/** A context of whatever making as what can be active here; undefined when it is none. */
export function activeOf(context: unknown): Active | undefined {
  if (context instanceof Context || context instanceof Span) return context;
  return isForeign(context) ? fromForeign(context) : undefined;
}

function isForeign(context: unknown): context is ForeignContext {
  return typeof context === "object" && context !== null && "getValue" in context &&
    typeof context.getValue === "function";
}

function fromForeign(context: ForeignContext): Context {
  const span = context.getValue(SPAN_KEY) as ForeignSpan | undefined;
  const parent = span instanceof SpanContext
    ? span
    : span === undefined
    ? undefined
    : asSpanContext(span.spanContext());
  const baggage = baggageOf(context.getValue(BAGGAGE_KEY));
  const transactionId = span instanceof Span
    ? span.transactionId
    : acceptTransactionId(baggage?.get(TRANSACTION_BAGGAGE_KEY));
  return new Context(parent, baggage, transactionId, context);
}

function baggageOf(value: unknown): Baggage | undefined {
  if (value === undefined || value instanceof Baggage) return value;
  let baggage = Baggage.empty;
  for (const [name, entry] of (value as ForeignBaggage).getAllEntries()) {
    baggage = baggage.set(name, entry.value, entry.metadata?.toString() ?? "");
  }
  return baggage;
}
