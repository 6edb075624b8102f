import type { DecodedSpan } from "../../lib/testing/mod.ts";
import { adjustedCount } from "./adjusted_count.ts";
import { json } from "./json_text.ts";

/** Where spans come from: one object for all spans of a scope of a request. */
export interface Origin {
  readonly service: string;
  /** The instrumentation scope. */
  readonly scope: string;
  /** The resource's attributes as JSON. */
  readonly resource: string;
}

/** A span as it is stored. */
export interface SpanRow {
  readonly origin: Origin;
  readonly traceId: string;
  readonly spanId: string;
  /** The empty string: a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  /** Nanoseconds since the epoch, with a sign as SQLite holds them. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly statusCode: number;
  readonly statusMessage: string;
  /** As JSON. */
  readonly attributes: string;
  /** As JSON, or null without any. */
  readonly events: string | null;
  readonly adjustedCount: number;
  /** The status of its HTTP response, if it had one. */
  readonly httpStatus: number | null;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** The service of a resource that names none. */
export const UNKNOWN_SERVICE = "unknown_service";

/** The service of a `service.name`, which is JSON; one that is no text is shown as JSON. */
export function serviceOf(text: string): string {
  const name: unknown = JSON.parse(text);
  return typeof name === "string" ? name : name === null ? UNKNOWN_SERVICE : text;
}

/** Makes rows of decoded spans. */
export function rowsOf(spans: readonly DecodedSpan[]): SpanRow[] {
  let last: { readonly resource: DecodedSpan["resource"]; readonly origin: Origin } | undefined;
  return spans.map((span) => {
    const { resource, scope, attributes } = span;
    if (last?.resource !== resource || last.origin.scope !== scope) {
      const service = serviceOf(json(resource["service.name"] ?? null));
      last = { resource, origin: { service, scope, resource: json(resource) } };
    }
    const status = attributes["http.response.status_code"];
    return {
      origin: last.origin,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      name: span.name,
      kind: span.kind,
      startNs: BigInt.asIntN(64, span.startTimeUnixNano),
      endNs: BigInt.asIntN(64, span.endTimeUnixNano),
      statusCode: span.statusCode,
      statusMessage: span.statusMessage,
      attributes: json(attributes),
      events: span.events.length === 0 ? null : json(span.events.map((event) => ({
        name: event.name,
        timeNs: event.timeUnixNano.toString(),
        attributes: event.attributes,
      }))),
      adjustedCount: adjustedCount(span.traceState),
      httpStatus: typeof status === "number" && status >= 0 && status < 1e9 &&
          Number.isInteger(status)
        ? status
        : null,
      links: span.links,
    };
  });
}
