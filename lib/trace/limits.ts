import type { Attributes } from "../core/attributes.ts";
import { shortened } from "../core/value.ts";

/** How much a span may hold; what comes after is counted (OpenTelemetry SDK, "Span Limits"). */
export interface SpanLimits {
  /** Attributes at most; default 128. */
  readonly attributes: number;
  /** Events at most; default 128. */
  readonly events: number;
  /** Links at most; default 128. */
  readonly links: number;
  /** Attributes of an event at most; default 128. */
  readonly eventAttributes: number;
  /** Attributes of a link at most; default 128. */
  readonly linkAttributes: number;
  /** Characters of an attribute's text at most; default no limit. */
  readonly valueLength: number;
}

/** The defaults of {@linkcode SpanLimits}. */
export const SPAN_LIMITS: SpanLimits = {
  attributes: 128,
  events: 128,
  links: 128,
  eventAttributes: 128,
  linkAttributes: 128,
  valueLength: Infinity,
};

/** OpenTelemetry's variables for each limit, the special before the general. */
const VARIABLES: Readonly<Record<keyof SpanLimits, readonly string[]>> = {
  attributes: ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
  events: ["OTEL_SPAN_EVENT_COUNT_LIMIT"],
  links: ["OTEL_SPAN_LINK_COUNT_LIMIT"],
  eventAttributes: ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
  linkAttributes: ["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
  valueLength: ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
};

/**
 * The limits from options, else from OpenTelemetry's variables, else the defaults. A variable that
 * is no whole number is passed over, as OpenTelemetry asks of malformed variables.
 *
 * @throws {RangeError} When an option is none of the limits or no whole number from 0.
 */
export function spanLimitsOf(
  given: Partial<SpanLimits> | undefined,
  env: ((name: string) => string | undefined) | undefined,
): SpanLimits {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(SPAN_LIMITS, name)) {
      throw new RangeError(
        `createTelemetry(): there is no spanLimits.${name}, allowed are ${
          Object.keys(SPAN_LIMITS).join(", ")
        }`,
      );
    }
    if (value !== Infinity && !(Number.isInteger(value) && value >= 0)) {
      throw new RangeError(
        `createTelemetry(): spanLimits.${name} is ${String(value)}, allowed is a whole number ` +
          "from 0, or Infinity",
      );
    }
  }
  const limits: Record<string, number> = { ...SPAN_LIMITS };
  for (const [name, variables] of Object.entries(VARIABLES)) {
    const text = variables.map((variable) => env?.(variable)).find((one) =>
      /^\d+$/.test(one ?? "")
    );
    if (text !== undefined) limits[name] = Number(text);
  }
  return { ...limits, ...given } as SpanLimits;
}

/** Text cut to a length, never within a surrogate pair; lists of texts as well. Others stay. */
export function cutValue(value: unknown, length: number): unknown {
  if (typeof value === "string") return shortened(value, length);
  if (Array.isArray(value)) return value.map((one) => cutValue(one, length));
  return value;
}

/** The first `most` attributes, cut to the length, and how many were left out. */
export function limitAttributes(
  attributes: Attributes | undefined,
  most: number,
  valueLength: number,
): { readonly attributes: Attributes | undefined; readonly droppedAttributes: number } {
  if (!attributes || Object.keys(attributes).length <= most && valueLength === Infinity) {
    return { attributes, droppedAttributes: 0 };
  }
  // What has no value yet is not one of them.
  const keys = Object.keys(attributes).filter((key) => attributes[key] !== undefined);
  const kept: Record<string, unknown> = { __proto__: null };
  for (const key of keys.slice(0, most)) kept[key] = cutValue(attributes[key], valueLength);
  return { attributes: kept, droppedAttributes: Math.max(0, keys.length - most) };
}
