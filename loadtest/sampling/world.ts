import { z } from "zod";
import { seededRandom } from "../statistics/random.ts";

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
  /** Every so often the rate is so many times higher, for so long. */
  burstEveryS: z.number().positive().default(60),
  burstSeconds: z.number().min(0).default(6),
  burstFactor: z.number().min(1).default(6),
});

/** Parameters of a world. */
export type World = z.infer<typeof worldSchema>;

/** A span as it truly was. */
export interface TrueSpan {
  readonly service: string;
  readonly name: string;
  /** The index of its parent in the trace, before it; -1 for the root. */
  readonly parent: number;
  /** 1 server, 2 client, 4 consumer. */
  readonly kind: number;
  /** Milliseconds from the trace's start. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly isError: boolean;
}

/** A trace as it truly was. */
export interface TrueTrace {
  /** Milliseconds from the beginning of the stream. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Which way it went: traces of one path have the same services and names. */
  readonly path: string;
  /** How likely its path is; undefined for a usual one. */
  readonly rarity: number | undefined;
  readonly isError: boolean;
  readonly isBurst: boolean;
  readonly spans: readonly TrueSpan[];
}

interface Step {
  readonly service: string;
  readonly name: string;
  readonly parent: number;
  readonly kind: number;
  /** Where in the trace it lies, as parts of its duration. */
  readonly from: number;
  readonly length: number;
}

interface Path {
  readonly id: string;
  readonly rarity: number | undefined;
  readonly steps: readonly Step[];
}

/** The service that fails more often. */
export const FAULTY_SERVICE = "service-3";

/**
 * A stream of traces with known truth, the same for the same seed, made one by one: usual routes by
 * Zipf's law, rare paths, failures with retries, one service that fails more often, latencies with
 * a heavy tail, queues and bursts.
 */
export function* tracesOf(world: World, seed: number): Generator<TrueTrace, never> {
  const random = seededRandom(seed + 1_000_003);
  const { usual, rare } = pathsOf(world, seededRandom(world.seed));
  const weights = usual.map((_, index) => (index + 1) ** -world.zipf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let nowMs = 0;
  while (true) {
    const isBurst = nowMs / 1000 % world.burstEveryS > world.burstEveryS - world.burstSeconds;
    const rate = world.ratePerS * (isBurst ? world.burstFactor : 1);
    nowMs -= Math.log(1 - random()) * 1000 / rate;
    const path = rarePath(rare, random) ?? usual[pick(weights, total * random())];
    yield traceOf(world, path, nowMs, isBurst, random);
  }
}

function pick(weights: readonly number[], at: number): number {
  let left = at;
  for (let index = 0; index < weights.length; index++) {
    left -= weights[index];
    if (left < 0) return index;
  }
  return weights.length - 1;
}

interface RareClass {
  readonly probability: number;
  readonly paths: readonly Path[];
}

function rarePath(rare: readonly RareClass[], random: () => number): Path | undefined {
  for (const { probability, paths } of rare) {
    if (random() < probability * paths.length) return paths[Math.floor(random() * paths.length)];
  }
  return undefined;
}

function pathsOf(
  world: World,
  random: () => number,
): { usual: Path[]; rare: RareClass[] } {
  const usual = Array.from(
    { length: world.routes },
    (_, index) => pathOf(world, `GET /route-${index}`, `route-${index}`, undefined, random),
  );
  const rare = world.rarePaths.map(({ probability, paths }) => ({
    probability,
    paths: Array.from({ length: paths }, (_, index) => {
      const route = `GET /route-${Math.floor(random() * world.routes)}`;
      return pathOf(world, route, `rare ${probability} ${index}`, probability, random);
    }),
  }));
  return { usual, rare };
}

function pathOf(
  world: World,
  route: string,
  id: string,
  rarity: number | undefined,
  random: () => number,
): Path {
  const [least, most] = world.spans;
  // A rare path leaves the usual one somewhere: it has a span of its own.
  const count = least + Math.floor(random() * (most - least + 1)) + (rarity === undefined ? 0 : 1);
  const steps: Step[] = [
    { service: "service-0", name: route, parent: -1, kind: 1, from: 0, length: 1 },
  ];
  for (let index = 1; index < count; index++) {
    const parent = Math.floor(random() * index);
    const service = Math.floor(random() * world.services);
    const from = random() * 0.5;
    const isQueue = index === count - 1 && random() < world.queueRate;
    steps.push({
      service: `service-${service}`,
      name: rarity !== undefined && index === count - 1 ? id : `operation-${service}-${index % 4}`,
      parent,
      kind: isQueue ? 4 : random() < 0.5 ? 1 : 2,
      from: steps[parent].from + from * steps[parent].length,
      length: steps[parent].length * (1 - from) * (0.3 + 0.7 * random()),
    });
  }
  return { id, rarity, steps };
}

function traceOf(
  world: World,
  path: Path,
  startMs: number,
  isBurst: boolean,
  random: () => number,
): TrueTrace {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const slow = random() < world.slowRate ? world.slowFactor : 1;
  const durationMs = world.medianMs * Math.exp(world.sigma * normal) * slow;
  const spans: TrueSpan[] = [];
  const retries: TrueSpan[] = [];
  let isError = false;
  path.steps.forEach((step, index) => {
    const rate = step.service === FAULTY_SERVICE ? world.faultyRate : world.errorRate;
    const isFailed = index > 0 && random() < rate;
    const span = {
      service: step.service,
      name: step.name,
      parent: step.parent,
      kind: step.kind,
      startMs: step.from * durationMs,
      durationMs: step.length * durationMs,
      isError: isFailed,
    };
    spans.push(span);
    if (!isFailed) return;
    isError = true;
    // The call is made again beside the first, below the same parent: what comes later keeps its own.
    if (random() < world.retryRate) retries.push({ ...span, isError: false });
  });
  // A failure that reaches the root is the request's own.
  if (isError && retries.length === 0) spans[0] = { ...spans[0], isError: true };
  spans.push(...retries);
  return { startMs, durationMs, path: path.id, rarity: path.rarity, isError, isBurst, spans };
}
