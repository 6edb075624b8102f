import { z } from "zod";

/**
 * Microseconds of CPU that the spin arm burns in each request: what is measured must say so. As much
 * as recording costs on a slow core, so that a tenth of it is more than chance.
 */
export const SPIN_US = 40;

/** A duet lasts as long as so many slots, each of its arms at that part of the rate. */
export const DUET_SLOTS = 2;

/** plan.json: what is to be measured, and in which order. */
export const planSchema = z.strictObject({
  version: z.literal(5),
  preset: z.string(),
  seed: z.int(),
  /** What sends the requests; both: each arm by one and by the other, in the same blocks. */
  driver: z.enum(["autocannon", "k6", "both"]),
  /** The first is what the others are held against. */
  arms: z.array(z.string()).min(2),
  /** The file that they are from; null for the shop's own. */
  armsFile: z.string().nullable(),
  /** A module of the user's that the built-in arms are put around; null for the shop. */
  target: z.string().nullable(),
  path: z.string().startsWith("/"),
  /** Open: requests arrive by chance at a rate. Closed: a connection asks again when answered. */
  load: z.enum(["open", "closed"]),
  /** Requests a second of the open loop. */
  ratePerS: z.number().min(10).max(100_000),
  /** Other loads, for a curve: requests a second of an open loop, or as many as are answered. */
  curve: z.array(z.union([z.number().min(10).max(100_000), z.literal("saturated")])),
  /** Slots of each arm at each load of the curve, in each restart. */
  curveRounds: z.int().min(1),
  connections: z.int().min(1).max(1000),
  /** Slots: one arm at a time. Duet: two arms side by side, other pairs in each block. */
  design: z.enum(["slots", "duet", "both"]),
  /** Random: shuffled in each block, then the other way round. Fixed: to see what that does. */
  order: z.enum(["random", "fixed"]),
  slotMs: z.number().min(20),
  /** Flags of V8 for every arm that is a module, and for those built in. */
  v8Flags: z.array(z.string().startsWith("--")),
  /** Requests that a process answers in a closed loop before it may be called warm, … */
  warmUpRequests: z.int().min(0),
  /** … or as many as it answers in so long, where that is sooner. */
  warmUpSeconds: z.number().min(0),
  /** Rounds at most, after those, until every arm is steady as it will be measured. */
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
  /** Curve: another load than the plan's own. */
  design: z.enum(["slots", "duet", "curve"]),
  driver: z.enum(["autocannon", "k6"]),
  /** Requests a second that were sent to it; null in a closed loop. */
  ratePerS: z.number().nullable(),
  /** In a duet, the arm that it stood beside. */
  pair: z.string().nullable(),
  arm: z.string(),
  requests: z.int().min(0),
  errors: z.int().min(0),
  /** Requests that the generator itself sent late. */
  late: z.int().min(0),
  /** Requests that were due and never sent. */
  unsent: z.int().min(0),
  seconds: z.number(),
  cpuUs: z.number(),
  /** CPU in the program and in the kernel, by getrusage(2); null where unknown. */
  userUs: z.number().nullable(),
  systemUs: z.number().nullable(),
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** As they would be without compression. */
  exportedBytes: z.number(),
  /** As gzip makes them, by bodies that were compressed as a sample. */
  gzipBytes: z.number(),
  exportRequests: z.int(),
  /** Spans and lines that the arm says were delivered, and that the sink has; null where unknown. */
  delivered: z.int().nullable(),
  received: z.int(),
  /** The spans among them. */
  exportedSpans: z.int(),
  /** Records lost, by reason. */
  dropped: z.record(z.string(), z.int()),
  /** The part of its core that the generator had work for; null where unknown. */
  generatorBusy: z.number().nullable(),
  /** The part of a core that the sink used; null where unknown. */
  sinkBusy: z.number().nullable(),
  /** The part of the time that the machine below took away; null where unknown. */
  stolen: z.number().nullable(),
  /** Resident memory of the load test itself. */
  ownRssBytes: z.number(),
});

/** A slot as it was measured. */
export type Sample = z.infer<typeof sampleSchema>;

/** What can send requests. */
export type DriverName = Sample["driver"];

/** What sends the requests of a plan; the first is what is reported. */
export function driversOf({ driver }: Pick<Plan, "driver">): readonly DriverName[] {
  return driver === "both" ? ["autocannon", "k6"] : [driver];
}

