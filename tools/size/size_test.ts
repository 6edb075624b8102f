import { assert, assertEquals } from "@std/assert";
import { resolve, toFileUrl } from "@std/path";
import { ROOT } from "../build/entries.ts";
import { CASES } from "./cases.ts";
import { baselineOf, changesOf } from "./growth.ts";
import { sizes } from "./weigh.ts";

Deno.test("what is used is weighed, and a limit that is exceeded is told with what grew", async () => {
  const mod = toFileUrl(resolve(ROOT, "mod.ts")).href;
  const source = `import { memory } from "${mod}"; memory();`;
  const [small, large, rest] = await sizes([
    { name: "small", source, limitBytes: 10_000 },
    { name: "large", source: `${source} export { otlp } from "${mod}";`, limitBytes: 100 },
    { name: "rest", source: `${source} export { otlp } from "${mod}";`, without: "small" },
  ]);
  assertEquals([small.isOver, large.isOver, rest.isOver], [false, true, false]);
  assertEquals(rest.gzippedBytes, large.gzippedBytes - small.gzippedBytes);
  assert(small.modules["lib/transport/memory.ts"] > 0);
  assertEquals(small.modules["lib/otlp/sink.ts"], undefined, "what is not used is not there");
  const [first] = changesOf({ ...large, name: "small" }, baselineOf([small]));
  assertEquals([first.beforeBytes, first.nowBytes > 1000], [0, true]);
  assertEquals(changesOf(large, baselineOf([large])), []);
});

Deno.test("every case of ours has a limit, and no limit is below its goal", () => {
  for (const { name, limitBytes, goalBytes, isRival } of CASES) {
    assertEquals(limitBytes === undefined, isRival === true, name);
    assert((goalBytes ?? 0) <= (limitBytes ?? Infinity), name);
  }
});
