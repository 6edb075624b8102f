import { parseTraceParent } from "npm:@opentelemetry/core@3.1.1";
import type { Carrier } from "../../mod.ts";
import { SpanContext } from "../../lib/core/span_context.ts";
import { traceContext } from "../../lib/propagation/propagator.ts";
import { formatTraceparent, parseTraceparent } from "../../lib/propagation/traceparent.ts";
import type { BenchCase } from "../case.ts";

const PARSE = "traceparent, parse";
const FORMAT = "traceparent, format";
const INJECT = "traceparent, inject";

/** Different texts, so that nothing can be remembered. */
const TEXTS = Array.from(
  { length: 64 },
  (_, index) => `00-0af7651916cd43dd8448eb211c8031${(index + 16).toString(16)}-b7ad6b7169203331-01`,
);

function parsing(parse: (text: string) => unknown): () => (count: number) => void {
  return () => {
    let found = 0;
    return (count) => {
      for (let index = 0; index < count; index++) {
        if (parse(TEXTS[index & 63]) !== undefined) found++;
      }
      if (found === 1) console.log(found);
    };
  };
}

/** Reads every character once. */
function reading(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum += text.charCodeAt(index);
  return sum;
}

function formatting(format: (context: SpanContext) => string): () => (count: number) => void {
  return () => {
    let sum = 0;
    return (count) => {
      for (let index = 0; index < count; index++) {
        const context = new SpanContext(index, 2, 3, index, 5, index, 1, "", false);
        // Reading a character makes the text flat, as writing it into a header does.
        sum += format(context).charCodeAt(40);
      }
      if (sum === 1) console.log(sum);
    };
  };
}

/** As OpenTelemetry's propagator joins it from the texts of its ids. */
function joinText(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-0${Number(context.traceFlags).toString(16)}`;
}

/** What a client that propagates does: the header into a carrier. */
function injecting(carrier: () => Carrier): () => (count: number) => void {
  return () => {
    const propagator = traceContext();
    let sum = 0;
    return (count) => {
      for (let index = 0; index < count; index++) {
        const parent = new SpanContext(index, 2, 3, index, 5, index, 1, "", false);
        const into = carrier();
        propagator.inject({ parent, baggage: undefined }, into);
        if (into === undefined) sum++;
      }
      if (sum === 1) console.log(sum);
    };
  };
}

/** The text alone, as a property of an object. */
function formatInto(): (count: number) => void {
  let sum = 0;
  return (count) => {
    for (let index = 0; index < count; index++) {
      const parent = new SpanContext(index, 2, 3, index, 5, index, 1, "", false);
      const into = { traceparent: formatTraceparent(parent) };
      if (into === undefined) sum++;
    }
    if (sum === 1) console.log(sum);
  };
}

/** Traceparent. */
export const TRACEPARENT_CASES: readonly BenchCase[] = [
  { group: PARSE, name: "sextant", role: "ours", setup: parsing(parseTraceparent) },
  { group: PARSE, name: "read 55 characters", role: "floor", setup: parsing(reading) },
  { group: PARSE, name: "OTel core 3.1.1", role: "rival", setup: parsing(parseTraceParent) },
  { group: FORMAT, name: "sextant", role: "ours", setup: formatting(formatTraceparent) },
  { group: FORMAT, name: "join hex texts", role: "rival", setup: formatting(joinText) },
  { group: INJECT, name: "into an object", role: "ours", setup: injecting(() => ({})) },
  { group: INJECT, name: "text in an object", role: "floor", setup: formatInto },
  { group: INJECT, name: "into Headers", role: "rival", setup: injecting(() => new Headers()) },
];
