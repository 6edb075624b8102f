import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { matchesGlob } from "./glob.ts";

Deno.test("a star stands for any run, all else for itself", () => {
  const cases: [pattern: string, text: string, fits: boolean][] = [
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["/checkout", "/checkout", true],
    ["/checkout", "/checkouts", false],
    ["/products/*", "/products/tea", true],
    ["/products/*", "/product", false],
    ["*.png", "/a/b.png", true],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "aXbYbZ", false],
    ["a.c", "abc", false],
    ["**", "anything", true],
  ];
  for (const [pattern, text, fits] of cases) {
    assertEquals(matchesGlob(pattern, text), fits, `${pattern} ${text}`);
  }
});

Deno.test("a glob says what the regular expression says", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[ab*]{0,8}$/),
      fc.stringMatching(/^[ab]{0,12}$/),
      (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text);
        return matchesGlob(pattern, text) === expected;
      },
    ),
  );
});

Deno.test("a pattern of stars on a long text is answered", () => {
  assert(!matchesGlob(`${"*a".repeat(50)}b`, "a".repeat(20_000)));
});
