/** `deno task loadtest sampling`: what a sampling strategy costs, and what it hides. */
import { resolve } from "@std/path";
import {
  commandFrom,
  experimentFrom,
  type Given,
  HELP,
  positive,
  UsageError,
} from "./arguments.ts";
import { CaptureError } from "./capture.ts";
import { type Experiment, runSampling } from "./experiment.ts";
import { showLive } from "./live_command.ts";
import { MUST_SEE, type MustSee, recommend, type Wish } from "./recommend.ts";
import { linesOf } from "./recommend_text.ts";
import { samplingReport } from "./report.ts";
import { tableOf } from "./table.ts";
import { worldSchema } from "./world.ts";

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
  const { word, given, isJson } = commandFrom(args);
  if (word === "help") {
    console.log(HELP);
    return 0;
  }
  if (word === "print-world") {
    console.log(JSON.stringify(worldSchema.parse({}), null, 2));
    return 0;
  }
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    if (word === "live") return await showLive(given, isJson, stopping.signal);
    const experiment = await experimentFrom(given, stopping.signal);
    return word === "recommend"
      ? await showRecommendation(given, experiment, isJson)
      : await showResults(given, experiment, isJson);
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
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

function wishFrom(given: Given): Wish {
  const rate = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(given.rate ?? "");
  const budget = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)(?:\/day)?$/.exec(given.budget ?? "");
  if (rate === null || Number(rate[1]) === 0) {
    throw new UsageError(`--rate is ${given.rate ?? "absent"}, allowed is such as 2000/s`);
  }
  if (budget === null || Number(budget[1]) === 0) {
    throw new UsageError(`--budget is ${given.budget ?? "absent"}, allowed is such as 5GB/day`);
  }
  const mustSee = (given["must-see"] ?? "errors").split(",").filter((one) => one !== "");
  const stranger = mustSee.find((one) => !MUST_SEE.includes(one as MustSee));
  if (stranger !== undefined) {
    throw new UsageError(`--must-see has ${stranger}, allowed are ${MUST_SEE.join(", ")}`);
  }
  const { decide } = given;
  if (decide !== undefined && decide !== "process" && decide !== "services") {
    throw new UsageError(`--decide is ${decide}, allowed are process and services`);
  }
  return {
    ratePerS: Number(rate[1]),
    bytesPerDay: Number(budget[1]) * UNITS[budget[2]],
    mustSee: mustSee as MustSee[],
    slowMs: positive("slow-ms", given["slow-ms"] ?? "250"),
    topology: decide,
  };
}

async function showRecommendation(
  given: Given,
  experiment: Experiment,
  isJson: boolean,
): Promise<number> {
  const result = await recommend(wishFrom(given), experiment);
  if (isJson) console.log(JSON.stringify(result, null, 2));
  else for (const line of linesOf(result)) console.log(line);
  return result.isMet && result.isConfirmed ? 0 : 1;
}
