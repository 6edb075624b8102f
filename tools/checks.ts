/** One check of the project: a command that must succeed. */
export interface Check {
  /** What it checks, for people. */
  readonly title: string;
  /** Arguments of `deno`. */
  readonly args: readonly string[];
  /** True when it runs tests, whose counts are read from `--junit-path`. */
  readonly isTest?: boolean;
}

/** What a check came to. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Tests that were skipped, each with its name. */
  readonly skipped: readonly string[];
}

/** The folders that hold source. */
export const FOLDERS: readonly string[] = ["lib", "demo", "loadtest", "bench", "tools"];

/**
 * The checks in their order.
 *
 * @param entries The public entries of deno.json.
 * @param filter Files or folders whose unit tests run; all when empty.
 */
export function checksOf(entries: readonly string[], filter: readonly string[]): Check[] {
  return [
    { title: "format", args: ["fmt", "--check", "--quiet"] },
    { title: "lint, with the rules of the house", args: ["lint", "--quiet"] },
    { title: "types", args: ["check", "--quiet", "mod.ts", ...FOLDERS] },
    { title: "the README's examples", args: ["check", "--quiet", "--doc-only", "README.md"] },
    { title: "documentation of every public entry", args: ["doc", "--lint", ...entries] },
    {
      title: "documentation examples",
      args: ["test", "--doc", "--allow-all", "--quiet", ...entries],
      isTest: true,
    },
    {
      title: "tests",
      args: ["test", "--allow-all", "--quiet", ...(filter.length > 0 ? filter : FOLDERS)],
      isTest: true,
    },
    { title: "size, against its budget", args: ["run", "--allow-all", "tools/size/main.ts"] },
    { title: "publish, dry run", args: ["publish", "--dry-run", "--allow-dirty", "--quiet"] },
  ];
}

/** Reads the counts of a JUnit report as `deno test` writes it. */
export function readJunit(xml: string): Outcome {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const match of xml.matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const body = match[2] ?? "";
    if (body.includes("<failure") || body.includes("<error")) failed++;
    else if (body.includes("<skipped")) skipped.push(/name="([^"]*)"/.exec(match[1])?.[1] ?? "?");
    else passed++;
  }
  return { passed, failed, skipped };
}

/** The outcome of a check from its exit code and, for tests, its report. */
export function outcomeOf(check: Check, exitCode: number, xml: string | undefined): Outcome {
  if (check.isTest !== true) {
    return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: [] };
  }
  const outcome = xml === undefined ? { passed: 0, failed: 0, skipped: [] } : readJunit(xml);
  // A module that can't be loaded, a leak or no test at all is a failure that no test case shows.
  const isHidden = outcome.failed === 0 && (exitCode !== 0 || outcome.passed === 0);
  return isHidden ? { ...outcome, failed: 1 } : outcome;
}
