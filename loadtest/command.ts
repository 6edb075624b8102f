import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
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
  "rivals": "flag",
  "target": "text",
  "plan": "text",
  "save": "text",
  "driver": "text",
  "curve": "text",
  "path": "text",
  "load": "text",
  "rate": "text",
  "connections": "text",
  "design": "text",
  "order": "text",
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
  deno task loadtest --preset soak   memory over time: --preset soak --help says how
  deno task loadtest sampling        which sampling strategy: its cost, and what it hides

What is measured:
      --preset smoke|standard|full   20 s, a million requests, ten million (standard)
      --arms A,B                     some of: ${NAMES.join(", ")}; or all
      --target FILE                  a module of yours with a fetch handler, instead of the shop:
                                     the arms are put around it
      --arms-file FILE               arms of your own: modules or commands (see loadtest/README.md)
      --rivals                       OpenTelemetry's SDK, Deno's telemetry, pino and LogTape
      --path PATH                    what is asked (/products/tea)
How:
      --load open|closed             requests by chance at a rate, or as fast as answered (of
                                     standard and full on the shop closed, else and by k6 open)
      --rate N                       requests a second of the open loop (3000)
      --curve N,N,saturated          other rates, and as much as is answered; or none
      --connections N                (32)
      --driver autocannon|k6|both    what sends them; both: one beside the other (autocannon)
      --design slots|duet|both       one arm at a time, an arm beside the first, or both
      --order random|fixed           of the arms; fixed shows what a drift then does (random)
      --slot-ms N                    the length of a slot
      --seed N                       of the order and of the arrivals (1)
      --save FILE                    with plan: writes it
      --plan FILE                    runs a plan that was written
How long:
      --seconds N                    stop after so long, whatever the preset says
      --half-width N                 stop when every interval is within ± N µs
      --delta N                      an effect within ± N µs counts as none (2)
What comes out:
      --prices FILE                  prices of CPU and bytes, for the report (see loadtest/README.md)
      --rate-per-month N             requests a month, for the report's costs
      --out FOLDER                   where results go (results/)
      --force                        shows numbers that the gate refuses, marked; exit code 0
      --json                         the comparison as JSON

Where it may (Linux, as root), the processes of this session are preferred to all others meanwhile.
Ctrl-C ends it and compares what was measured. Exit codes: 0 measured and trusted, 1 compare: an
arm costs more, 2 the command line, 3 not trustworthy, with the reason and what to change.`;

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

/** The arms that are held against each other by `--rivals`. */
const RIVALS = fromFileUrl(new URL("./rivals/arms.json", import.meta.url));

/**
 * Makes the plan of a command line, or reads the one that it names.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export async function planFrom({ given }: Command): Promise<Planned> {
  if (given.plan !== undefined) return await readPlan(given.plan);
  const preset = given.preset ?? "standard";
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new UsageError(`--preset is ${preset}, allowed are ${Object.keys(PRESETS).join(", ")}`);
  }
  const base = PRESETS[preset as Preset];
  const armsFile = given["arms-file"] ?? (given.rivals ? RIVALS : null);
  const target = given.target ?? null;
  if (armsFile !== null && target !== null) {
    throw new UsageError("--target is with the built-in arms; with --arms-file name it there");
  }
  const { arms, path } = await readList(armsFile);
  const names = arms.map(({ name }) => name);
  const driver = given.driver ?? "autocannon";
  const number = (name: string, otherwise: number) =>
    given[name] === undefined ? otherwise : Number(given[name]);
  // A rate is one of an open loop; and where the shop is not asked, or by k6, which takes as long as
  // the shop itself, a closed loop would have the generator saturated first.
  const isPresets = given.rate === undefined && armsFile === null && target === null &&
    driver === "autocannon";
  const plan = planOf({
    version: 5,
    preset,
    ...base,
    driver,
    seed: number("seed", 1),
    arms: chosenArms(given.arms, names, armsFile === null ? USUAL_ARMS : names),
    armsFile,
    target,
    path: given.path ?? path ?? (armsFile === null && target === null ? "/products/tea" : "/"),
    load: given.load ?? (isPresets ? base.load : "open"),
    ratePerS: number("rate", base.ratePerS),
    curve: curveOf(given.curve) ?? base.curve,
    connections: number("connections", 32),
    design: given.design ?? base.design,
    order: given.order ?? "random",
    slotMs: number("slot-ms", base.slotMs),
    maxSeconds: number("seconds", base.maxSeconds),
    halfWidthUs: given["half-width"] === undefined ? null : Number(given["half-width"]),
    deltaUs: number("delta", 2),
  });
  return { plan, arms };
}

function chosenArms(
  given: string | undefined,
  names: readonly string[],
  usual: readonly string[],
): string[] {
  const chosen = given === undefined ? usual : given === "all" ? names : given.split(",");
  const stranger = chosen.find((arm) => !names.includes(arm));
  if (stranger !== undefined) {
    throw new UsageError(`--arms has ${JSON.stringify(stranger)}, allowed are ${names.join(", ")}`);
  }
  // The first and the first again are always there: without them there is nothing to compare with.
  return [...new Set([names[0], names[1], ...chosen])];
}

function curveOf(given: string | undefined): (number | "saturated")[] | undefined {
  if (given === undefined) return undefined;
  return given === "none"
    ? []
    : given.split(",").map((one) => one === "saturated" ? one : Number(one));
}

/** Checks a plan as a whole. */
function planOf(given: unknown): Plan {
  const result = planSchema.safeParse(given);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new UsageError(`${issue.path.join(".")}: ${issue.message}`);
  }
  return result.data;
}

/** Reads a plan that `plan --save` has written. */
async function readPlan(file: string): Promise<Planned> {
  let given: unknown;
  try {
    given = JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    throw new UsageError(`--plan ${file}: ${(error as Error).message}`);
  }
  try {
    const plan = planOf(given);
    const arms = await armsFrom(plan.armsFile);
    chosenArms(plan.arms.join(","), arms.map(({ name }) => name), []);
    return { plan, arms };
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`--plan ${file}: ${error.message}`) : error;
  }
}

async function readList(file: string | null) {
  if (file === null) return { arms: ARMS, path: undefined };
  try {
    return await readArms(file);
  } catch (error) {
    throw error instanceof ArmsFileError ? new UsageError(error.message) : error;
  }
}
