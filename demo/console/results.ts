import { join } from "@std/path";
import { Hono } from "hono";
import { z } from "zod";

/** A folder of the load test. */
export interface ResultFolder {
  readonly name: string;
  /** When it was last written: milliseconds since the epoch. */
  readonly writtenMs: number;
  readonly hasReport: boolean;
  /** Undefined when there is no comparison, or one that can't be read. */
  readonly summary: ResultSummary | undefined;
}

/** A load test in a line. */
export interface ResultSummary {
  readonly requests: number;
  readonly isTrustworthy: boolean;
  /** What each arm costs more than the first: microseconds of CPU a request. */
  readonly arms: readonly { readonly arm: string; readonly us: number }[];
}

/** Of comparison.json, what is shown here; the rest may change. */
const comparison = z.object({
  requests: z.number(),
  isTrustworthy: z.boolean(),
  arms: z.array(
    z.object({
      arm: z.string(),
      againstFirstUs: z.object({ estimate: z.number() }).nullable(),
    }),
  ),
});

/** Names that stay within the folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;
const REPORT = "report.html";

/**
 * A report is a page of its own with its own script: it runs apart, without this origin's rights
 * and without any connection.
 */
const POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** The result folders, newest first. */
export async function resultFolders(folder: string): Promise<ResultFolder[]> {
  const found: ResultFolder[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory || !NAME.test(name)) continue;
      const { mtime } = await Deno.stat(join(folder, name));
      const hasReport = await Deno.stat(join(folder, name, REPORT)).then(
        ({ isFile }) => isFile,
        () => false,
      );
      const summary = await summaryOf(join(folder, name, "comparison.json"));
      found.push({ name, writtenMs: mtime?.getTime() ?? 0, hasReport, summary });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((a, b) => b.writtenMs - a.writtenMs);
}

async function summaryOf(path: string): Promise<ResultSummary | undefined> {
  try {
    const { requests, isTrustworthy, arms } = comparison.parse(
      JSON.parse(await Deno.readTextFile(path)),
    );
    return {
      requests,
      isTrustworthy,
      arms: arms.flatMap(({ arm, againstFirstUs }) =>
        againstFirstUs === null ? [] : [{ arm, us: againstFirstUs.estimate }]
      ),
    };
  } catch {
    return undefined;
  }
}

/** Serves the reports of a folder. */
export function reportRoutes(folder: string): Hono {
  const app = new Hono();
  app.get("/results/:name/report.html", async (c) => {
    const name = c.req.param("name");
    if (!NAME.test(name)) return c.text("no such result", 404);
    const text = await Deno.readTextFile(join(folder, name, REPORT)).catch(() => undefined);
    if (text === undefined) return c.text("no report there", 404);
    return c.html(text, 200, { "content-security-policy": POLICY });
  });
  return app;
}
