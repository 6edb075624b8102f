import { assert, assertEquals, assertThrows } from "@std/assert";
import { bootstrapMean, mean, quantile } from "./bootstrap.ts";
import { seededRandom, shuffled } from "./random.ts";

Deno.test("mean and quantile on known data", () => {
  assertEquals(mean([1, 2, 3, 6]), 3);
  assertEquals(quantile([4, 1, 3, 2], 0.5), 2.5);
  assertEquals(quantile([10, 20, 30], 0), 10);
  assertEquals(quantile([10, 20, 30], 1), 30);
});

Deno.test("the same seed gives the same interval, around the estimate", () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  const interval = bootstrapMean(values, 7);
  assertEquals(interval, bootstrapMean(values, 7));
  assertEquals(interval.estimate, 4.5);
  assert(interval.low > 2.5 && interval.low < 4.5 && interval.high > 4.5 && interval.high < 6.5);
});

Deno.test("a 95 % interval covers the truth in about 95 of 100 experiments", () => {
  const random = seededRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let covered = 0;
  const experiments = 400;
  for (let experiment = 0; experiment < experiments; experiment++) {
    const values = Array.from({ length: 60 }, () => 10 + normal());
    const { low, high } = bootstrapMean(values, experiment, 500);
    if (low <= 10 && 10 <= high) covered++;
  }
  assert(
    covered / experiments > 0.91 && covered / experiments < 0.98,
    `${covered} of ${experiments}`,
  );
});

Deno.test("one block has no interval", () => {
  assertThrows(() => bootstrapMean([1], 1), RangeError, "1 blocks");
});

Deno.test("shuffled keeps every item, and each order is as likely", () => {
  const random = seededRandom(3);
  const firsts = { a: 0, b: 0, c: 0 };
  for (let round = 0; round < 3000; round++) {
    const order = shuffled(["a", "b", "c"] as const, random);
    assertEquals(order.toSorted(), ["a", "b", "c"]);
    firsts[order[0]]++;
  }
  for (const count of Object.values(firsts)) assert(Math.abs(count - 1000) < 120, `${count}`);
});
