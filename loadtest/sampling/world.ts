import { z } from "zod";
import type { Attributes, SpanOptions } from "../../mod.ts";

const part = z.number().min(0).max(1);

/** What the simulated services are like. */
export const worldSchema = z.strictObject({
  /** Which routes and paths there are; what is asked of them is another seed's. */
  seed: z.int().default(1),
  /** Traces a second, outside of bursts. */
  ratePerS: z.number().positive().default(500),
  /** Different routes; the k-th is asked in proportion to k^-zipf. */
  routes: z.int().min(1).max(500).default(30),
  zipf: z.number().min(0).default(1.1),
  services: z.int().min(2).max(50).default(8),
  /** Spans of a usual trace, from and to. */
  spans: z.tuple([z.int().min(1), z.int().min(1)]).default([3, 9]),
  /** Rare paths: how many of each probability there are. */
  rarePaths: z.array(z.strictObject({ probability: part, paths: z.int().min(1) })).default([
    { probability: 0.01, paths: 4 },
    { probability: 0.001, paths: 8 },
    { probability: 0.0001, paths: 12 },
  ]),
  /** The part of spans that fail, anywhere. */
  errorRate: part.default(0.0005),
  /** One service fails more often: who looks is to find it. */
  faultyRate: part.default(0.01),
  /** The part of failed calls that are tried again. */
  retryRate: part.default(0.5),
  /** Latency is log-normal: its median in milliseconds and its spread. */
  medianMs: z.number().positive().default(20),
  sigma: z.number().min(0).default(0.6),
  /** And this part of the traces is so many times slower. */
  slowRate: part.default(0.005),
  slowFactor: z.number().min(1).default(15),
  /** The part of the routes whose last span is a consumer behind a queue. */
  queueRate: part.default(0.2),
  /** How long a message waits there in the mean, in milliseconds: many outlive their request. */
  queueMs: z.number().min(0).default(60),
  /** Every so often the rate is so many times higher, for so long. */
  burstEveryS: z.number().positive().default(40),
  burstSeconds: z.number().min(0).default(4),
  burstFactor: z.number().min(1).default(6),
});

/** Parameters of a world. */
export type World = z.infer<typeof worldSchema>;

/** Traces a second in the mean, bursts included. */
export function meanRateOf({ ratePerS, burstEveryS, burstSeconds, burstFactor }: World): number {
  const burst = Math.min(1, burstSeconds / burstEveryS);
  return ratePerS * (1 - burst + burst * burstFactor);
}

/** A span as it truly was. */
export interface TrueSpan {
  readonly service: string;
  readonly name: string;
  /** Name and kind, as a span is started with. */
  readonly start: SpanOptions;
  /** The index of its parent in the trace, before it; -1 for the root. */
  readonly parent: number;
  /** Milliseconds from the trace's start. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly isError: boolean;
  readonly attributes: Attributes;
  readonly statusMessage?: string;
  /** What happened within it, in a capture. */
  readonly events?: readonly { readonly name: string; readonly attributes: Attributes }[];
}

/** A trace as it truly was. */
export interface TrueTrace {
  /** Milliseconds from the beginning of the stream. */
  readonly startMs: number;
  /** How long its root took: what came later through a queue is not in it. */
  readonly durationMs: number;
  /** Which way it went: traces of one path have the same services and names. */
  readonly path: string;
  /** How likely its path is; undefined for a usual one. */
  readonly rarity: number | undefined;
  readonly isError: boolean;
  readonly isBurst: boolean;
  readonly spans: readonly TrueSpan[];
}
