import { dirname } from "@std/path";
import { ROOT } from "./entries.ts";

/** Packages are named as Node and bundlers know them: `npm:hono@^4.8/route` is `hono/route`. */
const NPM = /(["'])npm:\/?((?:@[^/"'@]+\/)?[^/"'@]+)(?:@[^/"']+)?((?:\/[^"']*)?)\1/g;

/** What is asked of a bundle. */
export interface BundleOptions {
  readonly isMinified?: boolean;
  readonly hasSourceMap?: boolean;
  /** Takes packages into the module; else they stay imports. */
  readonly hasPackages?: boolean;
}

/**
 * Makes one ES module of a source and all that it imports; packages stay imports.
 *
 * @throws {Error} With the bundler's words when it fails.
 */
export async function bundle(
  source: string,
  output: string,
  options: BundleOptions = {},
): Promise<void> {
  await Deno.mkdir(dirname(output), { recursive: true });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      // Deno's own platform leaves imports of `node:` as they are; Web APIs need nothing of it.
      "deno",
      ...(options.hasPackages === true ? [] : ["--external", "npm:*"]),
      ...(options.isMinified === true ? ["--minify"] : []),
      ...(options.hasSourceMap === true ? ["--sourcemap", "linked"] : []),
      "-o",
      output,
      source,
    ],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${source}: ${new TextDecoder().decode(stderr)}`);
  const text = await Deno.readTextFile(output);
  await Deno.writeTextFile(output, text.replaceAll(NPM, "$1$2$3$1"));
}

/** Bytes after gzip at its best. */
export async function gzippedBytes(path: string): Promise<number> {
  const { gzipSync } = await import("node:zlib");
  return gzipSync(await Deno.readFile(path), { level: 9 }).length;
}
