import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BOX, LABEL, layoutOf } from "./graph_layout.ts";
import type { Edge } from "./types.ts";

function edge(from: string, to: string, kind: Edge["kind"] = "call"): Edge {
  return { from, to, kind, requests: 10, errors: 0, p95Ms: 1 };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlap(a: Box, b: Box): boolean {
  return Math.abs(a.x - b.x) < (a.width + b.width) / 2 - 0.5 &&
    Math.abs(a.y - b.y) < (a.height + b.height) / 2 - 0.5;
}

Deno.test("callers stand left of whom they call, with a call back as well", () => {
  const { services } = layoutOf([
    edge("gateway", "orders"),
    edge("gateway", "catalog"),
    edge("orders", "catalog"),
    edge("orders", "payments"),
    edge("orders", "shipping", "message"),
    edge("shipping", "orders"),
  ]);
  const x = (name: string) => services.find((one) => one.name === name)!.x;
  assert(x("gateway") < x("orders") && x("orders") < x("payments"));
  assert(x("orders") < x("catalog"));
});

Deno.test("in graphs of any shape no box or label lies over another, and all are in the picture", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
  const calls = fc.uniqueArray(
    fc.tuple(name, name, fc.constantFrom<Edge["kind"]>("call", "message")).filter(([a, b]) =>
      a !== b
    ),
    { selector: (one) => one.join(), minLength: 1, maxLength: 14 },
  );
  fc.assert(
    fc.property(calls, (all) => {
      const layout = layoutOf(all.map(([from, to, kind]) => edge(from, to, kind)), ["alone"]);
      assertEquals(layout.edges.length, all.length);
      const boxes: Box[] = [
        ...layout.services.map((one) => ({ ...one, ...BOX })),
        // As it is drawn: a little narrower than its place.
        ...layout.edges.map(({ x, y }) => ({ x, y, ...LABEL, width: LABEL.width - 16 })),
      ];
      boxes.forEach((a, index) => {
        for (const b of boxes.slice(index + 1)) assert(!overlap(a, b), JSON.stringify([a, b]));
        assert(a.x - a.width / 2 >= 0 && a.x + a.width / 2 <= layout.width + 1);
        assert(a.y - a.height / 2 >= 0 && a.y + a.height / 2 <= layout.height + 1);
      });
    }),
    { numRuns: 60 },
  );
});
