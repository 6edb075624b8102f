import { assertEquals } from "@std/assert";
import { preferAsOurselves, preferOurselves } from "./child.ts";

const PATH = "/proc/self/autogroup";

function niceNow(path = PATH): string | undefined {
  try {
    return / nice (-?\d+)/.exec(Deno.readTextFileSync(path))?.[1];
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

Deno.test("a child with a session of its own is preferred as ours is, where it is allowed", async () => {
  using preference = preferOurselves();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "await Deno.stdin.readable.getReader().read()"],
    stdin: "piped",
    detached: true,
  }).spawn();
  try {
    const path = `/proc/${child.pid}/autogroup`;
    const before = niceNow(path);
    preferAsOurselves(child.pid);
    // Our own session may have no group while the child's has one: then it stays as it is.
    assertEquals(niceNow(path), preference.isPreferred ? "-20" : before);
  } finally {
    await child.stdin.close();
    await child.status;
  }
  // One that has ended is nobody's concern.
  preferAsOurselves(child.pid);
});
