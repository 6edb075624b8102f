import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bootstrapMean } from "./bootstrap.ts";
import { seededRandom } from "./random.ts";
import { restartMean } from "./restarts.ts";

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

Deno.test("1000 simulated experiments: 95 % intervals hold the truth, equal arms seldom differ", () => {
  const normal = normalOf(17);
  let covered = 0;
  let differing = 0;
  let byBlocks = 0;
  for (let index = 0; index < 1000; index++) {
    const { low, high } = restartMean(experiment(normal, 5, 8), index);
    if (low <= 5 && 5 <= high) covered++;
    const equal = experiment(normal, 0, 8);
    const again = restartMean(equal, index);
    if (again.low > 0 || again.high < 0) differing++;
    if (index < 200) {
      const naive = bootstrapMean(equal.flat(), index, 300);
      if (naive.low <= 0 && 0 <= naive.high) byBlocks++;
    }
  }
  assert(covered >= 930 && covered <= 970, `${covered} of 1000 hold the truth`);
  assert(differing <= 65, `${differing} of 1000 equal arms differ`);
  // What it is for: blocks alone are too sure of themselves.
  assert(byBlocks < 170, `${byBlocks} of 200 without restarts`);
});

Deno.test("known numbers; fewer than three restarts fall back on blocks", () => {
  const { estimate, low, high } = restartMean([[1, 3], [4], [6, 6]], 1);
  assertEquals(estimate, 4);
  // Standard deviation 2, t(2) = 4.303.
  assertAlmostEquals(high - estimate, 4.303 * 2 / Math.sqrt(3), 1e-9);
  assertAlmostEquals(low + high, 8, 1e-9);
  assertEquals(restartMean([[1, 2, 3, 4]], 5), bootstrapMean([1, 2, 3, 4], 5));
});
