import type { Attributes, SpanKind } from "../../mod.ts";
import type { DecodedSpan } from "../../lib/testing/mod.ts";
import type { TrueSpan, TrueTrace } from "./world.ts";

/** A trace of which nothing was seen for so long, by the spans' own clocks, is whole. */
const HOLD_MS = 30_000;
/** It is looked for whole traces when so many spans have come. */
const LOOK_SPANS = 2000;
/** The status code of an error (opentelemetry-proto, `trace/v1`, Status). */
const STATUS_ERROR = 2;

interface Gathered {
  readonly spans: DecodedSpan[];
  startMs: number;
  endMs: number;
}

/** Puts the spans of a capture together to traces, in the order of their starts. */
export class Assembler {
  readonly #open = new Map<string, Gathered>();
  #baseNs: bigint | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;
  /** When the first trace began: the stream begins with it. */
  #beginMs: number | undefined;
  #lastStartMs = 0;
  #added = 0;

  /** Takes a span. */
  add(span: DecodedSpan): void {
    this.#baseNs ??= span.startTimeUnixNano;
    this.#added++;
    const startMs = this.#msOf(span.startTimeUnixNano);
    const endMs = this.#msOf(span.endTimeUnixNano);
    this.#newestMs = Math.max(this.#newestMs, endMs);
    const trace = this.#open.get(span.traceId);
    if (trace === undefined) {
      this.#open.set(span.traceId, { spans: [span], startMs, endMs });
      return;
    }
    trace.spans.push(span);
    trace.startMs = Math.min(trace.startMs, startMs);
    trace.endMs = Math.max(trace.endMs, endMs);
  }

  /** Gives the traces that are whole by now. */
  take(): TrueTrace[] {
    if (this.#added < LOOK_SPANS) return [];
    this.#added = 0;
    return this.#close(this.#newestMs - HOLD_MS);
  }

  /** Nothing comes any more: gives the others. */
  end(): TrueTrace[] {
    return this.#close(Number.POSITIVE_INFINITY);
  }

  #msOf(ns: bigint): number {
    return Number(ns - this.#baseNs!) / 1e6;
  }

  #close(beforeMs: number): TrueTrace[] {
    const whole: Gathered[] = [];
    for (const [traceId, trace] of this.#open) {
      if (trace.endMs >= beforeMs) continue;
      this.#open.delete(traceId);
      whole.push(trace);
    }
    whole.sort((a, b) => a.startMs - b.startMs);
    if (whole.length > 0) this.#beginMs ??= whole[0].startMs;
    return whole.map((one) => {
      // One that began before what was already given away is told as if it began with it.
      this.#lastStartMs = Math.max(this.#lastStartMs, one.startMs - this.#beginMs!);
      return this.#traceOf(one, this.#lastStartMs);
    });
  }

  #traceOf({ spans: given, startMs }: Gathered, toldMs: number): TrueTrace {
    const ordered = parentsFirst(given);
    const places = new Map(ordered.map(({ spanId }, index) => [spanId, index]));
    const spans = ordered.map((one, index): TrueSpan => {
      const events = one.events.map(({ name, attributes }) => ({
        name,
        attributes: attributes as Attributes,
      }));
      return {
        service: String(one.resource["service.name"] ?? "unknown_service"),
        name: one.name,
        // The wire counts from 1, internal; the API from 0.
        start: { name: one.name, kind: Math.max(0, one.kind - 1) as SpanKind },
        // A trace has one root here: what has lost its parent hangs below it.
        parent: index === 0 ? -1 : places.get(one.parentSpanId) ?? 0,
        startMs: this.#msOf(one.startTimeUnixNano) - startMs,
        durationMs: Number(one.endTimeUnixNano - one.startTimeUnixNano) / 1e6,
        isError: one.statusCode === STATUS_ERROR,
        attributes: one.attributes as Attributes,
        ...(one.statusMessage === "" ? {} : { statusMessage: one.statusMessage }),
        ...(events.length === 0 ? {} : { events }),
      };
    });
    return {
      startMs: toldMs,
      durationMs: spans[0].durationMs,
      path: spans.map(({ service, name, parent }) => `${parent}:${service}:${name}`).join("|"),
      rarity: undefined,
      isError: spans.some(({ isError }) => isError),
      isBurst: false,
      spans,
    };
  }
}

/** Parents before their children, whatever their clocks say; siblings in the order of time. */
function parentsFirst(spans: readonly DecodedSpan[]): DecodedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const byTime = spans.toSorted((a, b) =>
    Number(a.startTimeUnixNano - b.startTimeUnixNano) || (a.parentSpanId === "" ? -1 : 0)
  );
  const children = Map.groupBy(
    byTime,
    ({ parentSpanId }) => ids.has(parentSpanId) ? parentSpanId : "",
  );
  const ordered: DecodedSpan[] = [];
  const placed = new Set<DecodedSpan>();
  const place = (span: DecodedSpan) => {
    if (placed.has(span)) return;
    placed.add(span);
    ordered.push(span);
    for (const child of children.get(span.spanId) ?? []) place(child);
  };
  for (const root of children.get("") ?? []) place(root);
  // Spans that are each other's parents.
  for (const span of byTime) place(span);
  return ordered;
}
