import { fromFileUrl, join } from "@std/path";
import type { Assets } from "./server.ts";

const APP = fromFileUrl(new URL("./app/", import.meta.url));

/**
 * Builds the page's script and style. The script is kept in `cacheFolder` until a source is newer.
 *
 * @throws {Error} When the bundler fails: its own message.
 */
export async function buildAssets(cacheFolder: string): Promise<Assets> {
  const output = join(cacheFolder, "console.js");
  if (!await isFresh(output)) {
    await Deno.mkdir(cacheFolder, { recursive: true });
    // Written beside and renamed: two starts at once must not see half a script.
    const partial = `${output}.${crypto.randomUUID()}`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--minify",
        "--platform",
        "browser",
        "--output",
        partial,
        join(APP, "main.tsx"),
      ],
      cwd: APP,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(`The console could not be built: ${new TextDecoder().decode(stderr).trim()}`);
    }
    await Deno.rename(partial, output);
  }
  const [script, style] = await Promise.all([
    Deno.readTextFile(output),
    Deno.readTextFile(join(APP, "app.css")),
  ]);
  return { script, style };
}

async function isFresh(output: string): Promise<boolean> {
  const built = await modified(output);
  if (built === 0) return false;
  for await (const { name } of Deno.readDir(APP)) {
    if (await modified(join(APP, name)) > built) return false;
  }
  return true;
}

async function modified(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
