/** Where our k6 is, and how it is made. */
import { dirname, fromFileUrl, resolve } from "@std/path";

/** The extension's Go module. */
export const MODULE_FOLDER = fromFileUrl(new URL("../xk6-sextant", import.meta.url));

/** Where `deno task k6:build` puts k6. */
export const K6_PATH = resolve(MODULE_FOLDER, "../../.cache/k6");

/** The k6 that xk6 builds; go.mod has the same. */
export const K6_VERSION = "v2.2.0";

/** The least Go that k6 is built with. */
export const GO_MIN: readonly [number, number] = [1, 25];

/** k6 or what builds it is not there, or too old; the message says what to do. */
export class K6MissingError extends Error {}

/** Runs a command to its end; undefined when there is no such program. */
export async function outputOf(
  program: string,
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<{ code: number; out: string; err: string } | undefined> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      ...options,
      args: [...args],
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Places where Go is put when it is not on PATH. */
const GO_PLACES = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];

/** Where Go is looked for: what GO names, or the usual places. */
function goPlaces(): readonly string[] {
  const given = Deno.env.get("GO");
  return given === undefined ? GO_PLACES : [given];
}

/**
 * The Go on this machine.
 *
 * @throws {K6MissingError} When there is none, or it is older than k6 takes.
 */
export async function goProgram(places: readonly string[] = goPlaces()): Promise<string> {
  const [major, minor] = GO_MIN;
  const needed =
    `k6 ${K6_VERSION} needs Go ${major}.${minor} or newer: https://go.dev/dl; GO names one elsewhere`;
  for (const program of places) {
    // The toolchain that is there, not one that it would fetch for the module's go line.
    const version = await outputOf(program, ["env", "GOVERSION"], {
      env: { GOTOOLCHAIN: "local" },
      cwd: dirname(MODULE_FOLDER),
    });
    if (version === undefined) continue;
    const found = /go(\d+)\.(\d+)/.exec(version.out)?.slice(1).map(Number);
    if (found === undefined) {
      throw new K6MissingError(`${program} does not say its version: ${version.err}; ${needed}`);
    }
    if (found[0] < major || (found[0] === major && found[1] < minor)) {
      throw new K6MissingError(`${program} is ${version.out.trim()}, too old; ${needed}`);
    }
    return program;
  }
  throw new K6MissingError(`Go is not there (${places.join(", ")}); ${needed}`);
}

/**
 * Our k6.
 *
 * @param path The program; `K6_BINARY` or where the build puts it when it is left out.
 * @throws {K6MissingError} When it is not there, or is a k6 without the extension.
 */
export async function k6Program(path?: string): Promise<string> {
  const program = path ?? Deno.env.get("K6_BINARY") ?? K6_PATH;
  const version = await outputOf(program, ["version"], { env: K6_ENV });
  if (version === undefined) {
    throw new K6MissingError(`${program} is not there: build it with deno task k6:build`);
  }
  if (version.code !== 0 || !version.out.includes("k6/x/sextant")) {
    throw new K6MissingError(
      `${program} is a k6 without k6/x/sextant: build one with deno task k6:build`,
    );
  }
  return program;
}

/** What every k6 of ours is started with: it looks for no extensions, and reports nothing. */
export const K6_ENV: Readonly<Record<string, string>> = {
  K6_AUTO_EXTENSION_RESOLUTION: "false",
  K6_NO_USAGE_REPORT: "true",
};
