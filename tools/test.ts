/** Runs every check of the project; the last line is `N passed, N failed`. */
import { dirname, fromFileUrl, resolve } from "@std/path";
import { type Check, checksOf, type Outcome, outcomeOf } from "./checks.ts";

const HELP = `Runs every check: format, lint, types, documentation, tests, publish dry run.

  deno task test                 everything
  deno task test lib/trace       the checks, and the unit tests of these files or folders alone
  deno task test --help          this text

The last line is "N passed, N failed"; the exit code is 1 when anything failed.`;

const ROOT = resolve(dirname(fromFileUrl(import.meta.url)), "..");

async function run(check: Check): Promise<Outcome> {
  const reportPath = await Deno.makeTempFile({ prefix: "sextant-junit-", suffix: ".xml" });
  const [command, ...rest] = check.args;
  const args = check.isTest ? [command, `--junit-path=${reportPath}`, ...rest] : [...check.args];
  const startMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    const { code, stdout, stderr } = await child.output();
    const xml = check.isTest ? await Deno.readTextFile(reportPath) : undefined;
    const outcome = outcomeOf(check, code, xml);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const label = outcome.failed > 0 ? "FAILED" : "ok";
    console.log(`${label.padEnd(7)}${check.title} (${seconds} s)`);
    if (outcome.failed > 0) {
      await Deno.stdout.write(failuresOf(stdout));
      await Deno.stdout.write(stderr);
    }
    for (const name of outcome.skipped) console.log(`       skipped: ${name}`);
    return outcome;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
    await Deno.remove(reportPath);
  }
}

/** What failed: of a test run's output the part from its errors on, of any other all. */
function failuresOf(output: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(output);
  const at = text.lastIndexOf(" ERRORS ");
  return at < 0 ? output : new TextEncoder().encode(text.slice(at));
}

async function publicEntries(): Promise<string[]> {
  const { exports } = JSON.parse(await Deno.readTextFile(resolve(ROOT, "deno.json")));
  return Object.values(exports as Record<string, string>);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const unknown = args.find((arg) => arg.startsWith("-"));
  if (unknown !== undefined) {
    console.error(`Unknown flag ${unknown}; allowed are --help and files or folders.`);
    return 2;
  }
  let passed = 0;
  let failed = 0;
  for (const check of checksOf(await publicEntries(), args)) {
    const outcome = await run(check);
    passed += outcome.passed;
    failed += outcome.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
