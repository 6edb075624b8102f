import { Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { bundle } from "../build/bundle.ts";
import { ROOT } from "../build/entries.ts";
import { type CaseResult, LOSS_REQUESTS } from "./cases.ts";
import type { RuntimeSink } from "./sink.ts";

/** What a runtime has shown. */
export interface RuntimeResult {
  readonly cases: readonly CaseResult[];
  /** Requests that the handler was given in the loss test. */
  readonly handled: number;
  /** How the runtime was ended. */
  readonly ending: string;
}

/** A runtime that is not here, with the command that installs it. */
export class MissingRuntime extends Error {}

/** Runs the suite somewhere. */
export type Runner = (folder: string, sink: RuntimeSink) => Promise<RuntimeResult>;

/** The suite, and the built modules that it is for. */
const CASES = `import * as suite from "${ROOT}/tools/runtimes/cases.ts";
import * as sextant from "${ROOT}/dist/sextant.js";
import * as hono from "${ROOT}/dist/hono.js";
const { loseNothing, lossHandler, runCases } = suite;
const modules = { sextant, hono };`;

/** Makes one module of the suite and a few lines for a runtime; gives its path. */
async function moduleOf(folder: string, name: string, source: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}.ts`, `${CASES}\n${source}`);
  await bundle(`${folder}/${name}.ts`, `${folder}/${name}.js`, { hasPackages: true });
  return `${folder}/${name}.js`;
}

/** A program that runs everything, prints its results and ends by itself. */
function program(runtime: string, entry: string, name: string): string {
  return `import { ${name} } from "${ROOT}/dist/runtime/${entry}.js";
    const host = { ...modules, sink: ${runtime}, runtime: ${name}() };
    const cases = await runCases(host);
    const { handled } = await loseNothing(host, true);
    console.log(JSON.stringify({ cases, handled }));`;
}

async function runProgram(
  command: readonly string[],
  missing: string,
): Promise<RuntimeResult> {
  const [program, ...args] = command;
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MissingRuntime(missing);
  }
  const text = new TextDecoder().decode(output.stdout);
  const line = text.trim().split("\n").at(-1) ?? "";
  if (!output.success || !line.startsWith("{")) {
    throw new Error(`${command.join(" ")}: ${text}${new TextDecoder().decode(output.stderr)}`);
  }
  return { ...JSON.parse(line), ending: "the program came to its end" };
}

const inDeno: Runner = async (folder, { url }) => {
  const path = await moduleOf(folder, "deno", program(JSON.stringify(url), "deno", "deno"));
  return await runProgram([Deno.execPath(), "run", "-A", "--quiet", "--no-config", path], "");
};

const inNode: Runner = async (folder, { url }) => {
  const path = await moduleOf(folder, "node", program(JSON.stringify(url), "node", "node"));
  await Deno.rename(path, `${folder}/node.mjs`);
  return await runProgram(["node", `${folder}/node.mjs`], "apt-get install -y nodejs");
};

const inBun: Runner = async (folder, { url }) => {
  const path = await moduleOf(folder, "bun", program(JSON.stringify(url), "node", "node"));
  await Deno.rename(path, `${folder}/bun.mjs`);
  const command = ["npx", "-y", "bun@1.4.5", `${folder}/bun.mjs`];
  try {
    return await runProgram(command, "npm install -g bun@1.4.5");
  } catch (error) {
    if (/ENOTFOUND|ETARGET|E404|postinstall/.test((error as Error).message)) {
      throw new MissingRuntime("npm install -g bun@1.4.5");
    }
    throw error;
  }
};

const inWorkerd: Runner = async (folder, { url }) => {
  const path = await moduleOf(
    folder,
    "workerd",
    `import { workers } from "${ROOT}/dist/runtime/workers.js";
    const loss = lossHandler({ ...modules, sink: ${JSON.stringify(url)}, runtime: workers() });
    export default {
      async fetch(request, env, context) {
        const { pathname } = new URL(request.url);
        if (pathname === "/cases") {
          return Response.json(await runCases({ ...modules, sink: ${
      JSON.stringify(url)
    }, runtime: workers() }));
        }
        if (pathname === "/handled") return Response.json(loss.handled());
        try {
          return await loss.handle(request);
        } finally {
          // As telemetry.worker does it.
          context.waitUntil(loss.telemetry.flush());
        }
      },
    };`,
  );
  const miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: "main.js", contents: await Deno.readTextFile(path) }],
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["nodejs_als"],
  });
  try {
    const ask = async (path: string) => await miniflare.dispatchFetch(`http://x.test${path}`);
    const cases = await (await ask("/cases")).json() as CaseResult[];
    for (let index = 0; index < LOSS_REQUESTS; index += 50) {
      await Promise.all(Array.from({ length: 50 }, async (_, offset) => {
        const response = await ask(`/?index=${index + offset}`);
        if (offset % 3 === 1) await response.body?.cancel();
        else await response.text();
      }));
    }
    const handled = await (await ask("/handled")).json() as number;
    return { cases, handled, ending: "the isolate was disposed of" };
  } finally {
    await miniflare.dispose();
  }
};

