import type { LogRecord, SpanRecord } from "../core/records.ts";

/** A trace, or the part of it that this process has recorded, when it is decided about. */
export interface TailTrace {
  /** The span with which it entered this process or began; undefined when it has not ended yet. */
  readonly root: SpanRecord | undefined;
  /** Spans that have ended, in the order of their ends. */
  readonly spans: readonly SpanRecord[];
  /** Log lines written in it. */
  readonly logs: readonly LogRecord[];
}

/** Says that a trace is to be kept, whatever the probability for the rest is. */
export interface TailRule {
  (trace: TailTrace): boolean;
  /** What a rule of this library looks for: for whoever tells a collector the same. */
  readonly looksFor?: TailCriterion;
}

/** What {@linkcode TailRule}s of this library look for. */
export type TailCriterion =
  | { readonly kind: "errors" }
  | { readonly kind: "slowerThan"; readonly durationMs: number }
  | { readonly kind: "hasAttribute"; readonly key: string; readonly value?: unknown }
  | { readonly kind: "rare"; readonly first: number; readonly windowMs: number };

function ruleOf(looksFor: TailCriterion, rule: (trace: TailTrace) => boolean): TailRule {
  return Object.assign(rule, { looksFor });
}

/** Keeps traces in which a span has failed, or a line was written at level error. */
export function errors(): TailRule {
  return ruleOf(
    { kind: "errors" },
    ({ spans, logs }) =>
      spans.some(({ statusCode }) => statusCode === 2) ||
      logs.some(({ severity }) => severity >= 17),
  );
}

/**
 * Keeps traces of which a span took at least so long.
 *
 * @throws {RangeError} When `durationMs` is not a number from 0.
 */
export function slowerThan(durationMs: number): TailRule {
  if (!(durationMs >= 0)) {
    throw new RangeError(`slowerThan(): durationMs is ${durationMs}, allowed is a number from 0`);
  }
  // A span that took longer than its root, as a stream does, counts as well.
  return ruleOf(
    { kind: "slowerThan", durationMs },
    ({ spans }) => spans.some((span) => span.durationMs >= durationMs),
  );
}

/** Keeps traces with a span that has this attribute, with this value when one is given. */
export function hasAttribute(key: string, value?: unknown): TailRule {
  return ruleOf(
    { kind: "hasAttribute", key, value },
    ({ spans }) =>
      spans.some((span) => {
        const found = span.attribute(key);
        return value === undefined ? found !== undefined : Object.is(found, value);
      }),
  );
}

/** Options of {@linkcode rare}. */
export interface RareOptions {
  /** How many traces of each shape are kept in a window; default 1. */
  readonly first?: number;
  /** The length of a window in milliseconds; default 60,000. */
  readonly windowMs?: number;
  /** How many shapes are remembered in a window; the others count as rare. Default 10,000. */
  readonly shapesMax?: number;
}

/**
 * Keeps the first traces of each shape in a window: a path that is seldom taken is seen whatever
 * the probability is. A shape is the set of names of the spans of a trace.
 *
 * @throws {RangeError} When an option is not a positive number.
 */
export function rare(options: RareOptions = {}): TailRule {
  const { first = 1, windowMs = 60_000, shapesMax = 10_000 } = options;
  for (const [name, value] of Object.entries({ first, windowMs, shapesMax })) {
    if (!(value > 0)) {
      throw new RangeError(`rare(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  const seen = new Map<string, number>();
  let startMs = Number.NEGATIVE_INFINITY;
  return ruleOf({ kind: "rare", first, windowMs }, ({ spans }) => {
    // Spans bring their own time, so that no clock is needed here.
    const nowMs = spans.at(-1)?.endMonotonicMs ?? startMs;
    if (nowMs - startMs >= windowMs) {
      startMs = nowMs;
      seen.clear();
    }
    const shape = shapeOf(spans);
    const count = seen.get(shape) ?? 0;
    if (count > 0 || seen.size < shapesMax) seen.set(shape, count + 1);
    return count < first;
  });
}

function shapeOf(spans: readonly SpanRecord[]): string {
  return [...new Set(spans.map(({ name }) => name))].sort().join("\u0000");
}
