/** `deno task loadtest sampling`: what a sampling strategy costs, and what it hides. */
import { parseArgs } from "@std/cli/parse-args";
import { resolve, toFileUrl } from "@std/path";
import { CaptureError } from "./capture.ts";
import { type Experiment, runSampling } from "./experiment.ts";
import { MUST_SEE, type MustSee, recommend } from "./recommend.ts";
import { samplingReport } from "./report.ts";
import type { Strategy } from "./strategy.ts";
import { tableOf } from "./table.ts";
import { type World, worldSchema } from "./world.ts";

const HELP = `Replays one stream of traces with known truth through every sampling strategy.

  deno task loadtest sampling                  100,000 traces of three seeds, about two minutes
  deno task loadtest sampling recommend        a configuration for a rate and a budget
      --rate 2000/s --budget 5GB/day           (both are needed)
      --must-see errors,rare,slow              what is kept whatever it costs (errors)
      --slow-ms N                              what "slow" is (250)

      --traces N         traces of a seed; estimates are made for 10,000 at a time (100000)
      --seeds A,B        (1,2,3)
      --budgets A,B      parts of the traces that are kept (0.01,0.05,0.2)
      --world FILE       what the simulated services are like, as JSON
      --capture FILE     your own traces in its place: OTLP in JSON lines, as the OpenTelemetry
                         Collector's file exporter writes them
      --strategies FILE  a module whose default export is a list of strategies of your own
      --out FOLDER       where results go (results/)
      --json             the results as JSON

Ctrl-C ends it and shows what there is.`;

const TEXT_FLAGS = [
  "rate",
  "budget",
  "must-see",
  "slow-ms",
  "traces",
  "seeds",
  "budgets",
  "world",
  "capture",
  "strategies",
  "out",
];

/** A command line that can't be taken. */
class UsageError extends Error {}

type Given = Readonly<Record<string, string | undefined>>;

/** Runs it; gives the exit code. */
export async function samplingMain(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CaptureError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const parsed = parseArgs([...args], {
    boolean: ["json", "help"],
    string: ["_", ...TEXT_FLAGS],
    alias: { h: "help" },
  }) as Record<string, unknown> & { _: unknown[] };
  if (parsed.help === true) {
    console.log(HELP);
    return 0;
  }
  const allowed = [...TEXT_FLAGS, "json", "help"];
  const unknown = Object.keys(parsed)
    .find((name) => name !== "_" && name !== "h" && !allowed.includes(name));
  if (unknown !== undefined) {
    const list = allowed.map((name) => `--${name}`).join(", ");
    throw new UsageError(`Unknown flag --${unknown}; allowed are ${list}`);
  }
  const [word, ...more] = parsed._.map(String);
  if ((word !== undefined && word !== "recommend") || more.length > 0) {
    throw new UsageError(`Unknown ${[word, ...more].join(" ")}; allowed is recommend, or nothing`);
  }
  const given = parsed as Given;
  const isJson = parsed.json === true;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  try {
    const experiment = await experimentOf(given, stopping.signal);
    return word === "recommend"
      ? await showRecommendation(given, experiment, isJson)
      : await showResults(given, experiment, isJson);
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
  }
}

async function experimentOf(given: Given, signal: AbortSignal): Promise<Experiment> {
  return {
    world: await worldFrom(given.world),
    capture: given.capture,
    traces: positive("traces", given.traces ?? "100000"),
    seeds: (given.seeds ?? "1,2,3").split(",").map((one) => positive("seeds", one)),
    budgets: (given.budgets ?? "0.01,0.05,0.2").split(",").map((one) => {
      const part = Number(one);
      if (part > 0 && part <= 1) return part;
      throw new UsageError(`--budgets has ${one}, allowed are parts above 0 up to 1`);
    }),
    more: given.strategies === undefined ? [] : await strategiesFrom(given.strategies),
    signal,
    onProgress: (done, all, name) => {
      if (Deno.stderr.isTerminal()) {
        const text = `\r\u001b[2K${done + 1} of ${all}: ${name}`;
        Deno.stderr.writeSync(new TextEncoder().encode(text));
      } else if (done % 20 === 0) console.error(`${done + 1} of ${all}: ${name}`);
    },
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`--${name} is ${text}, allowed are whole numbers above 0`);
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

async function strategiesFrom(path: string): Promise<readonly Strategy[]> {
  const module: { default?: unknown } = await import(toFileUrl(resolve(path)).href);
  const list = module.default;
  const isList = Array.isArray(list) &&
    list.every((one: Partial<Strategy>) =>
      typeof one.name === "string" && typeof one.make === "function" &&
      ["traces", "logs", "both"].includes(one.signals ?? "")
    );
  if (isList) return list as Strategy[];
  throw new UsageError(
    `--strategies ${path}: its default export is no list of strategies; allowed is a list of ` +
      '{ name, signals: "traces" | "logs" | "both", configuration, make: (clock) => ' +
      "({ sampler, layers, level }) }",
  );
}

async function showResults(
  given: Given,
  experiment: Experiment,
  isJson: boolean,
): Promise<number> {
  const results = await runSampling(experiment);
  if (Deno.stderr.isTerminal()) console.error();
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-").slice(0, 19);
  const folder = resolve(given.out ?? "results", `${stamp}-sampling`);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/sampling.json`, JSON.stringify(results, null, 2) + "\n");
  await Deno.writeTextFile(`${folder}/report.html`, samplingReport(results));
  if (isJson) console.log(JSON.stringify(results, null, 2));
  else {
    console.log(tableOf(results).join("\n"));
    console.log(`\nResults and report.html in ${folder.replace(`${Deno.cwd()}/`, "")}`);
  }
  return 0;
}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

async function showRecommendation(
  given: Given,
  experiment: Experiment,
  isJson: boolean,
): Promise<number> {
  const rate = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(given.rate ?? "");
  const budget = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)(?:\/day)?$/.exec(given.budget ?? "");
  if (rate === null) {
    throw new UsageError(`--rate is ${given.rate ?? "absent"}, allowed is such as 2000/s`);
  }
  if (budget === null) {
    throw new UsageError(`--budget is ${given.budget ?? "absent"}, allowed is such as 5GB/day`);
  }
  const mustSee = (given["must-see"] ?? "errors").split(",").filter((one) => one !== "");
  const stranger = mustSee.find((one) => !MUST_SEE.includes(one as MustSee));
  if (stranger !== undefined) {
    throw new UsageError(`--must-see has ${stranger}, allowed are ${MUST_SEE.join(", ")}`);
  }
  const result = await recommend({
    ratePerS: Number(rate[1]),
    bytesPerDay: Number(budget[1]) * UNITS[budget[2]],
    mustSee: mustSee as MustSee[],
    slowMs: positive("slow-ms", given["slow-ms"] ?? "250"),
  }, experiment);
  if (isJson) console.log(JSON.stringify(result, null, 2));
  else for (const line of result.lines) console.log(line);
  return result.isWithin ? 0 : 1;
}
