/** `deno task loadtest`: what logging and tracing cost, with intervals. */
import { resolve } from "@std/path";
import { FolderError, readResults, type Results, writeJson } from "./collect/folder.ts";
import { armsFrom, type Command, commandOf, HELP, planFrom, UsageError } from "./command.ts";
import type { Comparison, Plan } from "./model/model.ts";
import { estimateOf } from "./plan/plan.ts";
import { compare, TooFewBlocks } from "./report/compare.ts";
import { regressionsOf } from "./report/regressions.ts";
import { PricesError } from "./report/prices.ts";
import { writeReport } from "./report/report.ts";
import { refusalOf, tableOf } from "./report/table.ts";
import { runPlan } from "./run.ts";
import { K6MissingError } from "./k6/binary.ts";
import { memoryMain } from "./k6/memory.ts";
import { mergeMain } from "./k6/merge_command.ts";
import { handOverMain } from "./kubernetes/hand_over.ts";
import { samplingMain } from "./sampling/main.ts";
import { soakMain } from "./soak/main.ts";
import type { Progress } from "./watch.ts";

/** The exit code of a comparison that should not be believed. */
const UNTRUSTED = 3;

/** What is told while it runs, on the terminal's one line or every fifty blocks. */
function showProgress({ requests, blocks, seconds, secondsLeft, halfWidthUs }: Progress): void {
  const text = `${requests.toLocaleString("en")} requests, ${blocks} blocks, ` +
    `${seconds.toFixed(0)} s, about ${secondsLeft.toFixed(0)} s left` +
    (halfWidthUs === undefined ? "" : `, ± ${halfWidthUs.toFixed(1)} µs`);
  if (Deno.stderr.isTerminal()) {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\u001b[2K${text}`));
  } else if (blocks % 50 === 0) console.error(text);
}

async function main(args: readonly string[]): Promise<number> {
  const command = commandOf(args);
  switch (command.name) {
    case "help":
      console.log(HELP);
      return 0;
    case "plan":
      return await showPlan(command);
    case "run": {
      const { plan, arms } = await planFrom(command);
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-").slice(0, 19);
      const folder = resolve(command.out, `${stamp}-${plan.preset}`);
      await Deno.mkdir(folder, { recursive: true });
      const results = await interruptible((signal) =>
        runPlan(plan, { arms, folder, commandLine: args, signal, onProgress: showProgress })
      );
      return await conclude(command, folder, results);
    }
    case "resume": {
      const [folder] = command.folders;
      const before = await readResults(folder);
      const arms = await armsFrom(before.plan.armsFile);
      const parts = { arms, folder, commandLine: args, onProgress: showProgress, before };
      const results = await interruptible((signal) => runPlan(before.plan, { ...parts, signal }));
      return await conclude(command, folder, results);
    }
    case "analyse":
    case "report":
      return await conclude(command, command.folders[0], await readResults(command.folders[0]));
    case "compare":
      return await showRegressions(command);
  }
}

async function showPlan(command: Command): Promise<number> {
  const { plan } = await planFrom(command);
  const estimate = estimateOf(plan);
  const { save } = command.given;
  if (save !== undefined) await Deno.writeTextFile(save, JSON.stringify(plan, null, 2) + "\n");
  if (command.isJson) console.log(JSON.stringify({ plan, estimate }, null, 2));
  else console.log(textOfPlan(plan, estimate).join("\n"));
  return 0;
}

function textOfPlan(plan: Plan, estimate: ReturnType<typeof estimateOf>): string[] {
  const { seconds, requests, restarts, detectableUs } = estimate;
  const curve = plan.curve.length === 0 ? "" : `; for the curve: ${plan.curve.join(", ")}`;
  return [
    `${plan.arms.length} arms: ${plan.arms.join(", ")}`,
    `${plan.load} loop${plan.load === "open" ? ` at ${plan.ratePerS} requests a second` : ""}, ` +
    `slots of ${plan.slotMs} ms, design: ${plan.design}, seed ${plan.seed}, sent by ` +
    `${plan.driver}${curve}`,
    `about ${Math.ceil(seconds)} s, ${Math.round(requests).toLocaleString("en")} requests, ` +
    `${restarts} restarts`,
    `finds an effect of ${detectableUs.toFixed(1)} µs four times of five, where restarts differ ` +
    "as they do here",
  ];
}

/** Compares, shows and writes what came out; the exit code is the gate's. */
async function conclude(command: Command, folder: string, results: Results): Promise<number> {
  if (Deno.stderr.isTerminal() && command.name !== "analyse") console.error();
  const { plan, run, samples, latencies } = results;
  const comparison = compare(plan, run, samples, latencies);
  await writeJson(folder, "comparison.json", comparison);
  await writeReport(folder, comparison, results, command.given);
  if (command.isJson) console.log(JSON.stringify(comparison, null, 2));
  else {
    const isShown = comparison.isTrustworthy || command.isForced;
    const shortFolder = folder.replace(`${Deno.cwd()}/`, "");
    console.log((isShown ? tableOf(comparison) : refusalOf(comparison)).join("\n"));
    if (!isShown) {
      console.log(`\nThe numbers, marked: deno task loadtest analyse ${shortFolder} --force`);
    }
    console.log(`\nResults and report.html in ${shortFolder}`);
  }
  return comparison.isTrustworthy || command.isForced ? 0 : UNTRUSTED;
}

async function showRegressions({ folders, isJson, given }: Command): Promise<number> {
  const read = async (folder: string): Promise<Comparison> => {
    const { plan, run, samples, latencies } = await readResults(folder);
    return compare(plan, run, samples, latencies);
  };
  const [before, after] = [await read(folders[0]), await read(folders[1])];
  const deltaUs = Number(given.delta ?? 2);
  if (!(deltaUs >= 0)) throw new UsageError(`--delta is ${given.delta}, allowed are 0 and above`);
  const result = regressionsOf(before, after, deltaUs);
  if (isJson) console.log(JSON.stringify(result, null, 2));
  else for (const line of result.lines) console.log(line);
  if (!before.isTrustworthy || !after.isTrustworthy) return UNTRUSTED;
  return result.isWorse ? 1 : 0;
}

/** Ctrl-C ends what runs, which then compares what it has. */
async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    return await run(stopping.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}

/** Commands that read a command line of their own: rest of it in, exit code out. */
const OTHERS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  "hand-over": handOverMain,
  "k6-memory": memoryMain,
  merge: mergeMain,
  sampling: samplingMain,
};

const USAGE_ERRORS = [UsageError, FolderError, PricesError, K6MissingError];

if (import.meta.main) {
  try {
    const [first, ...rest] = Deno.args;
    // A soak is no comparison of arms: a run with flags and a judgement of its own.
    if (/(?:^| )--preset[ =]soak(?: |$)/.test(Deno.args.join(" "))) {
      Deno.exit(await soakMain(Deno.args));
    }
    const isOther = first !== undefined && Object.hasOwn(OTHERS, first);
    Deno.exit(isOther ? await OTHERS[first](rest) : await main(Deno.args));
  } catch (error) {
    if (USAGE_ERRORS.some((one) => error instanceof one)) {
      console.error((error as Error).message);
      Deno.exit(2);
    }
    if (!(error instanceof TooFewBlocks)) throw error;
    console.error(`${error.message}; the samples are kept`);
    Deno.exit(UNTRUSTED);
  }
}
