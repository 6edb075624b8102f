import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { commandOf, planFrom } from "../command.ts";
import { solvePairs } from "../statistics/pairwise.ts";
import { blocksOf, estimateOf, pairsOf } from "./plan.ts";

const ARMS = ["off", "off again", "logs", "traces"];

function take(seed: number, count: number): string[][] {
  const blocks = blocksOf({ arms: ARMS, seed, order: "random" });
  return Array.from({ length: count }, () => blocks.next().value);
}

Deno.test("every block holds every arm once, in an order of its own", () => {
  const blocks = take(1, 50);
  for (const block of blocks) assertEquals(block.toSorted(), ARMS.toSorted());
  assertEquals(new Set(blocks.map(String)).size > 10, true);
});

Deno.test("the same seed plans the same order, another seed another", () => {
  assertEquals(take(5, 20), take(5, 20));
  assertNotEquals(take(5, 20), take(6, 20));
});

Deno.test("every second block is the one before it the other way round: ABBA, with two arms", () => {
  const blocks = take(3, 20);
  for (let pair = 0; pair < 20; pair += 2) {
    assertEquals(blocks[pair + 1], blocks[pair].toReversed());
  }
  const two = blocksOf({ arms: ["A", "B"], seed: 1, order: "random" });
  assertMatch([0, 1, 2, 3].map(() => two.next().value.join("")).join(""), /^(ABBA|BAAB){2}$/);
  const fixed = blocksOf({ arms: ARMS, seed: 1, order: "fixed" });
  for (let block = 0; block < 4; block++) assertEquals(fixed.next().value, ARMS);
});

Deno.test("two blocks' duets connect all arms, and no arm is in more of them than another", () => {
  for (const count of [2, 3, 4, 7, 10, 11]) {
    const arms = Array.from({ length: count }, (_, index) => `arm ${index}`);
    const blocks = blocksOf({ arms, seed: 2, order: "random" });
    const pairs = [0, 1].flatMap((block) => pairsOf(blocks.next().value, block));
    const solved = solvePairs(arms[0], pairs.map(([from, to]) => ({ from, to, value: 1 })));
    assertEquals(solved.size, count - 1, `${count} arms`);
    const often = arms.map((arm) => pairs.flat().filter((one) => one === arm).length);
    assertEquals(Math.max(...often) <= 2 && Math.min(...often) >= 1, true, `${often}`);
  }
});

Deno.test("presets come to what they promise: a million and ten million requests", async () => {
  const estimate = async (...args: string[]) =>
    estimateOf((await planFrom(commandOf(["plan", ...args]))).plan);
  const standard = await estimate();
  assertEquals(standard.requests >= 1e6, true);
  assertEquals(standard.seconds <= 360, true, `${standard.seconds} s`);
  assertEquals(standard.restarts >= 5, true);
  assertEquals((await estimate("--preset", "full")).requests >= 1e7, true);
  assertEquals((await estimate("--preset", "smoke")).seconds <= 30, true);
});
