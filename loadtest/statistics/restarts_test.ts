import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bootstrapMean } from "./bootstrap.ts";
import { seededRandom } from "./random.ts";
import { detectable, hierarchicalBootstrap, holm, restartEffect } from "./restarts.ts";

function normalOf(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Differences of a machine whose restarts differ, that drifts, and whose noise hangs together. */
function experiment(normal: () => number, effect: number, restarts: number): number[][] {
  return Array.from({ length: restarts }, () => {
    const own = effect + normal();
    let noise = 0;
    return Array.from({ length: 15 }, (_, block) => {
      noise = 0.6 * noise + normal();
      // Drift is in both arms; a little of it stays in the difference.
      return own + noise + 0.02 * Math.sin(block);
    });
  });
}

const EXPERIMENTS = 4000;

Deno.test("4000 simulated experiments: 95 % intervals hold the truth, equal arms seldom differ", () => {
  const normal = normalOf(17);
  let covered = 0;
  let differing = 0;
  let byBlocks = 0;
  for (let index = 0; index < EXPERIMENTS; index++) {
    const { low, high } = restartEffect(experiment(normal, 5, 8));
    if (low <= 5 && 5 <= high) covered++;
    const equal = experiment(normal, 0, 8);
    const again = restartEffect(equal);
    if (again.low > 0 || again.high < 0) differing++;
    if (index < 200) {
      const naive = bootstrapMean(equal.flat(), index, 300);
      if (naive.low <= 0 && 0 <= naive.high) byBlocks++;
    }
  }
  const part = covered / EXPERIMENTS;
  assert(part >= 0.93 && part <= 0.97, `${covered} of ${EXPERIMENTS} hold the truth`);
  // 5 %, and what chance adds to 4000 draws twice in a hundred times.
  const most = 0.05 + 2 * Math.sqrt(0.05 * 0.95 / EXPERIMENTS);
  assert(differing / EXPERIMENTS <= most, `${differing} of ${EXPERIMENTS} equal arms differ`);
  // What it is for: blocks alone are too sure of themselves.
  assert(byBlocks < 170, `${byBlocks} of 200 without restarts`);
});

Deno.test("known numbers; fewer than three restarts fall back on blocks", () => {
  const { estimate, low, high, low90, high90, standardError, p } = restartEffect([
    [1, 3],
    [4],
    [6, 6],
  ]);
  assertEquals(estimate, 4);
  // Standard deviation 2; Student's t with two degrees of freedom is 4.303, at 90 % 2.920.
  assertAlmostEquals(standardError, 2 / Math.sqrt(3), 1e-12);
  assertAlmostEquals(high - estimate, 4.302653 * standardError, 1e-5);
  assertAlmostEquals(high90 - estimate, 2.919986 * standardError, 1e-5);
  assertAlmostEquals(low + high, 8, 1e-9);
  assertAlmostEquals(low90 + high90, 8, 1e-9);
  // t = 3.4641: p by R, 2 * pt(-3.4641016, 2).
  assertAlmostEquals(p, 0.0741799, 1e-6);
  const blocks = restartEffect([[1, 2, 3, 4]]);
  assertAlmostEquals(blocks.high - 2.5, 3.182446 * Math.sqrt(5 / 3 / 4), 1e-5);
  assertEquals(restartEffect([[2, 2], [2], [2]]).p, 0);
  assertThrows(() => restartEffect([[1]]), RangeError, "1 values, allowed are 2 or more");
});

Deno.test("Holm: known numbers, and never below what was given", () => {
  // The example of Holm's step-down as R's p.adjust gives it.
  assertEquals(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
  assertEquals(holm([0.5, 0.9]), [1, 1]);
  assertEquals(holm([]), []);
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
    holm(ps).forEach((one, index) => assert(one >= ps[index] && one <= 1));
  }));
});

Deno.test("an effect as large as the detectable one is found four times of five", () => {
  const normal = normalOf(5);
  let found = 0;
  for (let index = 0; index < 1000; index++) {
    // Thirty restarts with a standard deviation of 1: the standard error is known.
    const effect = detectable(1 / Math.sqrt(30));
    if (restartEffect(Array.from({ length: 30 }, () => [effect + normal()])).p < 0.05) found++;
  }
  assert(found >= 760 && found <= 840, `${found} of 1000 found`);
});

Deno.test("the hierarchical bootstrap agrees with t, and is a little narrow with few restarts", () => {
  const normal = normalOf(23);
  let covered = 0;
  let ratio = 0;
  for (let index = 0; index < 200; index++) {
    const restarts = experiment(normal, 5, 8);
    const bootstrap = hierarchicalBootstrap(restarts, seededRandom(index), 500);
    const t = restartEffect(restarts);
    assertAlmostEquals(bootstrap.estimate, t.estimate, 1e-9);
    ratio += (bootstrap.high - bootstrap.low) / (t.high - t.low) / 200;
    if (bootstrap.low <= 5 && 5 <= bootstrap.high) covered++;
  }
  assert(ratio > 0.7 && ratio < 1, `${ratio}`);
  assert(covered >= 165, `${covered} of 200 hold the truth`);
});
