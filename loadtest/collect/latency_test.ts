import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { quantile } from "../statistics/bootstrap.ts";
import { seededRandom } from "../statistics/random.ts";
import { binQuantile, binsOf, keyOf, Latencies, mergedOf } from "./latency.ts";

Deno.test("counts are merged over restarts, and percentiles are of all requests", () => {
  const latencies = new Latencies();
  const random = seededRandom(1);
  const values: number[] = [];
  const lines = [0, 1, 2].map((restart) => {
    for (let index = 0; index < 5000; index++) {
      const us = 100 * (restart + 1) - 1000 * Math.log(1 - random());
      values.push(us);
      latencies.record(keyOf("a"), us);
    }
    return latencies.take(restart);
  });
  const merged = mergedOf(lines, keyOf("a"))!;
  assertEquals([merged.totalCount, mergedOf(lines, keyOf("b"))], [15_000, undefined]);
  for (const part of [0.5, 0.9, 0.99]) {
    const exact = quantile(values, part);
    assertAlmostEquals(merged.getValueAtPercentile(part * 100) / exact, 1, 0.01);
    const bins = lines.map(({ histograms }) => binsOf(histograms[keyOf("a")]));
    const sum = bins[0].map((count, bin) => count + bins[1][bin] + bins[2][bin]);
    assertAlmostEquals(binQuantile(sum, part) / exact, 1, 0.03);
  }
});

Deno.test("two million requests take no more room than twenty thousand", () => {
  const sizeOf = (requests: number): number => {
    const latencies = new Latencies();
    const random = seededRandom(2);
    for (let index = 0; index < requests; index++) {
      latencies.record(keyOf("a"), -1000 * Math.log(1 - random()));
    }
    return JSON.stringify(latencies.take(0)).length;
  };
  const [few, many] = [sizeOf(20_000), sizeOf(2_000_000)];
  assert(many < 4 * few, `${few} and ${many} characters`);
});

Deno.test("hours and nothing are counted as what a histogram holds", () => {
  const latencies = new Latencies();
  for (const us of [0, -5, 0.2, 1e12]) latencies.record("a", us);
  const merged = mergedOf([latencies.take(0)], "a")!;
  assertEquals([merged.totalCount, merged.minNonZeroValue], [4, 1]);
  assert(merged.maxValue >= 60_000_000);
});
