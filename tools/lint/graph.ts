import { dirname, fromFileUrl, relative, resolve } from "@std/path";

/** The repository's root. */
export const ROOT: string = resolve(dirname(fromFileUrl(import.meta.url)), "../..");

/** An import as it is written, and the file it names when that is one of the repository. */
export interface Import {
  /** What is written between the quotes. */
  readonly specifier: string;
  /** The file, relative to the root, with forward slashes. */
  readonly path: string | undefined;
}

const STATEMENT = /(?:^|[;}\s])(?:import|export)\s*(?:type\s+)?[^"';]*?from\s*["']([^"'\n]+)["']/g;
const SIDE_EFFECT = /(?:^|[;}\s])import\s*["']([^"'\n]+)["']/g;
const DYNAMIC = /\bimport\s*\(\s*["']([^"'\n]+)["']/g;

/** Finds the imports of a source text; comments are left out. Types count as any other. */
export function specifiersOf(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const found: string[] = [];
  for (const pattern of [STATEMENT, SIDE_EFFECT, DYNAMIC]) {
    for (const match of code.matchAll(pattern)) found.push(match[1]);
  }
  return found;
}

const cache = new Map<string, readonly Import[]>();

/** The imports of a file of the repository, read once. A file that is not there has none. */
export function importsOf(path: string): readonly Import[] {
  const known = cache.get(path);
  if (known !== undefined) return known;
  let source = "";
  try {
    source = Deno.readTextFileSync(resolve(ROOT, path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const imports = specifiersOf(source).map((specifier) => ({
    specifier,
    path: resolveSpecifier(path, specifier),
  }));
  cache.set(path, imports);
  return imports;
}

/** The file that a relative specifier names, relative to the root. */
export function resolveSpecifier(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return relativePath(resolve(ROOT, dirname(from), specifier));
}

/** A path as the rules name it: relative to the root, with forward slashes. */
export function relativePath(absolute: string): string {
  return relative(ROOT, absolute).replaceAll("\\", "/");
}

/** The way from `from` back to `to`, both included, or undefined when there is none. */
export function pathBetween(from: string, to: string): string[] | undefined {
  const seen = new Set<string>();
  const walk = (file: string): string[] | undefined => {
    if (file === to) return [file];
    if (seen.has(file)) return undefined;
    seen.add(file);
    for (const { path } of importsOf(file)) {
      const rest = path === undefined ? undefined : walk(path);
      if (rest !== undefined) return [file, ...rest];
    }
    return undefined;
  };
  return walk(from);
}

let reachable: ReadonlySet<string> | undefined;

/** Every file that is loaded when mod.ts is imported. */
export function reachableFromMod(): ReadonlySet<string> {
  if (reachable !== undefined) return reachable;
  const seen = new Set<string>();
  const walk = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path } of importsOf(file)) if (path !== undefined) walk(path);
  };
  walk("mod.ts");
  return reachable = seen;
}
