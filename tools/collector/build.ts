import { resolve } from "@std/path";
import { ROOT } from "../build/entries.ts";
import { BUILDER, manifestOf, VERSION } from "./manifest.ts";

/** Says why there is no collector here, and what would help: no Go, or modules out of reach. */
export class NoCollector extends Error {}

/** What the Go command says when it can't reach modules. */
const OUT_OF_REACH =
  /dial tcp|no such host|i\/o timeout|connection refused|403 Forbidden|proxyconnect/;

/** What a build is asked for. */
export interface BuildOptions {
  /** Parts beyond the usual ones, by name: `load-balancing`. */
  readonly more?: readonly string[];
  /** Where it is built; default the repository's .cache/collector. */
  readonly folder?: string;
  /** Hears what is being done. */
  readonly onProgress?: (text: string) => void;
  /** Ends the build. */
  readonly signal?: AbortSignal;
}

const PLACES = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];
/** The oldest Go that builds this collector. */
const GO_MINOR_MIN = 25;

/**
 * Gives the path of an OpenTelemetry Collector, which is built from its Go modules when it is not
 * there: OTLP receiver; batch, tail sampling and probabilistic sampler; file, debug and OTLP/HTTP
 * exporters. The first build takes about two minutes on two cores. Processes that ask at once build
 * it once.
 *
 * @throws {NoCollector} When Go is missing or too old, or its modules are out of reach.
 * @throws {Error} With the builder's words when it fails.
 */
export async function ensureCollector(options: BuildOptions = {}): Promise<string> {
  const more = [...options.more ?? []].sort();
  const folder = resolve(
    options.folder ?? resolve(ROOT, ".cache/collector"),
    [VERSION, ...more].join("-"),
  );
  const binary = resolve(folder, "collector");
  if (await isFile(binary)) return binary;
  const go = await findGo();
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}/lock`, { write: true, create: true });
  if (!await lock.tryLock(true)) {
    options.onProgress?.("another process is building the collector; waiting for it");
    await lock.lock(true);
  }
  // Whoever held the lock may have built it.
  if (await isFile(binary)) return binary;
  const builder = resolve(folder, "../bin/builder");
  if (!await isFile(builder)) {
    options.onProgress?.(`fetching the collector's builder, version ${VERSION}`);
    await run(go, ["install", BUILDER], { GOBIN: resolve(folder, "../bin") }, options.signal);
  }
  const source = resolve(folder, "source");
  await Deno.mkdir(source, { recursive: true });
  await Deno.writeTextFile(resolve(folder, "manifest.yaml"), manifestOf(source, more));
  options.onProgress?.("building the collector from its Go modules: one or two minutes, once");
  const env = { PATH: `${go.replace(/\/?go$/, "")}:${Deno.env.get("PATH") ?? ""}` };
  await run(builder, ["--config", resolve(folder, "manifest.yaml")], env, options.signal);
  await Deno.rename(resolve(source, "collector"), binary);
  await Deno.remove(source, { recursive: true });
  return binary;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** A Go that is new enough. */
async function findGo(): Promise<string> {
  const given = Deno.env.get("GO");
  const found: string[] = [];
  for (const place of given === undefined ? PLACES : [given]) {
    try {
      const { stdout } = await new Deno.Command(place, { args: ["env", "GOVERSION"] }).output();
      const version = new TextDecoder().decode(stdout).trim();
      const minor = Number(/^go1\.(\d+)/.exec(version)?.[1]);
      if (minor >= GO_MINOR_MIN) return place;
      found.push(`${place} is ${version}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new NoCollector(
    `Go 1.${GO_MINOR_MIN} or newer builds the collector; ${
      found.length === 0 ? "none is here" : found.join(", ")
    }. It is at https://go.dev/dl; GO names another place`,
  );
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const child = new Deno.Command(command, {
    args: [...args],
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  });
  const { success, stdout, stderr } = await child.output();
  if (success) return;
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const lines = text.trim().split("\n").filter((line) => !line.startsWith("go: downloading"));
  const reason = `${command} ${args.join(" ")} failed:\n${lines.slice(-8).join("\n")}`;
  throw OUT_OF_REACH.test(text) ? new NoCollector(reason) : new Error(reason);
}
