/** `deno task bench`: micro-benchmarks beside their floors and rivals, in one run. */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import type { BenchCase } from "./case.ts";
import { CASES } from "./cases/all.ts";
import { judge, type Mark, median, type Result, type Rounds, summarise } from "./summary.ts";

const HELP = `Micro-benchmarks beside the least each could cost and beside others.

  deno task bench
      --rounds N      rounds, each case once a round in a fresh process (5)
      --filter TEXT   only groups whose name holds TEXT
      --json          the results as JSON

"ratio" is how many times ours it costs, taken round by round.`;

const MARKS: readonly Mark[] = [
  { group: "span, 5 attributes, to protobuf", most: 600 },
  { group: "span, 5 attributes, to protobuf", rival: "OTel SDK 3.1.1", leastRatio: 10 },
  { group: "log line, 5 fields, as JSON", most: 300 },
  { group: "log line, 5 fields, as JSON", rival: "pino 10.4", leastRatio: 4 },
  { group: "log line, 5 fields, to a device", rival: "pino 10.4", leastRatio: 4 },
  { group: "log record, 5 fields, to protobuf", most: 500 },
  { group: "log call below the level", most: 2 },
  { group: "log call below the level, 20 directives", most: 2 },
  { group: "child logger with 3 fields", most: 150 },
  { group: "audit entry, 1000 at a time", most: 2000 },
  { group: "unsampled span", most: 60 },
  { group: "traceparent, parse", most: 80 },
  { group: "traceparent, inject", most: 60 },
  { group: "what is active, run", rival: "AsyncLocalStorage.run", leastRatio: 1 },
  { group: "heap of a queued span, 5 attributes", most: 300 },
  { group: "counter, add", most: 25 },
  { group: "histogram, record", most: 40 },
];

/** What a worker measures. */
type Mode = "--times" | "--heap" | "--held";

/** What the worker says of a case: nanoseconds, or bytes. */
async function run(group: string, name: string, mode: Mode): Promise<number[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      ...(mode === "--times" ? [] : ["--v8-flags=--expose-gc"]),
      fromFileUrl(new URL("./worker.ts", import.meta.url)),
      group,
      name,
      mode,
    ],
  }).output();
  if (!success) throw new Error(`${group}, ${name}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as number[];
}

/** By how many bytes each case that shows it has grown after a million. */
async function heapTable(cases: readonly BenchCase[]): Promise<string[]> {
  const shown = cases.filter(({ showsHeap }) => showsHeap === true);
  if (shown.length === 0) return [];
  const lines = ["", "heap and buffers still in use, growth per million lines (median of five)"];
  for (const { group, name } of shown) {
    const bytes = await run(group, name, "--heap");
    const from = Math.min(...bytes), to = Math.max(...bytes);
    lines.push(
      `  ${`${name}: ${group}`.padEnd(56)} ${median(bytes).toFixed(0).padStart(9)} bytes  ${
        `${from.toFixed(0)} to ${to.toFixed(0)}`.padStart(20)
      }`,
    );
  }
  return lines;
}

function table(results: readonly Result[]): string[] {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const [index, one] of results.entries()) {
    if (one.group !== results[index - 1]?.group) lines.push("", one.group);
    lines.push(
      `  ${one.name.padEnd(width)} ${one.role.padEnd(5)} ${one.median.toFixed(1).padStart(9)} ${
        one.unit.padEnd(5)
      }  ${`${one.low.toFixed(1)} to ${one.high.toFixed(1)}`.padStart(20)}  ${
        one.ratio.toFixed(2).padStart(6)
      }x`,
    );
  }
  return lines;
}

async function main(args: readonly string[]): Promise<number> {
  const given = parseArgs([...args], {
    boolean: ["json", "help"],
    string: ["rounds", "filter"],
  }) as Record<string, unknown> & { _: unknown[] };
  if (given.help === true) {
    console.log(HELP);
    return 0;
  }
  const flags = ["rounds", "filter", "json", "help"];
  const unknown = Object.keys(given).find((name) => name !== "_" && !flags.includes(name)) ??
    given._[0];
  const rounds = Number(given.rounds ?? 5);
  const chosen = CASES.filter(({ group }) => group.includes(String(given.filter ?? "")));
  if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1 || chosen.length === 0) {
    console.error(
      unknown !== undefined
        ? `Unknown ${unknown}; allowed are ${flags.map((flag) => `--${flag}`).join(", ")}`
        : chosen.length === 0
        ? `--filter ${given.filter} matches no group; there are ${
          [...new Set(CASES.map(({ group }) => group))].join("; ")
        }`
        : `--rounds is ${given.rounds}, allowed is a whole number from 1`,
    );
    return 2;
  }
  const measured: (Rounds & { mode: Mode; values: number[] })[] = chosen.map((one) => ({
    group: one.group,
    name: one.name,
    role: one.role,
    unit: one.holds === undefined ? "ns" : "bytes",
    mode: one.holds === undefined ? "--times" : "--held",
    values: [],
  }));
  for (let round = 0; round < rounds; round++) {
    // Turned round in every second round, so that none always comes after the same one.
    for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
      one.values.push(median(await run(one.group, one.name, one.mode)));
    }
    console.error(`round ${round + 1} of ${rounds}`);
  }
  const results = summarise(measured);
  if (given.json === true) {
    console.log(JSON.stringify({ rounds, results }, null, 2));
    return 0;
  }
  for (const line of [...table(results), ...await heapTable(chosen)]) console.log(line);
  console.log();
  const groups = new Set(results.map(({ group }) => group));
  for (const mark of MARKS) if (groups.has(mark.group)) console.log(judge(mark, results));
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
