import { fromFileUrl, relative, resolve } from "@std/path";
import { build, stop } from "esbuild";
import { bundle, gzippedBytes } from "../build/bundle.ts";
import { ROOT } from "../build/entries.ts";
import { type Case, CASES } from "./cases.ts";

/** What a case weighs. */
export interface Size {
  readonly name: string;
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
  readonly limitBytes?: number;
  readonly goalBytes?: number;
  readonly isOver: boolean;
  /** Minified bytes by module, the largest first; empty for rivals. */
  readonly modules: Readonly<Record<string, number>>;
}

/** Weighs every case. */
export async function sizes(cases: readonly Case[] = CASES): Promise<Size[]> {
  const folder = await Deno.makeTempDir({ dir: ROOT, prefix: ".size-" });
  try {
    const all = await Promise.all(
      cases.map((one, index) => weigh(one, resolve(folder, String(index)))),
    );
    return cases.map(({ without }, index) => besides(all[index], all, without));
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a size is besides that of another case. */
function besides(size: Size, all: readonly Size[], without: string | undefined): Size {
  const base = all.find(({ name }) => name === without);
  const gzipped = size.gzippedBytes - (base?.gzippedBytes ?? 0);
  return {
    ...size,
    minifiedBytes: size.minifiedBytes - (base?.minifiedBytes ?? 0),
    gzippedBytes: gzipped,
    isOver: size.limitBytes !== undefined && gzipped > size.limitBytes,
    modules: Object.fromEntries(
      Object.entries(size.modules)
        .map(([path, bytes]): [string, number] => [path, bytes - (base?.modules[path] ?? 0)])
        .filter(([, bytes]) => bytes !== 0),
    ),
  };
}

async function weigh(one: Case, path: string): Promise<Size> {
  const { name, source, limitBytes, goalBytes, isRival = false } = one;
  await Deno.writeTextFile(`${path}.ts`, source);
  const [modules] = await Promise.all([
    isRival ? {} : modulesOf(source),
    bundle(`${path}.ts`, `${path}.js`, { isMinified: true, hasPackages: isRival }),
  ]);
  return {
    name,
    minifiedBytes: (await Deno.stat(`${path}.js`)).size,
    gzippedBytes: await gzippedBytes(`${path}.js`),
    limitBytes,
    goalBytes,
    isOver: false,
    modules,
  };
}

/** Minified bytes of each module that has any, as esbuild counts them: `deno bundle` is esbuild. */
async function modulesOf(source: string): Promise<Record<string, number>> {
  const { metafile } = await build({
    // esbuild knows paths, not URLs.
    stdin: {
      contents: source.replaceAll(/"(file:[^"]+)"/g, (_, url) => JSON.stringify(fromFileUrl(url))),
      loader: "ts",
      resolveDir: ROOT,
      sourcefile: "the case itself",
    },
    bundle: true,
    minify: true,
    format: "esm",
    metafile: true,
    write: false,
    outdir: ROOT,
    absWorkingDir: ROOT,
    external: ["npm:*"],
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  return Object.fromEntries(
    Object.entries(output.inputs)
      .map(([path, { bytesInOutput }]): [string, number] => [
        relative(ROOT, resolve(ROOT, path)).replaceAll("\\", "/"),
        bytesInOutput,
      ])
      .filter(([, bytes]) => bytes > 0)
      .sort(([, a], [, b]) => b - a),
  );
}
