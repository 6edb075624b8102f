import { parseArgs } from "@std/cli/parse-args";
import { resolve, toFileUrl } from "@std/path";
import type { EqualBy } from "./calibrate.ts";
import type { Experiment } from "./experiment.ts";
import { StrategiesError, userStrategies } from "./specs.ts";
import type { Strategy } from "./strategy.ts";
import { type World, worldSchema } from "./world.ts";

/** A command line that can't be taken. */
export class UsageError extends Error {}

/** The text of `--help`. */
export const HELP =
  `Replays streams of traces with known truth through every sampling strategy of the library,
each set to the same budget: what it costs, and what one still sees.

  deno task loadtest sampling                  60,000 traces of four seeds, about two minutes
  deno task loadtest sampling recommend        a configuration for a rate and a budget, and what it
                                               will miss; exit code 1: what must be seen is too much
      --rate 2000/s --budget 5GB/day           (both are needed)
      --must-see errors,rare,slow              what is kept whatever it costs (errors); "" for nothing
      --slow-ms N                              what "slow" is (250)
      --decide process|services                where tails decide (in each service)
  deno task loadtest sampling live             the same strategies as arms of the load test: what the
                                               sink received, beside what a replay predicted
      --preset smoke|standard                  half a minute, or about seven minutes (standard)
      --budgets A                              the part that each keeps (0.1)

      --traces N         traces of a seed; estimates are made for 10,000 at a time (60000)
      --seeds A,B        (1,2,3,4)
      --budgets A,B      parts of what "always on" takes (0.01,0.05,0.2)
      --equal bytes|spans  what budgets are equal in (bytes)
      --world FILE       what the simulated services are like, as JSON; see --print-world
      --print-world      that of the defaults
      --capture FILE     your own traces in its place: a file of the OpenTelemetry Collector's file
                         exporter, JSON or protobuf, plain or zstd
      --strategies FILE  a module whose default export is a list of strategies of your own
      --workers N        replays at a time (one for each core, at most 8)
      --out FOLDER       where results go (results/)
      --json             the results as JSON

loadtest/sampling/examples has strategies of one's own, and two that lie. Ctrl-C ends a run and shows
what there is.`;

const TEXT_FLAGS = [
  "rate",
  "budget",
  "must-see",
  "slow-ms",
  "decide",
  "preset",
  "traces",
  "seeds",
  "budgets",
  "equal",
  "world",
  "capture",
  "strategies",
  "workers",
  "out",
];
const SWITCHES = ["print-world", "json", "help"];
const WORDS = ["recommend", "live"];

/** What was given. */
export type Given = Readonly<Record<string, string | undefined>>;

/** A command line that was taken. */
export interface SamplingCommand {
  readonly word: "replay" | "recommend" | "live" | "help" | "print-world";
  readonly given: Given;
  readonly isJson: boolean;
}

/**
 * Reads a command line.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export function commandFrom(args: readonly string[]): SamplingCommand {
  const parsed = parseArgs([...args], {
    boolean: SWITCHES,
    string: ["_", ...TEXT_FLAGS],
    alias: { h: "help" },
  }) as Record<string, unknown> & { _: unknown[] };
  const allowed = [...TEXT_FLAGS, ...SWITCHES];
  const unknown = Object.keys(parsed)
    .find((name) => name !== "_" && name !== "h" && !allowed.includes(name));
  if (unknown !== undefined) {
    const list = allowed.map((name) => `--${name}`).join(", ");
    throw new UsageError(`Unknown flag --${unknown}; allowed are ${list}`);
  }
  const common = { given: parsed as Given, isJson: parsed.json === true };
  if (parsed.help === true) return { word: "help", ...common };
  if (parsed["print-world"] === true) return { word: "print-world", ...common };
  const [word, ...more] = parsed._.map(String);
  if ((word !== undefined && !WORDS.includes(word)) || more.length > 0) {
    throw new UsageError(
      `Unknown ${[word, ...more].join(" ")}; allowed are ${WORDS.join(", ")}, or nothing`,
    );
  }
  return { word: (word ?? "replay") as SamplingCommand["word"], ...common };
}

/**
 * What is to be replayed.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export async function experimentFrom(given: Given, signal: AbortSignal): Promise<Experiment> {
  const equal = given.equal ?? "bytes";
  if (equal !== "bytes" && equal !== "spans") {
    throw new UsageError(`--equal is ${equal}, allowed are bytes and spans`);
  }
  const moreUrl = given.strategies === undefined
    ? undefined
    : toFileUrl(resolve(given.strategies)).href;
  return {
    world: await worldFrom(given.world),
    capture: given.capture,
    traces: positive("traces", given.traces ?? "60000"),
    seeds: (given.seeds ?? "1,2,3,4").split(",").map((one) => positive("seeds", one)),
    budgets: budgetsFrom(given.budgets ?? "0.01,0.05,0.2"),
    equalBy: equal as EqualBy,
    more: moreUrl === undefined ? [] : await strategiesFrom(given.strategies!, moreUrl),
    moreUrl,
    workers: positive("workers", given.workers ?? String(navigator.hardwareConcurrency)),
    signal,
    onProgress: progress(),
  };
}

/**
 * Parts of the whole.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export function budgetsFrom(text: string): number[] {
  return text.split(",").map((one) => {
    const part = Number(one);
    if (part > 0 && part <= 1) return part;
    throw new UsageError(`--budgets has ${one}, allowed are parts above 0 up to 1`);
  });
}

/**
 * A whole number.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`--${name} is ${text}, allowed are whole numbers above 0`);
}

/** Tells how far it is: on the terminal's one line, or every ten seconds. */
export function progress(): (text: string) => void {
  const encoder = new TextEncoder();
  if (Deno.stderr.isTerminal()) {
    return (text) => void Deno.stderr.writeSync(encoder.encode(`\r\u001b[2K${text}`));
  }
  let toldMs = performance.now();
  return (text) => {
    if (performance.now() - toldMs < 10_000) return;
    toldMs = performance.now();
    console.error(text);
  };
}

async function worldFrom(path: string | undefined): Promise<World> {
  if (path === undefined) return worldSchema.parse({});
  let given: unknown;
  try {
    given = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new UsageError(`--world ${path}: ${(error as Error).message}`);
  }
  const result = worldSchema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UsageError(`--world ${path}: ${issue.path.join(".") || "it"}: ${issue.message}`);
}

async function strategiesFrom(path: string, url: string): Promise<readonly Strategy[]> {
  try {
    return await userStrategies(url);
  } catch (error) {
    if (!(error instanceof StrategiesError)) throw error;
    throw new UsageError(`--strategies ${path}: ${error.message}`);
  }
}
