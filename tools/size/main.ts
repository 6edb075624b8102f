/** `deno task size`: what the library weighs, minified and gzipped, by what is used of it. */
import { fromFileUrl } from "@std/path";
import { CASES } from "./cases.ts";
import { type Baseline, baselineOf, changesOf } from "./growth.ts";
import { type Size, sizes } from "./weigh.ts";

const HELP = `What the library weighs: bundled from the public entries by what is used of it,
minified, gzipped. Where something is over its limit the modules that grew since the saved
baseline are named, and the exit code is 1.

  deno task size                    the table
  deno task size --modules traces   with the modules of each case whose name has "traces"
  deno task size --json             everything, for programs
  deno task size --save             saves the baseline that growth is told from
  deno task size --help             this text

Goals are where it is to get to; limits are just above where it is, so that nothing grows unseen.`;

const BASELINE = fromFileUrl(new URL("./baseline.json", import.meta.url));
const MODULES_SHOWN = 12;

function kB(bytes: number | undefined): string {
  return (bytes === undefined ? "" : `${(bytes / 1000).toFixed(1)} kB`).padStart(9);
}

function printTable(all: readonly Size[], baseline: Baseline): void {
  console.log(`${"used".padEnd(44)} minified  gzipped   before    limit     goal`);
  for (const one of all) {
    const { name, minifiedBytes, gzippedBytes, limitBytes, goalBytes, isOver } = one;
    console.log(
      `${name.padEnd(44)}${kB(minifiedBytes)}${kB(gzippedBytes)}` +
        `${kB(baseline[name]?.gzippedBytes)}${kB(limitBytes)}${kB(goalBytes)}` +
        (isOver ? "  OVER ITS LIMIT" : ""),
    );
  }
}

function printModules({ name, modules }: Size): void {
  console.log(`\n${name}: minified bytes by module`);
  for (const [path, bytes] of Object.entries(modules)) {
    console.log(`${String(bytes).padStart(9)}  ${path}`);
  }
}

function printGrowth(size: Size, baseline: Baseline): void {
  const changes = changesOf(size, baseline);
  const over = size.gzippedBytes - size.limitBytes!;
  console.log(`\n${size.name} is ${over} bytes over its limit; minified bytes, before and now:`);
  for (const { path, beforeBytes, nowBytes } of changes.slice(0, MODULES_SHOWN)) {
    const change = nowBytes - beforeBytes;
    console.log(
      `${String(beforeBytes).padStart(9)} ${String(nowBytes).padStart(7)} ` +
        `${`${change > 0 ? "+" : ""}${change}`.padStart(7)}  ${path}`,
    );
  }
  if (changes.length === 0) console.log("  no module has changed since the baseline was saved");
}

/** Runs the command; gives its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [flag, name, ...more] = args;
  const isModules = flag === "--modules";
  const isKnown = flag === undefined || isModules || ["--json", "--save"].includes(flag);
  if (!isKnown || more.length > 0 || (name !== undefined && !isModules)) {
    console.log(HELP);
    return flag === "--help" || flag === "-h" ? 0 : 2;
  }
  if (name !== undefined && !CASES.some((one) => one.name.includes(name))) {
    console.error(`No case has ${JSON.stringify(name)} in its name; there are:`);
    for (const one of CASES) console.error(`  ${one.name}`);
    return 2;
  }
  const all = await sizes();
  const baseline: Baseline = JSON.parse(await Deno.readTextFile(BASELINE));
  const over = all.filter(({ isOver }) => isOver);
  if (flag === "--json") {
    const results = all.map((one) => ({ ...one, changes: changesOf(one, baseline) }));
    console.log(JSON.stringify(results, null, 2));
  } else {
    printTable(all, baseline);
    if (isModules) {
      all.filter((one) => one.name.includes(name ?? "")).forEach((one) => printModules(one));
    }
    for (const one of over) printGrowth(one, baseline);
  }
  if (flag === "--save") {
    await Deno.writeTextFile(BASELINE, `${JSON.stringify(baselineOf(all), null, 2)}\n`);
  }
  return over.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
