/** `deno task loadtest merge`: what the processes of a test have left, as one. */
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../command.ts";
import { type Merged, MergeError, mergeSegments } from "./merge.ts";
import { SegmentFileError, segmentsOf } from "./segment_file.ts";

const HELP = `Merges what the k6 processes of a test have left, on one machine or on many.

  deno task loadtest merge FILE…    files of --out sextant=FILE, or logs of --out sextant=-

      --partial      merges what is there when something is missing, and says so
      --out FILE     writes the result, with its histograms, as JSON
      --json         the result as JSON instead of tables
      --help         this text

Percentiles are exact to three digits: counts are added, nothing is averaged. Exit code 1: a
threshold of the script is crossed; 2: wrong files; 3: iterations were dropped, or it is partial.`;

const UNTRUSTED = 3;

/** Runs the command; the exit code is what HELP says. */
export async function mergeMain(args: readonly string[]): Promise<number> {
  const { _: files, ...flags } = parseArgs([...args], {
    boolean: ["partial", "json", "help"],
    string: ["_", "out"],
    alias: { h: "help" },
  }) as Record<string, unknown> & { _: string[] };
  const unknown = Object.keys(flags)
    .find((name) => !["partial", "json", "help", "h", "out"].includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Unknown flag --${unknown}; allowed are --partial, --out FILE, --json, --help`,
    );
  }
  if (flags.help === true) {
    console.log(HELP);
    return 0;
  }
  if (files.length === 0) throw new UsageError("merge needs files: see merge --help");
  const merged = await mergeFiles(files, flags.partial === true);
  if (typeof flags.out === "string") {
    await Deno.writeTextFile(flags.out, JSON.stringify(merged, null, 2) + "\n");
  }
  if (flags.json === true) console.log(JSON.stringify(merged, null, 2));
  else console.log(tableOf(merged).join("\n"));
  if (merged.isPartial || !merged.isTrustworthy) return UNTRUSTED;
  return merged.limits.some(({ isMet }) => isMet === false) ? 1 : 0;
}

/** Reads and merges files. */
async function mergeFiles(files: readonly string[], isPartialAllowed: boolean): Promise<Merged> {
  const texts = await Promise.all(files.map(async (file) => {
    try {
      return await Deno.readTextFile(file);
    } catch (error) {
      throw new UsageError(`${file} can't be read: ${(error as Error).message}`);
    }
  }));
  try {
    return mergeSegments(
      files.flatMap((file, index) => segmentsOf(file, texts[index])),
      isPartialAllowed,
    );
  } catch (error) {
    const isOurs = error instanceof MergeError || error instanceof SegmentFileError;
    throw isOurs ? new UsageError(error.message) : error;
  }
}

/** What was merged as lines of text. */
function tableOf(merged: Merged): string[] {
  const { segments, iterations, dropped, seconds, series, limits } = merged;
  const rows = series.map(({ kind, arm, step, count, failed, latencyUs: us }) => [
    arm === "" ? "-" : arm,
    kind === "request" ? step || "-" : kind === "mark" ? `mark: ${step}` : TITLES[kind] ?? kind,
    count.toLocaleString("en"),
    String(failed),
    ...[us.p50, us.p90, us.p99, us.p999, us.max].map((value) => (value / 1000).toFixed(2)),
  ]);
  const header = ["arm", "step", "count", "failed", "p50 ms", "p90", "p99", "p99.9", "most"];
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])).join(
      "  ",
    );
  return [
    ...merged.missing.map((text) => `PARTIAL: ${text}`),
    ...merged.reasons.map((text) => `NOT TRUSTWORTHY: ${text}`),
    `${iterations.toLocaleString("en")} iterations, ${dropped} dropped, in ${segments.length} ` +
    `segment${segments.length === 1 ? "" : "s"} (${segments.join(", ")}), ${seconds.toFixed(0)} s`,
    "",
    line(header).trimEnd(),
    ...rows.map(line),
    ...(limits.length === 0 ? [] : ["", "thresholds, held against what was merged"]),
    ...limits.map(({ metric, source, value, isMet }) =>
      `${isMet === undefined ? "?" : isMet ? "✓" : "✗"} ${metric} ${source}: ` +
      (value === undefined ? "can't be told from histograms" : String(Number(value.toPrecision(4))))
    ),
  ];
}

const TITLES: Readonly<Record<string, string>> = {
  journey: "whole, from due",
  late: "started late",
  other: "past 512 series",
};
