import { resolve } from "@std/path";
import { decodeFromCompressedBase64, type Histogram } from "hdr-histogram-js";
import {
  type Plan,
  planSchema,
  type Run,
  runSchema,
  type Sample,
  sampleSchema,
} from "../model/model.ts";
import { latencyHistogram } from "./latency.ts";

/** The latencies of each arm, merged over all its slots. */
export type Histograms = ReadonlyMap<string, Histogram>;

/** What a run has left on the disk: enough to compare again, and to go on. */
export interface Results {
  readonly plan: Plan;
  readonly run: Run;
  readonly samples: readonly Sample[];
  readonly histograms: Histograms;
  /** Restarts whose samples and histograms are whole. */
  readonly restarts: number;
}

/** A folder that holds no results, or none that can be read. */
export class FolderError extends Error {}

interface HistogramsFile {
  readonly restarts: number;
  readonly arms: Record<string, string>;
}

/** Empty histograms of a plan. */
export function emptyHistograms(plan: Plan): Histograms {
  return new Map(plan.arms.map((arm) => [arm, latencyHistogram()]));
}

/** Writes JSON for people. */
export async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  // Whole or not at all: a run that dies while it writes leaves what was there.
  const path = resolve(folder, name);
  await Deno.writeTextFile(`${path}.part`, JSON.stringify(value, null, 2) + "\n");
  await Deno.rename(`${path}.part`, path);
}

/** Writes the histograms of the restarts that are over, in HdrHistogram's compressed V2 encoding. */
export async function writeHistograms(
  folder: string,
  restarts: number,
  histograms: Histograms,
): Promise<void> {
  const { encodeIntoCompressedBase64 } = await import("hdr-histogram-js");
  const arms = Object.fromEntries(
    Array.from(histograms, ([arm, one]) => [arm, encodeIntoCompressedBase64(one)]),
  );
  await writeJson(folder, "histograms.json", { restarts, arms });
}

/**
 * Reads a folder of results.
 *
 * @throws {FolderError} Naming the file that is missing or wrong, and the line where it is.
 */
export async function readResults(folder: string): Promise<Results> {
  const read = async (name: string): Promise<string> => {
    try {
      return await Deno.readTextFile(resolve(folder, name));
    } catch (error) {
      throw new FolderError(
        `${folder} holds no results of a load test: ${name}: ${(error as Error).message}`,
      );
    }
  };
  const parse = <T>(name: string, text: string, take: (value: unknown) => T): T => {
    try {
      return take(JSON.parse(text));
    } catch (error) {
      throw new FolderError(`${folder}/${name}: ${(error as Error).message.slice(0, 300)}`);
    }
  };
  const plan = parse("plan.json", await read("plan.json"), (value) => planSchema.parse(value));
  const run = parse("run.json", await read("run.json"), (value) => runSchema.parse(value));
  const lines = (await read("samples.ndjson")).split("\n");
  // A last line without its end was being written when the process died.
  const samples = lines.slice(0, -1).map((line, index) =>
    parse(`samples.ndjson:${index + 1}`, line, (value) => sampleSchema.parse(value))
  );
  const file = parse("histograms.json", await read("histograms.json"), (value) => {
    const given = value as HistogramsFile;
    const decoded = Object.entries(given.arms).map(([arm, text]) =>
      [arm, decodeFromCompressedBase64(text) as Histogram] as const
    );
    return { restarts: given.restarts, histograms: new Map(decoded) };
  });
  return { plan, run, samples, ...file };
}
