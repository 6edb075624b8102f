import { dirname, fromFileUrl, resolve } from "@std/path";

/** The repository. */
export const ROOT: string = resolve(dirname(fromFileUrl(import.meta.url)), "../..");
/** Where everything that is built goes. */
export const DIST: string = resolve(ROOT, "dist");

/** A public entry. */
export interface Entry {
  /** As it is imported: ".", "./hono". */
  readonly name: string;
  /** The source. */
  readonly source: string;
  /** The module that is built, relative to dist/: "sextant.js", "hono.js". */
  readonly output: string;
}

/** The entries of deno.json. */
export async function entries(): Promise<Entry[]> {
  const { exports } = JSON.parse(await Deno.readTextFile(resolve(ROOT, "deno.json"))) as {
    exports: Record<string, string>;
  };
  return Object.entries(exports).map(([name, source]) => ({
    name,
    source: resolve(ROOT, source),
    output: `${name === "." ? "sextant" : name.slice(2)}.js`,
  }));
}