const inEdgeRuntime: Runner = async (folder, { url }) => {
  const path = await moduleOf(
    folder,
    "edge",
    `globalThis.runSuite = async () => {
      const host = { ...modules, sink: ${JSON.stringify(url)}, runtime: { name: "edge-light",
        context: typeof AsyncLocalStorage === "undefined" ? undefined : storeOf() } };
      return JSON.stringify({ cases: await runCases(host),
        handled: (await loseNothing(host, false)).handled });
    };
    function storeOf() {
      const storage = new AsyncLocalStorage();
      return { get: () => storage.getStore(), run: (value, fn, ...args) => storage.run(value, fn, ...args) };
    }`,
  );
  await Deno.writeTextFile(
    `${folder}/edge.cjs`,
    `const { EdgeRuntime } = require("edge-runtime");
     const { readFileSync } = require("node:fs");
     const runtime = new EdgeRuntime({ initialCode: readFileSync(${
      JSON.stringify(path)
    }, "utf8") });
     runtime.evaluate("runSuite()").then((text) => console.log(text)).catch((error) => {
       console.error(error); process.exit(1);
     });`,
  );
  await Deno.writeTextFile(`${folder}/package.json`, '{"private":true}');
  const install = new Deno.Command("npm", {
    args: ["install", "--silent", "--no-fund", "--no-audit", "edge-runtime@4.0.1"],
    cwd: folder,
    stdin: "null",
  });
  const missing = "npm install edge-runtime@4.0.1";
  try {
    if (!(await install.output()).success) throw new MissingRuntime(missing);
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? new MissingRuntime(missing) : error;
  }
  const result = await runProgram(["node", `${folder}/edge.cjs`], missing);
  return { ...result, ending: "shut down: it says nothing of its end" };
};

/** Where Debian's package and others put Chromium. */
const CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const inChromium: Runner = async (folder, sink) => {
  const executablePath = Deno.env.get("CHROMIUM") ?? CHROMIUMS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  if (executablePath === undefined) throw new MissingRuntime("apt-get install -y chromium");
  const path = await moduleOf(
    folder,
    "chromium",
    `import { browser, keepaliveFetch } from "${ROOT}/dist/runtime/browser.js";
    const host = { ...modules, sink: location.origin, runtime: browser(), fetch: keepaliveFetch };
    globalThis.runSuite = async () => ({ cases: await runCases(host),
      handled: (await loseNothing(host, true)).handled });`,
  );
  sink.files.set("/page", { body: "<!doctype html><title>page</title>", type: "text/html" });
  sink.files.set("/suite.js", { body: await Deno.readTextFile(path), type: "text/javascript" });
  const launched = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await launched.newPage();
    await page.goto(`${sink.url}/page`);
    const result = await page.evaluate(`import("/suite.js").then(() => runSuite())`) as {
      cases: CaseResult[];
      handled: number;
    };
    await page.goto("about:blank");
    // What outlives a page is on its way now.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return { ...result, ending: "the page was left" };
  } finally {
    await launched.close();
  }
};

/** Every runtime. */
export const RUNNERS: Readonly<Record<string, Runner>> = {
  deno: inDeno,
  node: inNode,
  bun: inBun,
  workerd: inWorkerd,
  "edge-runtime": inEdgeRuntime,
  chromium: inChromium,
};
