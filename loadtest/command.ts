import { parseArgs } from "@std/cli/parse-args";
import { type Arm, ArmsFileError, readArms } from "./arms/arm.ts";
import { ARMS, USUAL_ARMS } from "./arms/arms.ts";
import { type Plan, planSchema } from "./model/model.ts";
import { type Preset, PRESETS } from "./plan/plan.ts";

/** A command line that can't be taken. */
export class UsageError extends Error {}

const NAMES = ARMS.map(({ name }) => name);

const FLAGS: Readonly<Record<string, "text" | "flag">> = {
  "preset": "text",
  "arms": "text",
  "arms-file": "text",
  "path": "text",
  "load": "text",
  "driver": "text",
  "rate": "text",
  "connections": "text",
  "design": "text",
  "slot-ms": "text",
  "seconds": "text",
  "half-width": "text",
  "delta": "text",
  "seed": "text",
  "out": "text",
  "rate-per-month": "text",
  "prices": "text",
  "json": "flag",
  "force": "flag",
  "help": "flag",
};

/** The text of `--help`. */
export const HELP = `Measures what logging and tracing cost: on the demo's shop, or on your service.

  deno task loadtest                 at least a million requests, about six minutes
  deno task loadtest plan            what a run would do, how long it takes, what it can find
  deno task loadtest analyse DIR     compares what is in a folder of results again
  deno task loadtest report DIR      writes its report.html again
  deno task loadtest resume DIR      goes on with a run that was ended or has died
  deno task loadtest compare A B     holds a run against another; exit code 1: an arm costs more
  deno task loadtest hand-over       the same plan for k6 on many machines: --help
  deno task loadtest merge FILE…     what k6 processes have left, as one test: --help
  deno task loadtest k6-memory       what k6 holds after two million requests
  deno task loadtest sampling        which sampling strategy: its cost, and what it hides

      --preset smoke|standard|full   20 s, a million requests, ten million (standard)
      --arms A,B                     some of: ${NAMES.join(", ")}; or all
      --arms-file FILE               arms of your own: modules or commands (see the README)
      --path PATH                    what is asked (/products/tea)
      --load open|closed             requests by chance at a rate, or as fast as answered (open)
      --driver autocannon|k6|both    what sends them; both: one beside the other (autocannon)
      --rate N                       requests a second of the open loop (6000)
      --connections N                (32)
      --design slots|duet|both       one arm at a time, an arm beside the first, or both (slots)
      --slot-ms N                    the length of a slot
      --seconds N                    stop after so long, whatever the preset says
      --half-width N                 stop when every interval is within ± N µs
      --delta N                      an effect within ± N µs counts as none (2)
      --seed N                       the order of the arms (1)
      --prices FILE                  prices of CPU and bytes, for the report (see the README)
      --rate-per-month N             requests a month, for the report's costs
      --out FOLDER                   where results go (results/)
      --force                        exit code 0 though the gate says no; the numbers are marked
      --json                         the comparison as JSON

Ctrl-C ends it and compares what was measured. Exit code 3: not trustworthy, with the reason.`;

/** A command line that was taken. */
export interface Command {
  readonly name: "run" | "plan" | "analyse" | "report" | "resume" | "compare" | "help";
  /** The folders that it names. */
  readonly folders: readonly string[];
  readonly given: Readonly<Record<string, string | undefined>>;
  readonly out: string;
  readonly isJson: boolean;
  readonly isForced: boolean;
}

/** How many folders each command takes. */
const COMMANDS: Readonly<Record<Exclude<Command["name"], "help">, number>> = {
  run: 0,
  plan: 0,
  analyse: 1,
  report: 1,
  resume: 1,
  compare: 2,
};

/**
 * Reads a command line.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export function commandOf(args: readonly string[]): Command {
  const names = Object.keys(FLAGS);
  const parsed = parseArgs([...args], {
    boolean: names.filter((name) => FLAGS[name] === "flag"),
    string: ["_", ...names.filter((name) => FLAGS[name] === "text")],
    alias: { h: "help" },
  }) as Record<string, unknown> & { _: unknown[] };
  const unknown = Object.keys(parsed)
    .find((name) => name !== "_" && name !== "h" && !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Unknown flag --${unknown}; allowed are ${names.map((name) => `--${name}`).join(", ")}`,
    );
  }
  const [word = "run", ...folders] = parsed._.map(String);
  const common = {
    given: parsed as Record<string, string | undefined>,
    out: String(parsed.out ?? "results"),
    isJson: parsed.json === true,
    isForced: parsed.force === true,
  };
  if (parsed.help === true) return { name: "help", folders: [], ...common };
  if (!Object.hasOwn(COMMANDS, word)) {
    throw new UsageError(`Unknown ${word}; allowed are ${Object.keys(COMMANDS).join(", ")}`);
  }
  const name = word as keyof typeof COMMANDS;
  if (folders.length !== COMMANDS[name]) {
    throw new UsageError(
      `${name} has ${folders.length} folders, allowed are ${COMMANDS[name]}: see --help`,
    );
  }
  return { name, folders, ...common };
}

/** A plan and the arms that it names. */
export interface Planned {
  readonly plan: Plan;
  readonly arms: readonly Arm[];
}

/** The arms of a file, or the shop's. */
export async function armsFrom(file: string | null): Promise<readonly Arm[]> {
  return file === null ? ARMS : (await readArms(file)).arms;
}

/**
 * Makes the plan of a command line.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export async function planFrom({ given }: Command): Promise<Planned> {
  const preset = String(given.preset ?? "standard");
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new UsageError(`--preset is ${preset}, allowed are ${Object.keys(PRESETS).join(", ")}`);
  }
  const base = PRESETS[preset as Preset];
  const armsFile = given["arms-file"] ?? null;
  const { arms, path } = await readList(armsFile);
  const names = arms.map(({ name }) => name);
  const usual = armsFile === null ? USUAL_ARMS : names;
  const chosen = given.arms === undefined
    ? usual
    : given.arms === "all"
    ? names
    : given.arms.split(",");
  const stranger = chosen.find((arm) => !names.includes(arm));
  if (stranger !== undefined) {
    throw new UsageError(`--arms has ${JSON.stringify(stranger)}, allowed are ${names.join(", ")}`);
  }
  const number = (name: string, otherwise: number) =>
    given[name] === undefined ? otherwise : Number(given[name]);
  const result = planSchema.safeParse({
    version: 2,
    preset,
    ...base,
    seed: number("seed", 1),
    // The first and the first again are always there: without them there is nothing to compare with.
    arms: [...new Set([names[0], names[1], ...chosen])],
    armsFile,
    path: given.path ?? path ?? (armsFile === null ? "/products/tea" : "/"),
    load: given.load ?? "open",
    driver: given.driver ?? "autocannon",
    ratePerS: number("rate", 6000),
    connections: number("connections", 32),
    design: given.design ?? (preset === "full" ? "both" : "slots"),
    slotMs: number("slot-ms", base.slotMs),
    maxSeconds: number("seconds", base.maxSeconds),
    halfWidthUs: given["half-width"] === undefined ? null : Number(given["half-width"]),
    deltaUs: number("delta", 2),
  });
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new UsageError(`${issue.path.join(".")}: ${issue.message}`);
  }
  return { plan: result.data, arms };
}

async function readList(file: string | null) {
  if (file === null) return { arms: ARMS, path: undefined };
  try {
    return await readArms(file);
  } catch (error) {
    throw error instanceof ArmsFileError ? new UsageError(error.message) : error;
  }
}
