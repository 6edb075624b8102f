import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "../statistics/random.ts";
import {
  AccuracySum,
  type Design,
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
  const { estimate, low, high } = estimateCount(kept);
  assertEquals(estimate, 200);
  // About the normal one, 200 ± 1.96 √(20 * (100 - 10)), moved up as few draws are skewed.
  assertAlmostEquals(high - low, 2 * 1.959964 * Math.sqrt(1800), 10);
  assert(high - 200 > 200 - low);
  assertAlmostEquals(estimateErrorRate(kept).estimate, 7 / 20, 1e-12);
});

Deno.test("nothing kept: none, and no more than three times the weight there is", () => {
  const { estimate, low, high } = estimateCount([], { weightMax: 100 });
  assertEquals([estimate, low], [0, 0]);
  assert(high > 150 && high < 400, `${high}`);
  assertEquals(estimateCount([]).high, 0);
  assert(Number.isNaN(estimateErrorRate([]).estimate));
  assert(Number.isNaN(estimateQuantile([], 0.5).estimate));
});

Deno.test("too few to bound a percentile: its upper end is infinite, not the largest that was kept", () => {
  const kept = CERTAIN.slice(0, 20).map((one) => ({ ...one, weight: 10 }));
  assertEquals(estimateQuantile(kept, 0.99).high, Number.POSITIVE_INFINITY);
  assert(Number.isFinite(estimateQuantile(kept, 0.5).high));
});

const GROUPS = 1000;
const GROUP = 4000;

/** Draws groups with a probability that depends on the trace, and estimates each. */
function coverageOf(
  errorRate: number,
  probability: (value: number, isError: boolean) => number,
  design: Design,
) {
  const random = seededRandom(20261124);
  const sums = {
    count: new AccuracySum(),
    rate: new AccuracySum(),
    p50: new AccuracySum(),
    p99: new AccuracySum(),
  };
  for (let group = 0; group < GROUPS; group++) {
    const truth = new Float64Array(GROUP);
    let errors = 0;
    const kept: Kept[] = [];
    for (let index = 0; index < GROUP; index++) {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const value = Math.exp(normal);
      const isError = random() < errorRate;
      truth[index] = value;
      if (isError) errors++;
      const p = probability(value, isError);
      if (random() < p) kept.push({ weight: 1 / p, value, isError });
    }
    truth.sort();
    sums.count.add(estimateCount(kept, design), GROUP);
    sums.rate.add(estimateErrorRate(kept, design), errors / GROUP);
    sums.p50.add(estimateQuantile(kept, 0.5), truth[GROUP * 0.5 - 1]);
    sums.p99.add(estimateQuantile(kept, 0.99), truth[GROUP * 0.99 - 1]);
  }
  return Object.entries(sums).map(([name, sum]) => [name, sum.accuracy] as const);
}

const CASES = {
  "head, 1 in 4": [0.1, () => 0.25, {}],
  "head, 1 in 20": [0.1, () => 0.05, {}],
  "errors whole, the others 1 in 4": [0.1, (_: number, e: boolean) => e ? 1 : 0.25, {
    isEveryErrorKept: true,
  }],
  "few errors whole, the others 1 in 50": [0.01, (_: number, e: boolean) => e ? 1 : 0.02, {
    isEveryErrorKept: true,
    weightMax: 50,
  }],
  "slow ones whole, the others 1 in 4": [0.1, (value: number) => value > 8 ? 1 : 0.25, {}],
  "two rates": [0.1, (value: number) => value > 1 ? 0.1 : 0.4, {}],
} as const satisfies Record<
  string,
  readonly [number, (value: number, isError: boolean) => number, Design]
>;

for (const [name, [errorRate, probability, design]] of Object.entries(CASES)) {
  Deno.test(`${GROUPS} groups, ${name}: 95 % intervals hold the truth in 93 to 97 of 100`, () => {
    for (const [what, { coverage, bias }] of coverageOf(errorRate, probability, design)) {
      // Where few kept traces lie above a percentile its interval grows in steps, outwards.
      const most = what === "p99" ? 0.985 : 0.97;
      assert(coverage >= 0.93 && coverage <= most, `${what}: ${coverage}`);
      // The 99th percentile of few is one of the largest: skewed.
      assert(Math.abs(bias) < (what === "p99" ? 0.4 : 0.02), `${what}: bias ${bias}`);
    }
  });
}

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
