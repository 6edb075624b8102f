import { resolve } from "@std/path";
import { bundle } from "../../build/bundle.ts";
import { ROOT } from "../../build/entries.ts";
import type { CaseResult } from "../cases.ts";
import type { LossState } from "../loss.ts";
import type { RuntimeSink } from "../sink.ts";

/** What a runtime has shown. */
export interface RuntimeResult {
  readonly cases: readonly CaseResult[];
  /** What its own side of the loss test has counted. */
  readonly state: LossState;
  /** How the runtime was ended. */
  readonly ending: string;
}

/** A runtime that is not here, with the command that installs it. */
export class MissingRuntime extends Error {}

/** What a runner is given. */
export interface Task {
  /** A folder of its own. */
  readonly folder: string;
  readonly sink: RuntimeSink;
  /** How many requests the loss test makes. */
  readonly requests: number;
}

/** Runs the suite somewhere. */
export type Runner = (task: Task) => Promise<RuntimeResult>;

/** The suite, the built modules that it is for, and a telemetry made where the module loads. */
function prelude(sink: string): string {
  return `import * as suite from "${ROOT}/tools/runtimes/cases.ts";
import * as losses from "${ROOT}/tools/runtimes/loss.ts";
import * as sextant from "${ROOT}/dist/sextant.js";
import * as hono from "${ROOT}/dist/hono.js";
const { recordEarly, runCases } = suite;
const { lossService, loseNothing, serve } = losses;
const modules = { sextant, hono, sink: ${sink} };`;
}

/** Makes one module of the suite and a few lines for a runtime; gives its path. */
export async function moduleOf(
  { folder, sink }: Task,
  name: string,
  source: string,
  sinkCode: string = JSON.stringify(sink.url),
): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}.ts`, `${prelude(sinkCode)}\n${source}`);
  const path = `${folder}/${name}.mjs`;
  await bundle(`${folder}/${name}.ts`, path, { hasPackages: true });
  return path;
}

/** Installs a package of npm into the cache, once; gives the folder with its node_modules. */
export async function installed(name: string, version: string): Promise<string> {
  const folder = resolve(ROOT, ".cache/runtimes", name);
  const manifest = resolve(folder, "node_modules", name, "package.json");
  const isThere = await Deno.readTextFile(manifest)
    .then((text) => JSON.parse(text).version === version, () => false);
  if (isThere) return folder;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(resolve(folder, "package.json"), '{"private":true}');
  const command = `npm install ${name}@${version}`;
  const args = ["install", "--silent", "--no-fund", "--no-audit", `${name}@${version}`];
  try {
    const { success } = await new Deno.Command("npm", { args, cwd: folder, stdin: "null" })
      .output();
    if (success) return folder;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new MissingRuntime(command);
}