/**
 * Which load latencies are told of: the plan's own; where that is a closed loop, in which requests
 * wait for each other, the highest rate of the curve.
 */
export function latencyLoadOf({ load, curve }: Pick<Plan, "load" | "curve">): "slots" | number {
  const rates = curve.filter((rate) => typeof rate === "number");
  return load === "open" || rates.length === 0 ? "slots" : Math.max(...rates);
}

const interval = z.strictObject({ estimate: z.number(), low: z.number(), high: z.number() });

/** Where a run was made. */
export const environmentSchema = z.strictObject({
  /** The commit of the code, with "+" when there were changes; null outside of a repository. */
  commit: z.string().nullable(),
  deno: z.string(),
  v8: z.string(),
  os: z.string(),
  arch: z.string(),
  cores: z.int(),
  /** Whether server and generator had a core each. */
  isPinned: z.boolean(),
  /** Whether they were preferred to all other processes of the machine. */
  isPreferred: z.boolean(),
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
  /** Rounds until every arm was steady, in each restart; null when they did not suffice. */
  warmUps: z.array(z.int().nullable()),
  /** What each arm is, in a line. */
  descriptions: z.record(z.string(), z.string()),
});

/** What analysis needs besides. */
export type Run = z.infer<typeof runSchema>;

/** comparison.json: each arm against the first. */
export const comparisonSchema = z.strictObject({
  version: z.literal(3),
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
    /** The same by the bootstrap over restarts and blocks; null for the first. */
    bootstrapUs: interval.nullable(),
    /** The same by the other design, where both were run. */
    duetUs: interval.nullable(),
    /** The same as k6 has measured it, where both drivers were run. */
    byK6: z.strictObject({
      cpuUsPerRequest: interval,
      againstFirstUs: interval.nullable(),
    }).nullable(),
    /** How many times the first arm's cost. */
    ratio: interval.nullable(),
    /** How likely the difference is chance, corrected for the number of arms (Holm). */
    p: z.number().nullable(),
    /** True when the 90 % interval is within ±deltaUs: no overhead above it. */
    isEquivalent: z.boolean().nullable(),
    /** The smallest effect that so many blocks are likely to find, in µs. */
    detectableUs: z.number().nullable(),
    /** How much its cost above the first one's changes from a restart's first block to its last. */
    driftUs: interval.nullable(),
    /** Of that, or of its own cost: whether it is no chance. */
    isDrifting: z.boolean(),
    /** Blocks beyond Tukey's fences: they count like all others. */
    outliers: z.int(),
    /** CPU in the program and in the kernel; null where unknown. */
    userUsPerRequest: z.number().nullable(),
    systemUsPerRequest: z.number().nullable(),
    bytesPerRequest: z.number(),
    gzipBytesPerRequest: z.number(),
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
    /** How much slower than the first arm, in µs, by the bootstrap; null with under three restarts. */
    latencyAgainstFirstUs: z.strictObject({ p50: interval, p99: interval }).nullable(),
    /** How late a timer of its event loop was; null where unknown. */
    loopDelayUs: z.strictObject({ p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
    /** Records lost, by reason. */
    dropped: z.record(z.string(), z.int()),
    /** Records that it says were delivered, and that the sink does not have. */
    missing: z.int(),
    errors: z.int(),
    unsent: z.int(),
    /** The part of its core that the generator had work for; null where unknown. */
    generatorBusy: z.number().nullable(),
    sinkBusy: z.number().nullable(),
    stolen: z.number().nullable(),
    /** Requests a second that were answered; far below the rate, the arm was saturated. */
    answeredPerS: z.number(),
    /** Requests a second in a closed loop; null where that was not measured. */
    saturatedPerS: interval.nullable(),
  })),
  /** What each arm costs under other loads, by load. */
  curve: z.array(z.strictObject({
    /** Null: as many as are answered. */
    ratePerS: z.number().nullable(),
    arms: z.array(z.strictObject({
      arm: z.string(),
      cpuUsPerRequest: z.number(),
      againstFirstUs: interval.nullable(),
      answeredPerS: z.number(),
      p50Us: z.number(),
      p99Us: z.number(),
    })),
  })),
  /** The most resident memory of the load test itself, after each tenth of its requests, in MiB. */
  ownRssMiB: z.array(z.strictObject({ requests: z.int(), rssMiB: z.number() })),
});

/** What came out. */
export type Comparison = z.infer<typeof comparisonSchema>;
