import { z } from "zod";

/** test.json: what loadtest/k6/shop.ts is to run. Written by `hand-over`, read by every k6 process. */
export const k6TestSchema = z.strictObject({
  version: z.literal(1),
  /** An integer of 32 bits: it decides each iteration's arm and journey. */
  seed: z.int().min(0).max(2 ** 32 - 1),
  /** Iterations a second over all processes. */
  ratePerS: z.int().min(1),
  durationS: z.int().min(1),
  /** Iterations that may be under way at once, over all processes. */
  vus: z.int().min(1),
  /** Shop: shoppers look, search and buy. Path: each iteration asks for `path` once. */
  scenario: z.enum(["shop", "path"]),
  path: z.string().startsWith("/"),
  arms: z.array(z.strictObject({
    name: z.string().min(1),
    /** Where it listens, without a path. */
    url: z.url(),
    weight: z.number().positive().default(1),
    /** The part of its traces that begin sampled; null: none begins here, its own sampler decides. */
    sampled: z.number().min(0).max(1).nullable().default(1),
  })).min(1),
  /** The most that the 99th percentile of an arm's requests may take, in milliseconds. */
  p99MaxMs: z.number().positive(),
});

/** What k6 is to run. */
export type K6Test = z.infer<typeof k6TestSchema>;
