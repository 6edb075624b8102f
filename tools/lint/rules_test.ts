import { assertEquals, assertMatch } from "@std/assert";
import { resolve } from "@std/path";
import { ROOT, specifiersOf } from "./graph.ts";
import { forbidden } from "./layers.ts";
import plugin from "./plugin.ts";

/** What the plugin says of a source that stands at `path`. */
function messages(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, resolve(ROOT, path), source)
    .map(({ id, message }) => `${id}: ${message}`);
}

Deno.test("layers: core may import nothing outside core", () => {
  const found = messages("lib/core/made_up.ts", 'import { x } from "../trace/span.ts"; x;');
  assertEquals(found.length, 1);
  assertMatch(found[0], /^house\/layers: .*core may import nothing/);
  assertEquals(messages("lib/core/made_up.ts", 'import { x } from "./level.ts"; x;'), []);
});

Deno.test("layers: types and re-exports count", () => {
  for (
    const source of [
      'import type { X } from "../http/client.ts"; const x: X = 1; x;',
      'export { x } from "../http/client.ts";',
      'export * from "../http/client.ts";',
      'await import("../http/client.ts");',
    ]
  ) {
    const found = messages("lib/otlp/made_up.ts", source);
    assertEquals(found.length, 1, source);
    assertMatch(found[0], /otlp may import core, pipeline, transport/);
  }
});

Deno.test("layers: the table", () => {
  const cases: [from: string, to: string, isAllowed: boolean][] = [
    ["lib/trace/span.ts", "lib/core/level.ts", true],
    ["lib/trace/span.ts", "lib/otlp/sink.ts", false],
    ["lib/telemetry.ts", "lib/otlp/sink.ts", true],
    ["lib/telemetry.ts", "lib/runtime/deno.ts", false],
    ["mod.ts", "lib/hono/mod.ts", false],
    ["lib/core/clock.ts", "demo/shop.ts", false],
    ["lib/core/clock_test.ts", "demo/shop.ts", false],
    ["lib/core/clock_test.ts", "lib/otlp/sink.ts", true],
    ["demo/shop.ts", "mod.ts", true],
    ["demo/shop.ts", "lib/runtime/deno.ts", true],
    ["demo/shop.ts", "lib/trace/span.ts", false],
    ["demo/shop.ts", "loadtest/main.ts", false],
    ["loadtest/main.ts", "demo/shop.ts", true],
    ["loadtest/main.ts", "lib/trace/span.ts", false],
    ["bench/main.ts", "lib/trace/span.ts", true],
    ["lib/unheard/of.ts", "lib/core/level.ts", false],
  ];
  for (const [from, to, isAllowed] of cases) {
    assertEquals(forbidden(from, to) === undefined, isAllowed, `${from} -> ${to}`);
  }
});

Deno.test("no-cycles: an import that leads back is named with its way", () => {
  const found = messages("lib/core/level.ts", 'import { x } from "./level.ts"; x;');
  assertMatch(found[0], /^house\/no-cycles: Import cycle: lib\/core\/level\.ts -> /);
  const long = messages(
    "lib/core/hex.ts",
    'import type { X } from "./span_context.ts"; const x: X = 1; x;',
  );
  assertMatch(long[0], /lib\/core\/hex\.ts -> lib\/core\/span_context\.ts -> lib\/core\/hex\.ts/);
  assertEquals(messages("lib/core/span_context.ts", 'import { x } from "./hex.ts"; x;'), []);
});

Deno.test("no-platform: names and specifiers in what mod.ts loads", () => {
  for (
    const source of [
      "Deno.env.get('X');",
      "globalThis.Deno;",
      "process.exit(1);",
      'import { x } from "node:fs"; x;',
      'import { x } from "npm:zod@4"; x;',
      'import { x } from "zod"; x;',
    ]
  ) assertMatch(messages("lib/telemetry.ts", source)[0] ?? "", /^house\/no-platform: /, source);
  assertEquals(messages("lib/telemetry.ts", "const a = { Deno: 1 }; a.Deno;"), []);
  assertEquals(messages("lib/runtime/deno.ts", "Deno.env.get('X');"), []);
});

Deno.test("no-ambient: clock and randomness outside core", () => {
  for (
    const source of [
      "Date.now();",
      "new Date();",
      "performance.now();",
      "Math.random();",
      "crypto.getRandomValues(new Uint8Array(1));",
      "crypto.randomUUID();",
    ]
  ) {
    assertMatch(messages("lib/trace/made_up.ts", source)[0] ?? "", /^house\/no-ambient: /, source);
    assertEquals(messages("lib/core/clock.ts", source), [], source);
  }
  assertEquals(messages("lib/trace/made_up.ts", "new Date(0);"), []);
});

Deno.test("file-length and function-length", () => {
  const line = "console.log(1);\n";
  assertMatch(messages("demo/long.ts", line.repeat(401))[0], /house\/file-length: .* 401 lines/);
  assertEquals(messages("demo/long.ts", line.repeat(400)), []);
  assertEquals(messages("demo/long_test.ts", line.repeat(401)), []);
  const long = `export function f() {\n${line.repeat(70)}}\n`;
  assertMatch(messages("demo/long.ts", long)[0], /house\/function-length: A function of 72 lines/);
  assertEquals(messages("demo/long.ts", `export function f() {\n${line.repeat(68)}}\n`), []);
});

Deno.test("documented-exports", () => {
  assertMatch(
    messages("lib/core/made_up.ts", "export const x = 1;")[0],
    /^house\/documented-exports: /,
  );
  assertMatch(
    messages("lib/core/made_up.ts", "/* not one */\nexport const x = 1;")[0],
    /^house\/documented-exports: /,
  );
  assertEquals(messages("lib/core/made_up.ts", "/** One. */\nexport const x = 1;"), []);
  assertEquals(messages("demo/made_up.ts", "export const x = 1;"), []);
});

Deno.test("specifiersOf finds every form and no comment", () => {
  assertEquals(
    specifiersOf(`
      // import { no } from "./comment.ts";
      /** import { no } from "./doc.ts"; */
      import { a } from "./a.ts";
      import type { B } from './b.ts';
      import "./c.ts";
      export * from "./d.ts";
      export {
        e,
      } from "./e.ts";
      const f = await import("./f.ts");
    `).toSorted(),
    ["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"],
  );
});
