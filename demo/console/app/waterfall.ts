import type { Log, Span } from "./types.ts";

/** A span in its place in the trace. Times in nanoseconds from the start of the first. */
export interface Node {
  readonly key: string;
  readonly span: Span;
  readonly depth: number;
  readonly startNs: number;
  readonly endNs: number;
  /** The time in which none of its children was at work. */
  readonly selfMs: number;
  /** On the critical path: nothing else could have made the trace shorter at that moment. */
  readonly isCritical: boolean;
  /** What it came from over a link, as a message comes over a queue. */
  readonly producer: Node | undefined;
  /** Its parent was not received. */
  readonly isOrphan: boolean;
  /** How many of the next nodes are below it. */
  readonly below: number;
  readonly logs: readonly Log[];
}

/** A trace: its spans with parents before children, children by their starts. */
export interface Tree {
  readonly nodes: readonly Node[];
  /** Nanoseconds since the epoch at the start of the first span. */
  readonly firstNs: bigint;
  /** From the first start to the last end. */
  readonly lengthNs: number;
}

/** A line of the waterfall. */
export type Row =
  | { readonly node: Node; readonly log?: undefined }
  | { readonly node: Node; readonly log: Log; readonly atNs: number };

type Mutable = { -readonly [K in keyof Node]: Node[K] };

function keyOf({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }) {
  return `${traceId} ${spanId}`;
}

/** Makes the tree of a trace and of those tied to it: a consumer stands below its producer. */
export function treeOf(spans: readonly Span[], logs: readonly Log[]): Tree {
  const firstNs = spans.reduce((least, { startNs }) => {
    const ns = BigInt(startNs);
    return ns < least ? ns : least;
  }, BigInt(spans[0]?.startNs ?? 0));
  const logsOf = Map.groupBy(logs, keyOf);
  const known = new Map<string, Mutable>();
  for (const span of spans) {
    const startNs = Number(BigInt(span.startNs) - firstNs);
    known.set(keyOf(span), {
      key: keyOf(span),
      span,
      depth: 0,
      startNs,
      endNs: startNs + span.durationMs * 1e6,
      selfMs: span.durationMs,
      isCritical: false,
      producer: undefined,
      isOrphan: false,
      below: 0,
      logs: logsOf.get(keyOf(span)) ?? [],
    });
  }
  const children = childrenOf(known);
  const nodes = inOrder(known, children);
  for (const node of nodes) node.selfMs = selfMs(node, children.get(node.key) ?? []);
  for (const node of nodes) {
    if (node.depth === 0 || node.producer !== undefined) markCritical(node, children);
  }
  const lengthNs = nodes.reduce((most, { endNs }) => Math.max(most, endNs), 1);
  return { nodes, firstNs, lengthNs };
}

function childrenOf(known: ReadonlyMap<string, Mutable>): Map<string, Mutable[]> {
  const children = new Map<string, Mutable[]>();
  for (const node of known.values()) {
    const { span } = node;
    const parent = known.get(keyOf({ traceId: span.traceId, spanId: span.parentSpanId }));
    const producer = parent === undefined
      ? span.links.map((link) => known.get(keyOf(link))).find((one) => one !== undefined)
      : undefined;
    node.producer = producer;
    node.isOrphan = parent === undefined && span.parentSpanId !== "";
    const above = (parent ?? producer)?.key ?? "";
    const all = children.get(above);
    if (all === undefined) children.set(above, [node]);
    else all.push(node);
  }
  for (const all of children.values()) all.sort((a, b) => a.startNs - b.startNs);
  return children;
}

/** Roots first, then what hangs in a circle of parents, so that no span is left out. */
function inOrder(
  known: ReadonlyMap<string, Mutable>,
  children: ReadonlyMap<string, Mutable[]>,
): Mutable[] {
  const nodes: Mutable[] = [];
  const seen = new Set<Mutable>();
  const visit = (root: Mutable) => {
    // A list instead of recursion: a trace may be thousands of spans deep.
    const open: { node: Mutable; depth: number; leave?: number }[] = [{ node: root, depth: 0 }];
    while (open.length > 0) {
      const { node, depth, leave } = open.pop()!;
      if (leave !== undefined) {
        node.below = nodes.length - leave - 1;
        continue;
      }
      if (seen.has(node)) continue;
      seen.add(node);
      node.depth = depth;
      open.push({ node, depth, leave: nodes.length });
      nodes.push(node);
      const below = children.get(node.key) ?? [];
      for (const child of below.toReversed()) open.push({ node: child, depth: depth + 1 });
    }
  };
  for (const root of children.get("") ?? []) visit(root);
  for (const node of known.values()) if (!seen.has(node)) visit(node);
  return nodes;
}

function selfMs(node: Node, children: readonly Node[]): number {
  let busyNs = 0;
  let untilNs = node.startNs;
  for (const child of children) {
    if (child.producer !== undefined) continue;
    const from = Math.max(untilNs, child.startNs);
    const to = Math.min(node.endNs, child.endNs);
    if (to > from) busyNs += to - from;
    untilNs = Math.max(untilNs, to);
  }
  return Math.max(0, node.endNs - node.startNs - busyNs) / 1e6;
}

/**
 * Marks the spans that the end of a root waited for, going back in time: from a span's end to the
 * child that ended last before it, and so on.
 */
function markCritical(root: Mutable, children: ReadonlyMap<string, Mutable[]>): void {
  const open: { node: Mutable; untilNs: number }[] = [{ node: root, untilNs: root.endNs }];
  while (open.length > 0) {
    let { node, untilNs } = open.pop()!;
    if (node.isCritical) continue;
    node.isCritical = true;
    const below = (children.get(node.key) ?? []).filter(({ producer }) => producer === undefined);
    for (const child of below.sort((a, b) => b.endNs - a.endNs)) {
      if (child.endNs > untilNs) continue;
      open.push({ node: child, untilNs: child.endNs });
      untilNs = child.startNs;
    }
    below.sort((a, b) => a.startNs - b.startNs);
  }
}

/** The lines that are shown: nothing below what is closed; log lines in place, if they are wanted. */
export function rowsOf(
  { nodes, firstNs }: Tree,
  closed: ReadonlySet<string>,
  hasLogs: boolean,
): Row[] {
  const rows: Row[] = [];
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index];
    rows.push({ node });
    if (closed.has(node.key)) {
      index += node.below;
      continue;
    }
    if (hasLogs) {
      for (const log of node.logs) {
        rows.push({ node, log, atNs: Number(BigInt(log.timeNs) - firstNs) });
      }
    }
  }
  return rows;
}
