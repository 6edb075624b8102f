import type { Span } from "./types.ts";

/** A span as a row: its depth, and where it lies in the trace, 0 to 1. */
export interface Row {
  readonly span: Span;
  readonly depth: number;
  readonly left: number;
  readonly width: number;
  /** On the critical path: nothing else could have made the trace shorter at that moment. */
  readonly isCritical: boolean;
  /** Of another trace than the first row: it came over a link. */
  readonly isLinked: boolean;
}

/** Nanoseconds from the start of the trace: small enough for a double. */
function offsetNs(span: Span, first: bigint): number {
  return Number(BigInt(span.startNs) - first);
}

/** Spans as rows, parents before children, children by their starts. */
export function rowsOf(spans: readonly Span[]): Row[] {
  if (spans.length === 0) return [];
  const known = new Map(spans.map((span) => [span.spanId, span]));
  const first = spans.reduce(
    (least, span) => BigInt(span.startNs) < least ? BigInt(span.startNs) : least,
    BigInt(spans[0].startNs),
  );
  const end = (span: Span) => offsetNs(span, first) + span.durationMs * 1e6;
  const length = Math.max(1, ...spans.map(end));
  const children = Map.groupBy(
    spans,
    (span) => known.has(span.parentSpanId) ? span.parentSpanId : "",
  );
  const critical = criticalPath(children, first, end);
  const rows: Row[] = [];
  // A list instead of recursion: a trace may be thousands of spans deep.
  const open = (children.get("") ?? []).map((span) => ({ span, depth: 0 })).reverse();
  while (open.length > 0) {
    const { span, depth } = open.pop()!;
    rows.push({
      span,
      depth,
      left: offsetNs(span, first) / length,
      width: span.durationMs * 1e6 / length,
      isCritical: critical.has(span.spanId),
      isLinked: depth === 0 && rows.length > 0 && span.traceId !== rows[0].span.traceId,
    });
    const below = children.get(span.spanId) ?? [];
    for (const child of below.toReversed()) open.push({ span: child, depth: depth + 1 });
  }
  return rows;
}

/**
 * The spans that the end of the first root waited for, going back in time: from a span's end to the
 * child that ended last before it, and so on.
 */
function criticalPath(
  children: ReadonlyMap<string, readonly Span[]>,
  first: bigint,
  end: (span: Span) => number,
): Set<string> {
  const path = new Set<string>();
  const root = children.get("")?.[0];
  const open: { span: Span; untilNs: number }[] = root === undefined
    ? []
    : [{ span: root, untilNs: end(root) }];
  while (open.length > 0) {
    let { span, untilNs } = open.pop()!;
    path.add(span.spanId);
    const below = (children.get(span.spanId) ?? []).toSorted((a, b) => end(b) - end(a));
    for (const child of below) {
      if (end(child) > untilNs) continue;
      open.push({ span: child, untilNs: end(child) });
      untilNs = offsetNs(child, first);
    }
  }
  return path;
}
