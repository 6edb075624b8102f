import { type Attributes, SpanKind, type SpanOptions } from "../../mod.ts";
import { seededRandom } from "../statistics/random.ts";
import type { TrueSpan, TrueTrace, World } from "./world.ts";

interface Step {
  readonly service: string;
  readonly name: string;
  readonly start: SpanOptions;
  readonly parent: number;
  /** Where in the trace it lies, as parts of its duration. */
  readonly from: number;
  readonly length: number;
  readonly isQueue: boolean;
  readonly attributes: Attributes;
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
  const steps: Step[] = [{
    ...stepNamed("service-0", route, SpanKind.SERVER),
    parent: -1,
    from: 0,
    length: 1,
    isQueue: false,
  }];
  for (let index = 1; index < count; index++) {
    const parent = Math.floor(random() * index);
    const service = Math.floor(random() * world.services);
    const from = random() * 0.5;
    const isQueue = index === count - 1 && random() < world.queueRate;
    const isOwn = rarity !== undefined && index === count - 1;
    const name = isOwn ? id : `operation-${service}-${index % 4}`;
    const called = random() < 0.5 ? SpanKind.SERVER : SpanKind.CLIENT;
    steps.push({
      ...stepNamed(`service-${service}`, name, isQueue ? SpanKind.CONSUMER : called),
      parent,
      isQueue,
      from: steps[parent].from + from * steps[parent].length,
      length: steps[parent].length * (1 - from) * (0.3 + 0.7 * random()),
    });
  }
  return { id, rarity, steps };
}

function stepNamed(
  service: string,
  name: string,
  kind: SpanKind,
): Pick<Step, "service" | "name" | "start" | "attributes"> {
  const attributes = { "service.name": service, "http.route": name };
  return { service, name, start: { name, kind }, attributes };
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
  for (const step of path.steps) {
    const rate = step.service === FAULTY_SERVICE ? world.faultyRate : world.errorRate;
    const isFailed = spans.length > 0 && random() < rate;
    const { service, name, start, parent, attributes } = step;
    const waitedMs = step.isQueue ? -Math.log(1 - random()) * world.queueMs : 0;
    const span = {
      service,
      name,
      parent,
      start,
      attributes,
      startMs: step.from * durationMs + waitedMs,
      durationMs: step.length * durationMs,
      isError: isFailed,
    };
    spans.push(span);
    if (!isFailed) continue;
    isError = true;
    // The call is made again, below the same parent and within the same time.
    if (random() < world.retryRate) retries.push(halved(spans));
  }
  // A failure that reaches the root is the request's own.
  if (isError && retries.length === 0) spans[0] = { ...spans[0], isError: true };
  spans.push(...retries);
  return { startMs, durationMs, path: path.id, rarity: path.rarity, isError, isBurst, spans };
}

/** Halves the last span, and gives the half of the second try. */
function halved(spans: TrueSpan[]): TrueSpan {
  const failed = spans.at(-1)!;
  const half = failed.durationMs / 2;
  spans[spans.length - 1] = { ...failed, durationMs: half };
  return { ...failed, startMs: failed.startMs + half, durationMs: half, isError: false };
}
