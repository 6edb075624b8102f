import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bcaInterval, restartBootstrap } from "./bca.ts";
import { mean, quantile } from "./bootstrap.ts";
import { seededRandom } from "./random.ts";

Deno.test("without bias and skew it is the percentile interval; with them it is moved", () => {
  const resampled = Array.from({ length: 4001 }, (_, index) => index);
  const plain = bcaInterval(2000, resampled, [1, 2, 3]);
  assertAlmostEquals(plain.low, 100, 1);
  assertAlmostEquals(plain.high, 3900, 1);
  // More than half of the resamples are below the estimate: the interval goes up.
  const biased = bcaInterval(2400, resampled, [1, 2, 3]);
  assert(biased.low > plain.low && biased.high > plain.high);
  // Efron 1987: a unit that is far below the others makes the acceleration positive.
  const skewed = bcaInterval(2000, resampled, [1, 10, 10, 10]);
  assert(skewed.low > plain.low && skewed.high > plain.high);
  assertEquals(bcaInterval(9999, resampled, [1, 2]).high, 3900);
});

Deno.test("600 experiments with a skewed value: it misses less on the long side than plain quantiles", () => {
  const random = seededRandom(31);
  let above = 0;
  let plainAbove = 0;
  let covered = 0;
  for (let experiment = 0; experiment < 600; experiment++) {
    const values = Array.from({ length: 20 }, () => -Math.log(1 - random()));
    const estimateOf = (weights: Float64Array) =>
      values.reduce((sum, value, index) => sum + value * weights[index], 0) /
      weights.reduce((sum, one) => sum + one, 0);
    const { estimate, low, high } = restartBootstrap(20, estimateOf, random, 600);
    assertAlmostEquals(estimate, mean(values), 1e-9);
    if (high < 1) above++;
    if (low <= 1 && 1 <= high) covered++;
    const plain = Array.from(
      { length: 600 },
      () => mean(values.map(() => values[Math.floor(random() * 20)])),
    );
    if (quantile(plain, 0.975) < 1) plainAbove++;
  }
  assert(above < plainAbove, `${above} and ${plainAbove} of 600 above`);
  assert(covered > 520 && covered < 585, `${covered} of 600 hold the truth`);
});

Deno.test("two restarts have no interval", () => {
  assertThrows(() => restartBootstrap(2, () => 1, seededRandom(1), 10), RangeError, "2 restarts");
});
