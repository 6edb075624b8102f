import { assert, assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import { bundle } from "./bundle.ts";
import { DIST, ROOT } from "./entries.ts";
import { declarationsOf } from "./main.ts";

Deno.test("a built entry is one module with a source map, packages by their names", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sextant-bundle-" });
  try {
    const output = resolve(folder, "hono.js");
    await bundle(resolve(ROOT, "lib/hono/mod.ts"), output, { hasSourceMap: true });
    const text = await Deno.readTextFile(output);
    const imported = [...text.matchAll(/^import [^;]*? from "([^"]+)"/gm)].map(([, name]) => name);
    assertEquals([...new Set(imported)], ["hono/route"]);
    const map = JSON.parse(await Deno.readTextFile(`${output}.map`));
    assert(map.sources.some((source: string) => source.endsWith("lib/hono/mod.ts")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the types of built entries are those of the modules", () => {
  const typesOf = (source: string, output: string) =>
    declarationsOf(resolve(ROOT, source), resolve(DIST, output));
  assertEquals(typesOf("mod.ts", "sextant.js"), 'export * from "./types/mod.js";\n');
  assertEquals(
    typesOf("lib/runtime/deno.ts", "runtime/deno.js"),
    'export * from "../types/lib/runtime/deno.js";\n',
  );
});
