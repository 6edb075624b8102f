import { assert, assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import { build, stop } from "esbuild";
import { Miniflare } from "miniflare";
import { ROOT } from "./entries.ts";
import { pack, run, withLibrary } from "./pack.ts";

const WRANGLER = "npm:wrangler@4.164.0";
const TYPESCRIPT = "typescript@5.9.3";

/** A program of somebody who knows Node alone. */
const PROGRAM = `
import { createLogger, createPipeline, createTelemetry, json, lines, memory } from "@sextant/sextant";
import { verifyAudit } from "@sextant/sextant/audit";
const written: string[] = [];
const write = (line: string) => void written.push(line);
const pipeline = createPipeline({ service: "a", sinks: [lines(json, { write })] });
createLogger(pipeline).info("hello", { n: 1 });
await pipeline.flush();
const sink = memory();
{
  await using telemetry = createTelemetry({ service: "a", sinks: [sink] });
  const total: number = telemetry.span("x", (span) => span.isRecording() ? 42 : 0);
  console.log(JSON.stringify([JSON.parse(written[0]).message, total, typeof verifyAudit]));
}
`;

/** The README's Worker, with the package's names for its files. */
async function readmeWorker(): Promise<string> {
  const readme = await Deno.readTextFile(resolve(ROOT, "README.md"));
  const source = /## A Worker\s+```ts.*\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  assert(source !== "", "the README has a Worker");
  assert(source.split("\n").length <= 11, "it has ten lines");
  const { name, exports } = JSON.parse(await Deno.readTextFile(resolve(ROOT, "deno.json"))) as {
    name: string;
    exports: Record<string, string>;
  };
  return Object.entries(exports).reduce(
    (text, [entry, path]) => text.replace(`"${path}"`, `"${name}${entry.slice(1)}"`),
    source,
  );
}

function hasCommand(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Runs the Worker in workerd; gives its reply and the paths that it sent telemetry to. */
async function inWorkerd(script: string): Promise<{ reply: string; sentTo: string[] }> {
  const sentTo: string[] = [];
  const miniflare = new Miniflare({
    modules: true,
    script,
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["nodejs_als"],
    outboundService: (request: { url: string }) => {
      sentTo.push(new URL(request.url).pathname);
      return new Response() as never;
    },
  });
  try {
    const response = await miniflare.dispatchFetch("http://x.test/");
    const reply = await response.text();
    // What was recorded is sent after the response.
    for (let tries = 0; sentTo.length === 0 && tries < 100; tries++) {
      await new Promise((done) => setTimeout(done, 20));
    }
    return { reply, sentTo };
  } finally {
    await miniflare.dispose();
  }
}

const missing = ["npm", "node", "tar"].filter((command) => !hasCommand(command));

Deno.test({
  name: `the npm package in a plain Node project and in a Worker${
    missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")} can't be run)`
  }`,
  ignore: missing.length > 0,
  // esbuild and miniflare keep children until they are told to stop, at the end.
  sanitizeResources: false,
  sanitizeOps: false,
}, async (test) => {
  const folder = await Deno.makeTempDir({ prefix: "sextant-package-" });
  try {
    const write = (name: string, text: string) => Deno.writeTextFile(resolve(folder, name), text);
    await write("package.json", '{ "private": true, "type": "module" }');
    await pack(resolve(folder, "sextant.tgz"));
    const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", "./sextant.tgz"];
    await run("npm", [...install, TYPESCRIPT], folder);

    await test.step("needs no other package, and says that loading it does nothing", async () => {
      const path = resolve(folder, "node_modules/@sextant/sextant/package.json");
      const manifest = JSON.parse(await Deno.readTextFile(path));
      assertEquals([manifest.dependencies, manifest.sideEffects], [undefined, false]);
      const installed = [];
      for await (const { name } of Deno.readDir(resolve(folder, "node_modules"))) {
        if (!name.startsWith(".")) installed.push(name);
      }
      assertEquals(installed.sort(), ["@sextant", "typescript"]);
    });

    await test.step("type-checks and runs in Node", async () => {
      await write("program.ts", PROGRAM);
      const options = ["--strict", "--target", "es2022", "--module", "nodenext"];
      const tsc = resolve(folder, "node_modules/typescript/bin/tsc");
      await run("node", [tsc, ...options, "--outDir", "out", "program.ts"], folder);
      const said = await run("node", ["out/program.js"], folder);
      assertEquals(JSON.parse(said), ["hello", 42, "function"]);
    });

    await write("worker.ts", await readmeWorker());
    await test.step("the README's Worker: esbuild, workerd", async () => {
      const { outputFiles } = await build({
        entryPoints: [resolve(folder, "worker.ts")],
        absWorkingDir: folder,
        bundle: true,
        format: "esm",
        external: ["node:*"],
        write: false,
        logLevel: "silent",
      });
      const { reply, sentTo } = await inWorkerd(outputFiles[0].text);
      assertEquals(reply, "hello");
      assertEquals(sentTo, ["/v1/traces"]);
    });

    await test.step("the README's Worker: wrangler's dry run, workerd", async () => {
      const options = ["--dry-run", "--outdir", "built", "--name", "edge"];
      const platform = [
        "--compatibility-date",
        "2026-07-01",
        "--compatibility-flags",
        "nodejs_als",
      ];
      const wrangler = ["run", "-A", "--no-config", "--no-lock", WRANGLER, "deploy", "worker.ts"];
      await run(Deno.execPath(), [...wrangler, ...options, ...platform], folder);
      const script = await Deno.readTextFile(resolve(folder, "built/worker.js"));
      const { reply, sentTo } = await inWorkerd(script);
      assertEquals(reply, "hello");
      assertEquals(sentTo, ["/v1/traces"]);
    });
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("declarations that name a disposable refer to its library", () => {
  const plain = "export declare const a: number;";
  assertEquals(withLibrary(plain), plain);
  const disposable = "[Symbol.asyncDispose](): Promise<void>;";
  assert(withLibrary(disposable).startsWith('/// <reference lib="esnext.disposable" />\n'));
});
