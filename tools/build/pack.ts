import { resolve } from "@std/path";
import { ROOT } from "./entries.ts";

/** What `deno pack` writes of the manifest, as far as it is changed. */
interface Manifest {
  dependencies?: Record<string, string>;
  [name: string]: unknown;
}

/**
 * Makes the npm package. Beyond `deno pack` it tells bundlers that no module does anything when it
 * is loaded, and makes what some entries need optional: the library itself needs nothing.
 *
 * @param types Where the declarations of all modules go as well; default nowhere.
 * @throws {Error} With the words of the command that failed.
 */
export async function pack(output: string, types?: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sextant-pack-" });
  try {
    const packed = resolve(folder, "packed.tgz");
    await run(Deno.execPath(), ["pack", "--quiet", "--allow-dirty", "-o", packed], ROOT);
    await run("tar", ["-xzf", packed], folder);
    const path = resolve(folder, "package/package.json");
    const { dependencies = {}, ...manifest } = JSON.parse(
      await Deno.readTextFile(path),
    ) as Manifest;
    const optional = Object.keys(dependencies).map((name) => [name, { optional: true }]);
    const changed: Manifest = {
      ...manifest,
      sideEffects: false,
      peerDependencies: dependencies,
      peerDependenciesMeta: Object.fromEntries(optional),
    };
    await Deno.writeTextFile(path, `${JSON.stringify(changed, null, 2)}\n`);
    await withDisposable(resolve(folder, "package"));
    if (types !== undefined) await copyDeclarations(resolve(folder, "package"), types);
    await run("tar", ["-czf", output, "package"], folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Types that name `Symbol.dispose`, which a project's own libraries may be too old for. */
const DISPOSABLE = /Symbol\.(asyncD|d)ispose/;

/** Declarations with the library that they need, so that they check whatever a project's target is. */
export function withLibrary(declarations: string): string {
  return DISPOSABLE.test(declarations)
    ? `/// <reference lib="esnext.disposable" />\n${declarations}`
    : declarations;
}

async function withDisposable(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = resolve(folder, name);
    if (isDirectory) await withDisposable(path);
    else if (name.endsWith(".d.ts")) {
      await Deno.writeTextFile(path, withLibrary(await Deno.readTextFile(path)));
    }
  }
}

async function copyDeclarations(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyDeclarations(resolve(from, name), resolve(to, name));
    else if (name.endsWith(".d.ts")) await Deno.copyFile(resolve(from, name), resolve(to, name));
  }
}

/** Runs a command to its end; throws what it says when it fails. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stdout);
  if (!success) {
    throw new Error(`${command} ${args.join(" ")}\n${said}${new TextDecoder().decode(stderr)}`);
  }
  return said;
}
