import { z } from "zod";

/** Microseconds of CPU that the spin arm burns in each request: what is measured must say so. */
export const SPIN_US = 20;

/** plan.json: what is to be measured, and in which order. */
export const planSchema = z.strictObject({
  version: z.literal(2),
  preset: z.string(),
  seed: z.int(),
  /** The first is what the others are held against. */
  arms: z.array(z.string()).min(2),
  /** The file that they are from; null for the shop's own. */
  armsFile: z.string().nullable(),
  path: z.string().startsWith("/"),
  /** Open: requests arrive by chance at a rate. Closed: a connection asks again when answered. */
  load: z.enum(["open", "closed"]),
  /** What sends the requests; both: each arm by one and by the other, in the same blocks. */
  driver: z.enum(["autocannon", "k6", "both"]).default("autocannon"),
  /** Requests a second of the open loop. */
  ratePerS: z.number().min(10).max(100_000),
  connections: z.int().min(1).max(1000),
  /** Slots: one arm at a time. Duet: an arm and the first one side by side. */
  design: z.enum(["slots", "duet", "both"]),
  slotMs: z.number().min(20),
  /** Rounds at most in which a process may warm up; it ends when every arm is steady. */
  warmUpRounds: z.int().min(0),
  minBlocks: z.int().min(2),
  minRequests: z.int().min(0),
  maxSeconds: z.number().positive(),
  /** It is enough when every interval is at most this many microseconds to either side. */
  halfWidthUs: z.number().positive().nullable(),
  /** After so many blocks every arm's process is started anew. */
  blocksPerRestart: z.int().min(1),
  /** An effect within so many microseconds of 0 counts as none. */
  deltaUs: z.number().positive(),
});

/** A plan. */
export type Plan = z.infer<typeof planSchema>;

/** A line of samples.ndjson: one slot of one arm. */
export const sampleSchema = z.strictObject({
  block: z.int().min(0),
  /** Which start of the arms' processes it was measured in. */
  restart: z.int().min(0),
  design: z.enum(["slots", "duet"]),
  driver: z.enum(["autocannon", "k6"]).default("autocannon"),
  /** In a duet, the arm that the first one stood beside: both samples bear its name. */
  pair: z.string().nullable(),
  arm: z.string(),
  requests: z.int().min(0),
  errors: z.int().min(0),
  /** Requests that the generator itself sent late. */
  late: z.int().min(0),
  seconds: z.number(),
  cpuUs: z.number(),
  rssBytes: z.number(),
  heapBytes: z.number(),
  exportedBytes: z.int(),
  /** Spans that the sink received; runs of before it counted them say 0. */
  exportedSpans: z.int().default(0),
  exportRequests: z.int(),
  dropped: z.int(),
});

/** A slot as it was measured. */
export type Sample = z.infer<typeof sampleSchema>;

const interval = z.strictObject({ estimate: z.number(), low: z.number(), high: z.number() });

/** Where a run was made. */
export const environmentSchema = z.strictObject({
  deno: z.string(),
  v8: z.string(),
  os: z.string(),
  arch: z.string(),
  cores: z.int(),
  /** Whether server and generator had a core each. */
  isPinned: z.boolean(),
  cpuSource: z.string(),
  startedAt: z.string(),
  commandLine: z.array(z.string()),
});

/** Where a run was made. */
export type Environment = z.infer<typeof environmentSchema>;

/** run.json: what analysis needs besides the plan, samples and histograms. */
export const runSchema = z.strictObject({
  environment: environmentSchema,
  endedBy: z.enum(["all requests done", "narrow enough", "time is up", "interrupted", "not ended"]),
  /** The part of time that the machine under this one took away; null where unknown. */
  stolen: z.number().nullable(),
  /** What each arm is, in a line. */
  descriptions: z.record(z.string(), z.string()),
});

/** What analysis needs besides. */
export type Run = z.infer<typeof runSchema>;

/** comparison.json: each arm against the first. */
export const comparisonSchema = z.strictObject({
  version: z.literal(2),
  requests: z.int(),
  blocks: z.int(),
  restarts: z.int(),
  seconds: z.number(),
  load: z.string(),
  run: runSchema,
  isTrustworthy: z.boolean(),
  reasons: z.array(z.string()),
  arms: z.array(z.strictObject({
    arm: z.string(),
    description: z.string(),
    cpuUsPerRequest: interval,
    /** What it costs more than the first arm; null for the first. */
    againstFirstUs: interval.nullable(),
    /** The same by the other design, where both were run. */
    duetUs: interval.nullable(),
    /** The same as k6 has measured it, where both drivers were run. */
    byK6: z.strictObject({
      cpuUsPerRequest: interval,
      againstFirstUs: interval.nullable(),
    }).nullable().default(null),
    /** How many times the first arm's cost. */
    ratio: interval.nullable(),
    /** How likely the difference is chance, corrected for the number of arms (Holm). */
    p: z.number().nullable(),
    /** True when the 90 % interval is within ±deltaUs: no overhead above it. */
    isEquivalent: z.boolean().nullable(),
    /** The smallest effect that so many blocks are likely to find, in µs. */
    detectableUs: z.number().nullable(),
    bytesPerRequest: z.number(),
    exportsPer1000: z.number(),
    /** The most resident memory of the arm's process. */
    rssMiB: z.number(),
    /** How much the used heap grew from the first to the last block of a restart, in the median. */
    heapGrowthMiB: z.number(),
    /** By the merged histogram, from when each request was due. */
    latencyUs: z.strictObject({
      p50: z.number(),
      p90: z.number(),
      p99: z.number(),
      p999: z.number(),
    }),
    dropped: z.int(),
    errors: z.int(),
    /** Requests a second that were answered; far below the rate, the arm was saturated. */
    answeredPerS: z.number(),
  })),
});

/** What came out. */
export type Comparison = z.infer<typeof comparisonSchema>;
