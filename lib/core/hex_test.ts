import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { int32ToHex } from "./hex.ts";

Deno.test("hex: 32-bit integers, signed or not, as eight digits", () => {
  for (
    const [value, text] of [
      [0, "00000000"],
      [1, "00000001"],
      [-1, "ffffffff"],
      [0x7fffffff, "7fffffff"],
      [-0x80000000, "80000000"],
      [0x12abcdef, "12abcdef"],
    ] as const
  ) {
    assertEquals(int32ToHex(value), text);
  }
  assertEquals(int32ToHex(0xffffffff), "ffffffff");
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(fc.property(int32, (value) => (Number.parseInt(int32ToHex(value), 16) | 0) === value));
});
