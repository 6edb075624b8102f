import { resolve } from "@std/path";
import { budgetsFrom, type Given, progress, UsageError } from "./arguments.ts";
import { runLive } from "./live.ts";
import { liveTable } from "./live_text.ts";

/** `loadtest sampling live`: gives the exit code; 1 when a prediction was wrong. */
export async function showLive(
  given: Given,
  isJson: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { preset = "standard" } = given;
  if (preset !== "smoke" && preset !== "standard") {
    throw new UsageError(`--preset is ${preset}, allowed are smoke and standard`);
  }
  const [budget, ...more] = budgetsFrom(given.budgets ?? "0.1");
  if (more.length > 0) throw new UsageError(`--budgets is ${given.budgets}, allowed is one here`);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-").slice(0, 19);
  const folder = resolve(given.out ?? "results", `${stamp}-sampling-live`);
  await Deno.mkdir(folder, { recursive: true });
  const commandLine = ["sampling", "live", ...Deno.args.slice(2)];
  const onProgress = progress();
  const results = await runLive({ preset, budget, folder, commandLine, signal, onProgress });
  if (Deno.stderr.isTerminal()) console.error();
  if (results === undefined) {
    console.error("It was ended before anything was measured");
    return 130;
  }
  await Deno.writeTextFile(`${folder}/live.json`, JSON.stringify(results, null, 2) + "\n");
  if (isJson) console.log(JSON.stringify(results, null, 2));
  else {
    console.log(liveTable(results).join("\n"));
    console.log(`\nlive.json and report.html in ${folder.replace(`${Deno.cwd()}/`, "")}`);
  }
  const isRight = results.strategies.every(({ spansPerRequest, bytesPerRequest }) =>
    spansPerRequest.agrees && bytesPerRequest.agrees
  );
  return isRight ? 0 : 1;
}
