import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hexToInt32, int32ToHex, isLowerHex } from "./hex.ts";

Deno.test("hex: 32-bit integers, signed or not, as eight digits and back", () => {
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
    assertEquals(hexToInt32(text, 0), value);
  }
  assertEquals(int32ToHex(0xffffffff), "ffffffff");
  assertEquals(hexToInt32("-00000a01-", 1), 0xa01);
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(fc.property(int32, (value) => hexToInt32(int32ToHex(value), 0) === value));
});

Deno.test("hex: only lower-case digits within the text are hex", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
    assertEquals(isLowerHex(text, 0, text.length), /^[0-9a-f]*$/.test(text));
  }));
  for (let code = 0; code < 0x300; code++) {
    const one = String.fromCharCode(code);
    assertEquals(isLowerHex(one, 0, 1), "0123456789abcdef".includes(one), `code ${code}`);
  }
  assertEquals(isLowerHex("xabx", 1, 3), true);
  assertEquals(isLowerHex("ab", 0, 3), false);
});
