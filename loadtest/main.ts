/** `deno task loadtest`: what logging and tracing cost, with intervals. */
import { parseArgs } from "@std/cli/parse-args";
import { resolve } from "@std/path";
import { ARMS } from "./arms/arms.ts";
import { type Plan, planSchema } from "./model/model.ts";
import { type Preset, PRESETS } from "./plan/plan.ts";
import { TooFewBlocks } from "./report/compare.ts";
import { tableOf } from "./report/table.ts";
import { type Progress, runPlan } from "./run.ts";

const NAMES = ARMS.map(({ name }) => name);
const FLAGS = [
  "preset",
  "seed",
  "slot-ms",
  "connections",
  "path",
  "arms",
  "seconds",
  "out",
  "json",
  "help",
];
const HELP = `Measures what logging and tracing cost on the demo's shop.

  deno task loadtest                 at least a million requests
      --preset smoke|standard|full   20 s, a million requests, ten million (standard)
      --arms A,B                     some of: ${NAMES.join(", ")}
      --path PATH                    what is asked of the gateway (/products/tea)
      --slot-ms N  --connections N   the length of a slot, connections in a slot (10)
      --seconds N                    stop after so long, whatever the preset says
      --seed N                       the order of the arms (1)
      --out FOLDER                   where results go (results/)
      --json                         the comparison as JSON

Ctrl-C ends it and compares what was measured. Exit code 3: not trustworthy, with the reason.`;

/** A command line that can't be taken. */
class UsageError extends Error {}

function planFrom(args: readonly string[]): { plan: Plan; out: string; isJson: boolean } {
  const given = parseArgs([...args], {
    boolean: ["json", "help"],
    string: FLAGS.filter((name) => name !== "json" && name !== "help"),
  }) as Record<string, unknown> & { _: unknown[] };
  const unknown = Object.keys(given).find((name) => name !== "_" && !FLAGS.includes(name));
  if (unknown !== undefined || given._.length > 0) {
    throw new UsageError(
      `Unknown ${unknown === undefined ? given._[0] : `flag --${unknown}`}; allowed are ${
        FLAGS.map((name) => `--${name}`).join(", ")
      }`,
    );
  }
  const preset = String(given.preset ?? "standard");
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new UsageError(`--preset is ${preset}, allowed are ${Object.keys(PRESETS).join(", ")}`);
  }
  const arms = given.arms === undefined ? NAMES : String(given.arms).split(",");
  const stranger = arms.find((arm) => !NAMES.includes(arm));
  if (stranger !== undefined) {
    throw new UsageError(`--arms has ${JSON.stringify(stranger)}, allowed are ${NAMES.join(", ")}`);
  }
  const base = PRESETS[preset as Preset];
  const result = planSchema.safeParse({
    version: 1,
    preset,
    ...base,
    seed: Number(given.seed ?? 1),
    // Off is always there: without it there is nothing to compare with.
    arms: [...new Set(["off", "off again", ...arms])],
    slotMs: Number(given["slot-ms"] ?? base.slotMs),
    connections: Number(given.connections ?? 10),
    maxSeconds: Number(given.seconds ?? base.maxSeconds),
    path: String(given.path ?? "/products/tea"),
  });
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new UsageError(`${issue.path.join(".")}: ${issue.message}`);
  }
  return { plan: result.data, out: String(given.out ?? "results"), isJson: given.json === true };
}

function showProgress({ requests, blocks, seconds, secondsLeft }: Progress): void {
  const text = `${requests.toLocaleString("en")} requests, ${blocks} blocks, ` +
    `${seconds.toFixed(0)} s, about ${secondsLeft.toFixed(0)} s left`;
  if (Deno.stderr.isTerminal()) {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\u001b[2K${text}`));
  } else if (blocks % 50 === 0) console.error(text);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const { plan, out, isJson } = planFrom(args);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-").slice(0, 19);
  const folder = resolve(out, `${stamp}-${plan.preset}`);
  await Deno.mkdir(folder, { recursive: true });
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(resolve(folder, name), JSON.stringify(value, null, 2) + "\n");
  await write("plan.json", plan);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    const comparison = await runPlan(plan, folder, stopping.signal, showProgress);
    if (Deno.stderr.isTerminal()) console.error();
    await write("comparison.json", comparison);
    console.log(isJson ? JSON.stringify(comparison, null, 2) : tableOf(comparison).join("\n"));
    if (!isJson) console.log(`\nResults in ${out}/${stamp}-${plan.preset}`);
    return comparison.isTrustworthy ? 0 : 3;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(error.message);
      Deno.exit(2);
    }
    if (!(error instanceof TooFewBlocks)) throw error;
    console.error(`${error.message}; the samples are kept`);
    Deno.exit(3);
  }
}
