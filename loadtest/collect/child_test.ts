import { assertEquals } from "@std/assert";
import { preferOurselves } from "./child.ts";

const PATH = "/proc/self/autogroup";

function niceNow(): string | undefined {
  try {
    return / nice (-?\d+)/.exec(Deno.readTextFileSync(PATH))?.[1];
  } catch {
    return undefined;
  }
}

Deno.test("a session that is preferred is so for as long as it is wanted, where it is allowed", () => {
  const before = niceNow();
  {
    using preference = preferOurselves();
    // Without groups of sessions, or without the right to, nothing changes.
    assertEquals(niceNow(), preference.isPreferred ? "-20" : before);
  }
  assertEquals(niceNow(), before);
});
