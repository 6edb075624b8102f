import { assertEquals, assertNotEquals } from "@std/assert";
import { commandOf, planFrom } from "../command.ts";
import { blocksOf, estimateOf } from "./plan.ts";

const ARMS = ["off", "off again", "logs", "traces"];

function take(seed: number, count: number): string[][] {
  const blocks = blocksOf({ arms: ARMS, seed });
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

Deno.test("presets come to what they promise: a million and ten million requests", async () => {
  const estimate = async (...args: string[]) =>
    estimateOf((await planFrom(commandOf(["plan", ...args]))).plan);
  const standard = await estimate();
  assertEquals(standard.requests >= 1e6, true);
  assertEquals(standard.seconds <= 360, true, `${standard.seconds} s`);
  assertEquals(standard.restarts >= 6, true);
  assertEquals((await estimate("--preset", "full")).requests >= 1e7, true);
  assertEquals((await estimate("--preset", "smoke")).seconds <= 30, true);
});
