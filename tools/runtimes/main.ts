/** `deno task test:runtimes`: one suite against the built modules in every runtime. */
import { parseArgs } from "@std/cli/parse-args";
import { build } from "../build/main.ts";
import { isGood, matrixOf, type Row } from "./matrix.ts";
import { inChromium } from "./runners/chromium.ts";
import { inBun, inDeno, inEdgeRuntime, inNode } from "./runners/process.ts";
import { MissingRuntime, type Runner } from "./runners/runner.ts";
import { inWorkerd } from "./runners/workerd.ts";
import { runtimeSink } from "./sink.ts";

/** Every runtime. */
export const RUNNERS: Readonly<Record<string, Runner>> = {
  deno: inDeno,
  node: inNode,
  bun: inBun,
  workerd: inWorkerd,
  "edge-runtime": inEdgeRuntime,
  chromium: inChromium,
};

const REQUESTS = 10_000;

const HELP = `Builds the modules and runs one suite against them in every runtime; then a loss test:
requests with errors, streams and clients that go away, the runtime ended afterwards. Every span
that was made must have arrived.

  deno task test:runtimes            every runtime
  deno task test:runtimes node bun   some of: ${Object.keys(RUNNERS).join(", ")}
      --requests N                   of the loss test (${REQUESTS})
      --no-build                     the modules are built already
      --json

Bun and edge-runtime come from npm, into .cache/runtimes; CHROMIUM names a browser of your own.`;

/** Runs the suite in some runtimes, one after the other. */
export async function testRuntimes(
  names: readonly string[],
  requests: number,
  onStart: (runtime: string) => void = () => {},
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const runtime of names) {
    onStart(runtime);
    const folder = await Deno.makeTempDir();
    const sink = runtimeSink();
    try {
      const result = await RUNNERS[runtime]({ folder, sink, requests });
      const [arrived, repeated] = [sink.spans(), sink.repeatedSpans()];
      rows.push({ runtime, requests, result, arrived, repeated });
    } catch (error) {
      if (!(error instanceof MissingRuntime)) throw error;
      const missing = `not here; ${error.message}`;
      rows.push({ runtime, requests, arrived: 0, repeated: 0, missing });
    } finally {
      await sink.close();
      await Deno.remove(folder, { recursive: true });
    }
  }
  return rows;
}

async function main(given: readonly string[]): Promise<number> {
  const wrong: string[] = [];
  const args = parseArgs([...given], {
    boolean: ["help", "json", "build"],
    string: ["requests"],
    negatable: ["build"],
    default: { build: true, requests: String(REQUESTS) },
    unknown: (arg: string) => {
      if (Object.hasOwn(RUNNERS, arg)) return true;
      wrong.push(arg);
      return false;
    },
  });
  if (args.help) {
    console.log(HELP);
    return 0;
  }
  const requests = Number(args.requests);
  if (!(requests >= 1) || !Number.isInteger(requests)) {
    wrong.push(`--requests ${args.requests}: allowed is a whole number from 1`);
  }
  if (wrong.length > 0) {
    console.error(`${wrong[0]} is not known; deno task test:runtimes --help says what is`);
    return 2;
  }
  if (args.build) {
    console.error("building the modules");
    await build();
  }
  const names = args._.length === 0 ? Object.keys(RUNNERS) : args._.map(String);
  const rows = await testRuntimes(names, requests, (runtime) => console.error(`in ${runtime}`));
  if (args.json) console.log(JSON.stringify(rows, null, 2));
  else for (const line of matrixOf(rows)) console.log(line);
  return rows.every(isGood) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
