import { assertEquals } from "@std/assert";
import { judge, median, summarise } from "./summary.ts";

Deno.test("median of odd, even and none", () => {
  assertEquals([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, Number.NaN]);
});

const RESULTS = summarise([
  { group: "g", name: "us", role: "ours", unit: "ns", values: [10, 100, 12] },
  { group: "g", name: "them", role: "rival", unit: "ns", values: [50, 400, 48] },
]);

Deno.test("ratios are taken round by round, so a slow round changes none", () => {
  assertEquals(RESULTS[1], {
    group: "g",
    name: "them",
    role: "rival",
    unit: "ns",
    median: 50,
    low: 48,
    high: 400,
    ratio: 4,
  });
  assertEquals(RESULTS[0].ratio, 1);
});

Deno.test("a mark is reached, missed or not measured", () => {
  assertEquals(judge({ group: "g", most: 12 }, RESULTS), "reached  g: 12.0 ns, mark 12 ns");
  assertEquals(judge({ group: "g", most: 11 }, RESULTS), "MISSED   g: 12.0 ns, mark 11 ns");
  assertEquals(
    judge({ group: "g", rival: "them", leastRatio: 5 }, RESULTS),
    "MISSED   g: them costs 4.0 times ours, mark 5",
  );
  assertEquals(judge({ group: "x", most: 1 }, RESULTS), "unknown  x: not measured");
});
