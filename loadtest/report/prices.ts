import { z } from "zod";
import type { Comparison } from "../model/model.ts";

const price = z.strictObject({
  price: z.number().min(0),
  /** Where it was read. */
  source: z.string().min(1),
  /** When it was read. */
  date: z.iso.date(),
});

/** A file of prices: none has a default, since none would be right. */
export const pricesSchema = z.strictObject({
  currency: z.string().min(1),
  /** One virtual core for an hour. */
  cpuPerCoreHour: price.optional(),
  /** A gigabyte (10^9 bytes) sent out. */
  egressPerGB: price.optional(),
  /** A gigabyte taken in by whoever stores telemetry. */
  ingestPerGB: price.optional(),
});

/** Prices. */
export type Prices = z.infer<typeof pricesSchema>;

/** A file of prices that can't be taken. */
export class PricesError extends Error {}

/**
 * Reads a file of prices.
 *
 * @throws {PricesError} Naming the file, the place in it and what is allowed.
 */
export async function readPrices(path: string): Promise<Prices> {
  let given: unknown;
  try {
    given = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new PricesError(`--prices ${path}: ${(error as Error).message}`);
  }
  const result = pricesSchema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new PricesError(
    `--prices ${path}: ${issue.path.join(".") || "the file"}: ${issue.message}; a price is ` +
      '{ "price": 0.04, "source": "…", "date": "2026-11-24" }',
  );
}

const MILLION = 1e6;
const US_PER_HOUR = 3.6e9;

/** What a million requests of an arm cost more than those of the first: CPU and bytes apart. */
export function costPerMillion(
  arm: Comparison["arms"][number],
  prices: Prices,
): { readonly cpu: number; readonly bytes: number } {
  const cpuUs = (arm.againstFirstUs?.estimate ?? 0) * MILLION;
  const gigabytes = arm.bytesPerRequest * MILLION / 1e9;
  return {
    cpu: cpuUs / US_PER_HOUR * (prices.cpuPerCoreHour?.price ?? 0),
    bytes: gigabytes * ((prices.egressPerGB?.price ?? 0) + (prices.ingestPerGB?.price ?? 0)),
  };
}
