import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Log, Span } from "./types.ts";
import { rowsOf, treeOf } from "./waterfall.ts";

const T1 = "1".repeat(32);
const T2 = "2".repeat(32);

interface Given {
  readonly id: string;
  readonly parent?: string;
  readonly trace?: string;
  readonly from: number;
  readonly to: number;
  readonly linksTo?: string;
}

/** A span from one millisecond to another. */
function span({ id, parent = "", trace = T1, from, to, linksTo }: Given): Span {
  return {
    traceId: trace,
    spanId: id,
    parentSpanId: parent,
    service: "a",
    scope: "",
    name: id,
    kind: 1,
    startNs: String(1_700_000_000_000_000_000n + BigInt(Math.round(from * 1e6))),
    durationMs: to - from,
    isError: false,
    statusMessage: "",
    transactionId: null,
    attributes: {},
    events: [],
    links: linksTo === undefined ? [] : [{ traceId: T1, spanId: linksTo }],
    resource: {},
    adjustedCount: 1,
  };
}

const names = (spans: readonly Span[]) =>
  treeOf(spans, []).nodes.map(({ span, depth }) => `${" ".repeat(depth)}${span.name}`);

Deno.test("parents come before children, children by their starts", () => {
  assertEquals(
    names([
      span({ id: "c", parent: "a", from: 5, to: 6 }),
      span({ id: "b", parent: "a", from: 1, to: 4 }),
      span({ id: "d", parent: "b", from: 2, to: 3 }),
      span({ id: "a", from: 0, to: 10 }),
    ]),
    ["a", " b", "  d", " c"],
  );
});

Deno.test("a consumer of another trace stands below its producer, as far as it waited", () => {
  const { nodes, lengthNs } = treeOf([
    span({ id: "a", from: 0, to: 10 }),
    span({ id: "send", parent: "a", from: 8, to: 9 }),
    span({ id: "process", trace: T2, from: 30, to: 40, linksTo: "send" }),
    span({ id: "inner", trace: T2, parent: "process", from: 31, to: 32 }),
  ], []);
  assertEquals(nodes.map(({ span, depth }) => [span.name, depth]), [
    ["a", 0],
    ["send", 1],
    ["process", 2],
    ["inner", 3],
  ]);
  const [, send, process] = nodes;
  assertEquals(process.producer, send);
  assertEquals(process.startNs - send.endNs, 21e6);
  assertEquals(lengthNs, 40e6);
  assert(process.isCritical, "its own end waited for it");
});

Deno.test("what the end waited for is critical, what ran beside it is not", () => {
  const { nodes } = treeOf([
    span({ id: "root", from: 0, to: 100 }),
    span({ id: "long", parent: "root", from: 10, to: 90 }),
    span({ id: "beside", parent: "root", from: 20, to: 60 }),
    span({ id: "before", parent: "root", from: 1, to: 9 }),
    span({ id: "later than the end", parent: "root", from: 95, to: 150 }),
  ], []);
  const critical = nodes.filter(({ isCritical }) => isCritical).map(({ span }) => span.name);
  assertEquals(critical, ["root", "before", "long"]);
});

Deno.test("a span's own time is what no child was at work in, overlaps once", () => {
  const { nodes } = treeOf([
    span({ id: "root", from: 0, to: 100 }),
    span({ id: "x", parent: "root", from: 10, to: 50 }),
    span({ id: "y", parent: "root", from: 40, to: 60 }),
    span({ id: "z", parent: "root", from: 90, to: 120 }),
  ], []);
  assertEquals(nodes[0].selfMs, 40);
});

Deno.test("a parent that did not come is said; a circle of parents loses nobody", () => {
  const { nodes } = treeOf([
    span({ id: "orphan", parent: "gone", from: 0, to: 1 }),
    span({ id: "x", parent: "y", from: 2, to: 3 }),
    span({ id: "y", parent: "x", from: 2, to: 3 }),
    span({ id: "self", parent: "self", from: 4, to: 5 }),
  ], []);
  assertEquals(nodes.map(({ span }) => span.name).sort(), ["orphan", "self", "x", "y"]);
  assertEquals(nodes[0].isOrphan, true);
});

Deno.test("whatever parents are said to be, each span is there once, and folds hold together", () => {
  const links = fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(links, (parents) => {
    const spans = parents.map((parent, index) =>
      span({
        id: `s${index}`,
        parent: parent === 11 ? "" : `s${parent}`,
        from: index,
        to: index + 3,
      })
    );
    const tree = treeOf(spans, []);
    assertEquals(tree.nodes.length, spans.length);
    assertEquals(new Set(tree.nodes.map(({ key }) => key)).size, spans.length);
    tree.nodes.forEach((node, index) => {
      const inside = tree.nodes.slice(index + 1, index + 1 + node.below);
      assert(inside.every(({ depth }) => depth > node.depth));
      assert((tree.nodes[index + 1 + node.below]?.depth ?? 0) <= node.depth);
      const rows = rowsOf(tree, new Set([node.key]), false);
      assertEquals(rows.length, spans.length - node.below);
    });
  }));
});

Deno.test("log lines stand below their span, in the time of the trace", () => {
  const log: Log = {
    timeNs: "1700000000002000000",
    severity: 9,
    service: "a",
    scope: "",
    body: "hello",
    attributes: {},
    traceId: T1,
    spanId: "a",
    transactionId: null,
  };
  const tree = treeOf([
    span({ id: "a", from: 0, to: 10 }),
    span({ id: "b", parent: "a", from: 1, to: 4 }),
  ], [log]);
  const [, line, ...others] = rowsOf(tree, new Set(), true);
  assertEquals([line.log?.body, "atNs" in line && line.atNs], ["hello", 2e6]);
  assertEquals(others.length, 1);
  assertEquals(rowsOf(tree, new Set([tree.nodes[0].key]), true).length, 1);
  assertEquals(rowsOf(tree, new Set(), false).length, 2);
});

Deno.test("ten thousand spans in a chain are laid out without recursion, and soon", () => {
  const spans = Array.from(
    { length: 10_000 },
    (_, index) =>
      span({
        id: `s${index}`,
        parent: index === 0 ? "" : `s${index - 1}`,
        from: index,
        to: 20_000 - index,
      }),
  );
  const { nodes } = treeOf(spans, []);
  assertEquals(nodes.at(-1)!.depth, 9999);
  assertEquals(nodes[0].below, 9999);
});
