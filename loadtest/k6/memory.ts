/** `deno task loadtest k6-memory`: what k6 holds after so many requests, with and without our output. */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { residentBytes } from "../collect/schedstat.ts";
import { type Child, startModule } from "../collect/child.ts";
import { UsageError } from "../command.ts";
import { K6_ENV, k6Program } from "./binary.ts";

const HELP = `Sends requests with k6, twice: with its own metrics, which keep every value, and with
--out sextant, which keeps histograms. Prints what is resident as requests go on (needs /proc).

  deno task loadtest k6-memory
      --requests N    how many, each time (2000000)
      --json          the table as JSON`;

const SCRIPT = fromFileUrl(new URL("./requests.ts", import.meta.url));
/** Parts of the requests at which is looked. */
const PARTS = [0.1, 0.25, 0.5, 0.75, 1];
const LOOK_MS = 100;

/** A way to run k6. */
const WAYS = {
  "k6's own metrics": ["--summary-mode=compact"],
  "--out sextant": ["--summary-mode=disabled", "--no-thresholds", "--out"],
} as const;

/** What one way came to. */
interface Row {
  readonly way: string;
  readonly seconds: number;
  /** Resident MiB at each of PARTS. */
  readonly residentMiB: readonly number[];
  readonly mostMiB: number;
}

/** Runs the command. */
export async function memoryMain(args: readonly string[]): Promise<number> {
  const flags = parseArgs([...args], { boolean: ["json", "help"], string: ["requests"] });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const requests = Number(flags.requests ?? 2_000_000);
  if (!Number.isInteger(requests) || requests < 1000) {
    throw new UsageError(`--requests is ${flags.requests}, allowed are whole numbers from 1000`);
  }
  const k6 = await k6Program();
  const folder = await Deno.makeTempDir({ prefix: "sextant-k6-memory-" });
  const target = await startModule<{ port: number }>("../k6/target.ts", [], undefined);
  const rows: Row[] = [];
  try {
    for (const [way, flags] of Object.entries(WAYS)) {
      const out = way === "--out sextant" ? [`sextant=${folder}/segment.ndjson`] : [];
      rows.push(await measure(k6, way, [...flags, ...out], requests, target));
      console.error(`${way}: done in ${rows.at(-1)!.seconds.toFixed(0)} s`);
    }
  } finally {
    await target.stop();
    await Deno.remove(folder, { recursive: true });
  }
  if (flags.json) console.log(JSON.stringify({ requests, parts: PARTS, rows }, null, 2));
  else console.log(tableOf(requests, rows).join("\n"));
  return 0;
}

async function measure(
  k6: string,
  way: string,
  flags: readonly string[],
  requests: number,
  target: Child<{ port: number }>,
): Promise<Row> {
  const url = `http://127.0.0.1:${target.ready.port}`;
  const countNow = async () => Number(await (await fetch(`${url}/count`)).text());
  const before = await countNow();
  const startMs = performance.now();
  const child = new Deno.Command(k6, {
    args: ["run", "--quiet", ...flags, SCRIPT],
    env: { ...K6_ENV, SEXTANT_URL: url, SEXTANT_REQUESTS: String(requests) },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let hasEnded = false;
  const status = child.status.then((status) => {
    hasEnded = true;
    return status;
  });
  const residentMiB: number[] = [];
  let most = 0;
  let last = 0;
  while (!hasEnded) {
    const resident = residentBytes(child.pid) / 2 ** 20;
    if (resident > 0) last = resident;
    most = Math.max(most, resident);
    const part = (await countNow() - before) / requests;
    while (residentMiB.length < PARTS.length && part >= PARTS[residentMiB.length]) {
      residentMiB.push(last);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const { code } = await status;
  if (code !== 0) throw new Error(`k6 ended with code ${code}`);
  while (residentMiB.length < PARTS.length) residentMiB.push(last);
  return { way, seconds: (performance.now() - startMs) / 1000, residentMiB, mostMiB: most };
}

function tableOf(requests: number, rows: readonly Row[]): string[] {
  const header = [
    "resident MiB after",
    ...PARTS.map((part) => Math.round(part * requests).toLocaleString("en")),
    "most",
  ];
  const cells = rows.map(({ way, residentMiB, mostMiB }) => [
    way,
    ...[...residentMiB, mostMiB].map((value) => value.toFixed(0)),
  ]);
  const widths = header.map((name, at) =>
    Math.max(name.length, ...cells.map((row) => row[at].length))
  );
  return [header, ...cells].map((row) =>
    row.map((cell, at) => at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])).join("  ")
  );
}
