import { assert, assertEquals } from "@std/assert";
import { cryptoRandom } from "./random.ts";

Deno.test("words differ, past the end of the pool as well", () => {
  const random = cryptoRandom();
  const words = new Set(Array.from({ length: 5000 }, () => random.int32()));
  assert(words.size > 4990);
  assert([...words].every((word) => word === (word | 0)));
});

Deno.test("where crypto throws, as in a Worker's global scope, there are words all the same", () => {
  const random = cryptoRandom();
  const { getRandomValues } = crypto;
  let calls = 0;
  crypto.getRandomValues = () => {
    calls++;
    throw new Error("not in global scope");
  };
  const words = new Set<number>();
  try {
    for (let index = 0; index < 100; index++) words.add(random.int32());
  } finally {
    crypto.getRandomValues = getRandomValues;
  }
  // Each asks again, so that the first one within a request gets the platform's.
  assertEquals([calls, words.size], [100, 100]);
  random.int32();
  assertEquals(calls, 100);
});
