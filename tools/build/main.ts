/** `deno task build`: a module a file for every entry, with types and source maps, and the package. */
import { dirname, relative, resolve } from "@std/path";
import { bundle, gzippedBytes } from "./bundle.ts";
import { DIST, entries, ROOT } from "./entries.ts";
import { pack } from "./pack.ts";

const HELP = `Builds dist/: one ES module for every entry, with types (.d.ts, over those of all
modules in types/) and a source map, and the npm package (sextant.tgz).

  deno task build`;

/** Builds everything; gives the files with their sizes. */
export async function build(): Promise<{ readonly path: string; readonly bytes: number }[]> {
  await Deno.remove(DIST, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const built = [];
  for (const { source, output } of await entries()) {
    const path = resolve(DIST, output);
    await bundle(source, path, { hasSourceMap: true });
    await Deno.writeTextFile(path.replace(/js$/, "d.ts"), declarationsOf(source, path));
    built.push({ path, bytes: (await Deno.stat(path)).size });
  }
  const path = resolve(DIST, "sextant.tgz");
  await pack(path, resolve(DIST, "types"));
  built.push({ path, bytes: (await Deno.stat(path)).size });
  return built;
}

/** The types of a built entry: one set for all entries, so that their types are the same types. */
export function declarationsOf(source: string, output: string): string {
  const types = resolve(DIST, "types", relative(ROOT, source).replace(/\.ts$/, ".js"));
  const path = relative(dirname(output), types).replaceAll("\\", "/");
  return `export * from "${path.startsWith(".") ? path : `./${path}`}";\n`;
}

if (import.meta.main) {
  if (Deno.args.length > 0) {
    console.log(HELP);
    Deno.exit(Deno.args.includes("--help") ? 0 : 2);
  }
  for (const { path, bytes } of await build()) {
    const gzipped = path.endsWith(".js") ? `, ${kB(await gzippedBytes(path))} gzipped` : "";
    console.log(`${relative(ROOT, path).padEnd(28)} ${kB(bytes)}${gzipped}`);
  }
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
