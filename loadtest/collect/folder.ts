import { resolve } from "@std/path";
import { z } from "zod";
import {
  type Plan,
  planSchema,
  type Run,
  runSchema,
  type Sample,
  sampleSchema,
} from "../model/model.ts";
import type { LatencyLine } from "./latency.ts";

/** What a run has left on the disk: enough to compare again, and to go on. */
export interface Results {
  readonly plan: Plan;
  readonly run: Run;
  readonly samples: readonly Sample[];
  readonly latencies: readonly LatencyLine[];
  /** Restarts whose samples and histograms are whole. */
  readonly restarts: number;
}

/** A folder that holds no results, or none that can be read. */
export class FolderError extends Error {}

/** A line of latencies.ndjson: what one restart has measured, by the name of the histogram. */
const latencyLineSchema = z.strictObject({
  restart: z.int().min(0),
  histograms: z.record(z.string(), z.string()),
});

/** Writes JSON for people. */
export async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  // Whole or not at all: a run that dies while it writes leaves what was there.
  const path = resolve(folder, name);
  await Deno.writeTextFile(`${path}.part`, JSON.stringify(value, null, 2) + "\n");
  await Deno.rename(`${path}.part`, path);
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
  // A last line without its end was being written when the process died.
  const lines = async <T>(name: string, take: (value: unknown) => T): Promise<T[]> =>
    (await read(name)).split("\n").slice(0, -1).map((line, index) =>
      parse(`${name}:${index + 1}`, line, take)
    );
  const samples = await lines("samples.ndjson", (value) => sampleSchema.parse(value));
  const latencies = await lines("latencies.ndjson", (value) => latencyLineSchema.parse(value));
  return { plan, run, samples, latencies, restarts: latencies.length };
}
