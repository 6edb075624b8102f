/** `deno task test:runtimes`: one suite against the built modules in every runtime. */
import { build } from "../build/main.ts";
import { MissingRuntime, RUNNERS, type RuntimeResult } from "./runners.ts";
import { runtimeSink } from "./sink.ts";

const HELP = `Builds the modules and runs one suite against them in every runtime; then a loss test:
10,000 requests with errors, streams and answers that nobody reads, the runtime ended afterwards.

  deno task test:runtimes            every runtime
  deno task test:runtimes node bun   some of: ${Object.keys(RUNNERS).join(", ")}
      --no-build                     the modules are built already
      --json`;

/** A runtime's results, and what arrived of its loss test. */
interface Row {
  readonly runtime: string;
  readonly result?: RuntimeResult;
  readonly arrived: number;
  /** Why there is no result. */
  readonly missing?: string;
}

/** Runs the suite in some runtimes, one after the other. */
export async function testRuntimes(names: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const runtime of names) {
    const folder = await Deno.makeTempDir();
    const sink = runtimeSink();
    try {
      const result = await RUNNERS[runtime](folder, sink);
      rows.push({ runtime, result, arrived: sink.lossSpans() });
    } catch (error) {
      if (!(error instanceof MissingRuntime)) throw error;
      rows.push({ runtime, arrived: 0, missing: `not here; ${error.message}` });
    } finally {
      await sink.close();
      await Deno.remove(folder, { recursive: true });
    }
  }
  return rows;
}

/** True when nothing has failed and nothing was lost; what is missing is no failure. */
export function isGood({ result, arrived }: Row): boolean {
  return result === undefined ||
    (result.cases.every(({ outcome }) => outcome !== "failed") && arrived === result.handled);
}

function matrixOf(rows: readonly Row[]): string[] {
  const names = rows.find(({ result }) => result !== undefined)?.result?.cases
    .map(({ name }) => name) ?? [];
  const width = Math.max(20, ...names.map(({ length }) => length));
  const cell = (text: string, { runtime }: Row) => text.padStart(Math.max(9, runtime.length + 1));
  const outcomeOf = (row: Row, name: string) =>
    row.result?.cases.find((one) => one.name === name)?.outcome ?? "-";
  const notes = rows.flatMap(({ runtime, result, missing }) => [
    ...(missing === undefined ? [] : [`${runtime}: ${missing}`]),
    ...(result?.cases ?? []).filter(({ outcome }) => outcome !== "ok")
      .map(({ name, outcome, reason }) => `${runtime}: ${name} ${outcome}: ${reason}`),
    ...(result === undefined ? [] : [`${runtime}: ${result.ending}`]),
  ]);
  return [
    "".padEnd(width) + rows.map((row) => cell(row.runtime, row)).join(""),
    ...names.map((name) =>
      name.padEnd(width) + rows.map((row) => cell(outcomeOf(row, name), row)).join("")
    ),
    "requests handled".padEnd(width) +
    rows.map((row) => cell(String(row.result?.handled ?? "-"), row)).join(""),
    "spans that arrived".padEnd(width) +
    rows.map((row) => cell(row.result === undefined ? "-" : String(row.arrived), row)).join(""),
    "",
    ...notes,
  ];
}

if (import.meta.main) {
  const flags = Deno.args.filter((arg) => arg.startsWith("-"));
  const names = Deno.args.filter((arg) => !arg.startsWith("-"));
  const wrong = [
    ...flags.filter((flag) => !["--json", "--no-build"].includes(flag)),
    ...names.filter((name) => !Object.hasOwn(RUNNERS, name)),
  ];
  if (wrong.length > 0) {
    console.log(HELP);
    Deno.exit(flags.includes("--help") ? 0 : 2);
  }
  if (!flags.includes("--no-build")) await build();
  const rows = await testRuntimes(names.length === 0 ? Object.keys(RUNNERS) : names);
  if (flags.includes("--json")) console.log(JSON.stringify(rows, null, 2));
  else for (const line of matrixOf(rows)) console.log(line);
  Deno.exit(rows.every(isGood) ? 0 : 1);
}
