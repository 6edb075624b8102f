import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { changeOf, driftOf } from "./drift.ts";
import { seededRandom } from "./random.ts";

Deno.test("the change from the first to the last value, by least squares", () => {
  assertAlmostEquals(changeOf([1, 2, 3, 4]), 3, 1e-12);
  assertAlmostEquals(changeOf([5, 5, 5]), 0, 1e-12);
  assertAlmostEquals(changeOf([0, 0, 1, 0, 0]), 0, 1e-12);
  assertEquals(changeOf([7]), 0);
});

Deno.test("a trend is found over restarts, and within one that is cut into parts; noise is none", () => {
  const random = seededRandom(3);
  const values = (count: number, change: number) =>
    Array.from({ length: count }, (_, index) => change * index / (count - 1) + random() - 0.5);
  const many = (change: number) => Array.from({ length: 8 }, () => values(12, change));
  const found = driftOf(many(3))!;
  assert(found.p < 0.001 && Math.abs(found.estimate - 3) < 1, JSON.stringify(found));
  const one = driftOf([values(100, 20)])!;
  assert(one.p < 0.05 && one.estimate > 10, JSON.stringify(one));
  let early = 0;
  for (let round = 0; round < 300; round++) if (driftOf([values(40, 0)])!.p < 0.01) early++;
  assert(early < 12, `${early} of 300`);
  let alarms = 0;
  for (let round = 0; round < 300; round++) if (driftOf(many(0))!.p < 0.01) alarms++;
  assert(alarms < 12, `${alarms} of 300`);
  // Too few blocks say nothing.
  assertEquals([driftOf([[1, 2]]), driftOf([[1, 2, 3, 4]]), driftOf([])], [
    undefined,
    undefined,
    undefined,
  ]);
});
