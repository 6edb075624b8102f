import { systemClock } from "../core/clock.ts";
import { ArrivalRate } from "./arrival_rate.ts";
import { isKept, type Threshold, thresholdFromProbability } from "../core/threshold.ts";
import { withReason } from "./explain.ts";
import { checkPositive, type RateOptions } from "./rate_limited.ts";
import { DROP, type Sampler, type SamplingRequest } from "./sampler.ts";

/** Options of {@linkcode adaptive}. */
export interface AdaptiveOptions extends RateOptions {
  /** What an operation is; default the kind and name of the span, with its route or path. */
  readonly by?: (request: SamplingRequest) => string;
  /** How many operations have a rate of their own; default 200. The rest shares one. */
  readonly operationsMax?: number;
}

interface Operation {
  /** Arrivals, those of long ago weighing less. */
  count: number;
  atMs: number;
  threshold: Threshold;
  ratio: number;
}

const ALL: Threshold = { hi: 0, lo: 0 };
/** How often the budget is shared out anew. */
const SHARE_MS = 500;
/** Or after so many arrivals: a burst on a clock that stands still. */
const SHARE_COUNT = 2000;
const LEAST = 1e-12;
/** What the operations past the most are called. */
const REST = "\u0000rest";

/**
 * Shares a budget of traces a second among the operations, so that a rare one is seen whole while a
 * busy one is thinned out: each operation gets the same share, and what one doesn't use goes to the
 * others (water filling). The probability of each is in `th`: counts stay right.
 *
 * @throws {RangeError} When `tracesPerSecond`, `adaptationMs` or `operationsMax` is not positive.
 */
export function adaptive(tracesPerSecond: number, options: AdaptiveOptions = {}): Sampler {
  const { by = operationOf, operationsMax = 200, adaptationMs = 5000, clock = systemClock } =
    options;
  checkPositive("adaptive(): tracesPerSecond", tracesPerSecond);
  checkPositive("adaptive(): adaptationMs", adaptationMs);
  checkPositive("adaptive(): operationsMax", operationsMax);
  const operations = new Map<string, Operation>();
  let startMs = Number.NaN;
  let sharedMs = 0;
  let arrivals = 0;
  const rate = new ArrivalRate(adaptationMs);
  let burst = 1;

  const share = (nowMs: number) => {
    // Early on the window is not full yet: what came came in less time.
    const elapsedMs = Math.max(SHARE_MS, nowMs - startMs);
    const windowMs = adaptationMs * (1 - Math.exp(-elapsedMs / adaptationMs));
    for (const [name, one] of operations) {
      one.count *= Math.exp(-(nowMs - one.atMs) / adaptationMs);
      one.atMs = nowMs;
      if (one.count < 0.01) operations.delete(name);
    }
    const all = [...operations.values()];
    const level = waterLevel(
      all.map(({ count }) => count / windowMs * 1000),
      tracesPerSecond,
    );
    for (const one of all) {
      const perSecond = one.count / windowMs * 1000 * burst;
      one.ratio = Math.max(LEAST, Math.min(1, level / perSecond));
      one.threshold = one.ratio === 1 ? ALL : thresholdFromProbability(one.ratio);
    }
  };
  const arrive = (request: SamplingRequest): Operation => {
    const nowMs = clock.monotonicMs();
    if (Number.isNaN(startMs)) startMs = sharedMs = nowMs;
    const name = by(request);
    const key = operations.has(name) || operations.size < operationsMax ? name : REST;
    let one = operations.get(key);
    if (one === undefined) {
      one = { count: 0, atMs: nowMs, threshold: ALL, ratio: 1 };
      operations.set(key, one);
    }
    one.count = one.count * Math.exp(-(nowMs - one.atMs) / adaptationMs) + 1;
    one.atMs = nowMs;
    rate.arrive(nowMs);
    if (nowMs - sharedMs >= SHARE_MS || ++arrivals >= SHARE_COUNT || rate.burst > 1.5 * burst) {
      burst = rate.burst;
      share(nowMs);
      sharedMs = nowMs;
      arrivals = 0;
    }
    return one;
  };
  const decide = ({ randomHigh, randomLow }: SamplingRequest, { threshold }: Operation) =>
    isKept(randomHigh, randomLow, threshold) ? { isSampled: true, threshold } : DROP;
  return withReason((request) => decide(request, arrive(request)), (request) => {
    const name = by(request);
    const one = operations.get(name) ??
      { count: 0, atMs: 0, threshold: ALL, ratio: 1 };
    return {
      decision: decide(request, one),
      because: [
        `operation ${JSON.stringify(name)} has probability ${one.ratio.toPrecision(3)} of ` +
        `${tracesPerSecond} traces a second for ${operations.size} operations`,
      ],
    };
  });
}

function operationOf({ kind, name, attributes }: SamplingRequest): string {
  const route = attributes?.["http.route"] ?? attributes?.["url.path"];
  return typeof route === "string" ? `${kind} ${name} ${route}` : `${kind} ${name}`;
}

/** The share at which all rates, each cut off there, sum up to the budget. */
export function waterLevel(rates: readonly number[], budget: number): number {
  const sorted = rates.toSorted((a, b) => a - b);
  let left = budget;
  for (let index = 0; index < sorted.length; index++) {
    const share = left / (sorted.length - index);
    if (sorted[index] > share) return share;
    left -= sorted[index];
  }
  return Number.POSITIVE_INFINITY;
}
