import { z } from "zod";
import type { LogMetricRule } from "../../mod.ts";
import { UsageError } from "./options.ts";

/** The rules of the demo itself. */
export const LOG_RULES_FILE: URL = new URL("../log_rules.json", import.meta.url);

const text = z.string().min(1).max(255);

/** A file of rules that turn log lines into metrics: a list of them, as JSON. */
const logRules: z.ZodType<readonly LogMetricRule[]> = z.array(z.strictObject({
  metric: text.regex(/^[A-Za-z][\w./-]*$/, "a metric's name: letters, digits, _ . / -"),
  level: z.enum(["trace", "debug", "info", "warn", "error"]).optional(),
  message: text.optional(),
  event: text.optional(),
  value: text.optional(),
  attributes: z.array(text).max(20).optional(),
  unit: z.string().max(63).optional(),
  description: z.string().max(1000).optional(),
})).max(1000);

/**
 * Reads rules for `logMetrics` from a file.
 *
 * @throws {UsageError} Naming the file, the place in it, and what is wrong there.
 */
export async function readLogRules(path: string | URL): Promise<readonly LogMetricRule[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new UsageError(`log rules ${path}: ${error instanceof Error ? error.message : error}`);
  }
  const result = logRules.safeParse(parsed);
  if (result.success) return result.data;
  const { path: place, message } = result.error.issues[0];
  throw new UsageError(
    `log rules ${path}: ${place.length === 0 ? "" : `${place.join(".")}: `}${message}`,
  );
}
