import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "../statistics/random.ts";
import {
  AccuracySum,
  estimateCount,
  estimateErrorRate,
  estimateQuantile,
  type Kept,
} from "./estimate.ts";

const CERTAIN: Kept[] = Array.from({ length: 100 }, (_, index) => ({
  weight: 1,
  value: index + 1,
  isError: index < 7,
}));

Deno.test("what was kept for certain is the truth, with no interval around it", () => {
  assertEquals(estimateCount(CERTAIN), { estimate: 100, low: 100, high: 100 });
  assertEquals(estimateErrorRate(CERTAIN), { estimate: 0.07, low: 0.07, high: 0.07 });
  assertEquals(estimateQuantile(CERTAIN, 0.5), { estimate: 50, low: 50, high: 50 });
  assertEquals(estimateQuantile(CERTAIN, 0.99).estimate, 99);
});

Deno.test("known weights: 20 kept of 1 in 10 stand for 200", () => {
  const kept = CERTAIN.slice(0, 20).map((one) => ({ ...one, weight: 10 }));
  const { estimate, high } = estimateCount(kept);
  // The variance is 20 * (100 - 10).
  assertEquals(estimate, 200);
  assertAlmostEquals(high - 200, 1.959964 * Math.sqrt(1800), 1e-6);
  assertAlmostEquals(estimateErrorRate(kept).estimate, 7 / 20, 1e-12);
});

/** Draws groups with a probability that depends on the trace, and estimates each. */
function coverageOf(probability: (value: number, isError: boolean) => number) {
  const random = seededRandom(20261124);
  const sums = {
    count: new AccuracySum(),
    rate: new AccuracySum(),
    p50: new AccuracySum(),
    p99: new AccuracySum(),
  };
  for (let group = 0; group < 1000; group++) {
    const truth: Kept[] = [];
    const kept: Kept[] = [];
    for (let index = 0; index < 4000; index++) {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const value = Math.exp(normal);
      const isError = random() < 0.1;
      truth.push({ weight: 1, value, isError });
      const p = probability(value, isError);
      if (random() < p) kept.push({ weight: 1 / p, value, isError });
    }
    sums.count.add(estimateCount(kept), truth.length);
    sums.rate.add(estimateErrorRate(kept), estimateErrorRate(truth).estimate);
    sums.p50.add(estimateQuantile(kept, 0.5), estimateQuantile(truth, 0.5).estimate);
    sums.p99.add(estimateQuantile(kept, 0.99), estimateQuantile(truth, 0.99).estimate);
  }
  return Object.fromEntries(
    Object.entries(sums).map(([name, sum]) => [name, sum.accuracy]),
  );
}

Deno.test("1000 groups: 95 % intervals hold the truth in 93 to 97 of 100, without bias", () => {
  const strategies = {
    head: () => 0.25,
    "errors whole, the others 1 in 4": (_: number, isError: boolean) => isError ? 1 : 0.25,
    "slow ones whole, the others 1 in 4": (value: number) => value > 8 ? 1 : 0.25,
  };
  for (const [name, probability] of Object.entries(strategies)) {
    for (const [what, { coverage, bias }] of Object.entries(coverageOf(probability))) {
      assert(coverage >= 0.925 && coverage <= 0.999, `${name}, ${what}: ${coverage}`);
      assert(Math.abs(bias) < 0.02, `${name}, ${what}: bias ${bias}`);
      if (what !== "p99") {
        assert(coverage <= 0.97 || name.startsWith("slow"), `${what} ${coverage}`);
      }
    }
  }
});

Deno.test("a wrong weight shows as bias, and intervals that miss", () => {
  const sum = new AccuracySum();
  const random = seededRandom(3);
  for (let group = 0; group < 200; group++) {
    const kept: Kept[] = [];
    for (let index = 0; index < 4000; index++) {
      // Kept with 1 in 8, and said to be 1 in 10.
      if (random() < 1 / 8) kept.push({ weight: 10, value: 1, isError: false });
    }
    sum.add(estimateCount(kept), 4000);
  }
  const { bias, coverage } = sum.accuracy;
  assert(bias > 0.2 && bias < 0.3, `${bias}`);
  assert(coverage < 0.2, `${coverage}`);
});
