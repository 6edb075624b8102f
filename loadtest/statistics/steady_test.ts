import { assertEquals } from "@std/assert";
import { isSteady } from "./steady.ts";

Deno.test("a process that still gets faster is not steady, a noisy level is", () => {
  assertEquals(isSteady([100, 80, 70, 60, 50, 45, 40, 35]), false);
  assertEquals(isSteady([100, 80, 60, 50, 38, 36, 35, 34, 36, 34, 35, 33]), true);
  assertEquals(isSteady([36, 34, 39, 35, 37, 33, 36, 35]), true);
  // Too little was seen; and a process that gets slower has warmed up, too.
  assertEquals(isSteady([34, 34, 34, 34, 34, 34, 34]), false);
  assertEquals(isSteady([34, 34, 34, 34, 40, 41, 42, 43]), true);
  // One slow round among fast ones decides nothing.
  assertEquals(isSteady([35, 90, 34, 35, 34, 36, 35, 34]), true);
});
