import { z } from "zod";

/** Microseconds of CPU that the spin arm burns in each request: what is measured must say so. */
export const SPIN_US = 20;

/** plan.json: what is to be measured, and in which order. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  preset: z.string(),
  seed: z.int(),
  arms: z.array(z.string()).min(2),
  slotMs: z.number().min(20),
  warmUpSlots: z.int().min(0),
  minBlocks: z.int().min(2),
  minRequests: z.int().min(0),
  maxSeconds: z.number().positive(),
  /** After so many blocks every arm's process is started anew. */
  blocksPerRestart: z.int().min(1),
  connections: z.int().min(1),
  path: z.string().startsWith("/"),
});

/** A plan. */
export type Plan = z.infer<typeof planSchema>;

/** A line of samples.ndjson: one slot of one arm. */
export const sampleSchema = z.strictObject({
  block: z.int().min(0),
  /** Which start of the arms' processes it was measured in. */
  restart: z.int().min(0),
  arm: z.string(),
  requests: z.int().min(0),
  errors: z.int().min(0),
  seconds: z.number(),
  cpuUs: z.number(),
  rssBytes: z.number(),
  exportedBytes: z.int(),
  exportRequests: z.int(),
  dropped: z.int(),
});

/** A slot as it was measured. */
export type Sample = z.infer<typeof sampleSchema>;

const interval = z.strictObject({ estimate: z.number(), low: z.number(), high: z.number() });

/** comparison.json: each arm against the first. */
export const comparisonSchema = z.strictObject({
  version: z.literal(1),
  requests: z.int(),
  blocks: z.int(),
  restarts: z.int(),
  seconds: z.number(),
  cpuSource: z.string(),
  endedBy: z.enum(["all requests done", "time is up", "interrupted"]),
  isTrustworthy: z.boolean(),
  reasons: z.array(z.string()),
  arms: z.array(z.strictObject({
    arm: z.string(),
    cpuUsPerRequest: interval,
    againstOffUs: interval.nullable(),
    bytesPerRequest: z.number(),
    /** The most resident memory of the arm's process. */
    rssMiB: z.number(),
    p50Us: z.number(),
    p99Us: z.number(),
    dropped: z.int(),
    errors: z.int(),
  })),
});

/** What came out. */
export type Comparison = z.infer<typeof comparisonSchema>;
