import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { solvePairs } from "./pairwise.ts";
import { seededRandom } from "./random.ts";

Deno.test("a chain of pairs adds up; what is not connected is left out", () => {
  const solved = solvePairs("a", [
    { from: "a", to: "b", value: 2 },
    { from: "c", to: "b", value: -3 },
    { from: "x", to: "y", value: 9 },
  ]);
  assertEquals([...solved.keys()].toSorted(), ["b", "c"]);
  assertAlmostEquals(solved.get("b")!, 2, 1e-12);
  assertAlmostEquals(solved.get("c")!, 5, 1e-12);
  assertEquals(solvePairs("a", []).size, 0);
});

Deno.test("contradicting pairs share the error: a circle of three", () => {
  const solved = solvePairs("a", [
    { from: "a", to: "b", value: 1 },
    { from: "b", to: "c", value: 1 },
    { from: "a", to: "c", value: 2.3 },
  ]);
  assertAlmostEquals(solved.get("b")!, 1.1, 1e-12);
  assertAlmostEquals(solved.get("c")!, 2.2, 1e-12);
});

Deno.test("whatever the pairs are, differences without noise are found exactly", () => {
  const costs = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(fc.property(costs, fc.nat(1000), (values, seed) => {
    const random = seededRandom(seed);
    const pairs = Array.from({ length: 30 }, () => {
      const [from, to] = [0, 0].map(() => Math.floor(random() * values.length));
      return { from: `${from}`, to: `${to}`, value: values[to] - values[from] };
    }).filter(({ from, to }) => from !== to);
    for (const [name, value] of solvePairs("0", pairs)) {
      assert(Math.abs(value - (values[Number(name)] - values[0])) < 1e-8);
    }
  }));
});
