import { type Clock, systemClock } from "../core/clock.ts";
import { isKept, type Threshold, thresholdFromProbability } from "../core/threshold.ts";
import { ArrivalRate } from "./arrival_rate.ts";
import { withReason } from "./explain.ts";
import { DROP, type Sampler, type SamplingRequest } from "./sampler.ts";

/** Options of {@linkcode rateLimited} and {@linkcode adaptive}. */
export interface RateOptions {
  /** Over how many milliseconds the rate of arrivals is estimated; default 5000. */
  readonly adaptationMs?: number;
  /** Where time comes from; default the platform's clock. */
  readonly clock?: Clock;
}

/** A probability is not changed for a difference smaller than this part of the arrivals. */
const STEP = 0.03125;
/** Nor before this many milliseconds have gone, while arrivals are few. */
const STEP_MS = 10;
/** The smallest probability: below it no trace would come through in a lifetime. */
const LEAST = 1e-12;

/**
 * Keeps about `tracesPerSecond` traces a second by sampling with a probability that follows the
 * rate of arrivals. The probability is written into `th`, so that counts stay right: it depends on
 * how many traces arrived, never on which of them were kept.
 *
 * The rate is the exponentially weighted one of OpenTelemetry's consistent rate limiting sampler
 * (O. Ertl), and within a burst that of a window a twentieth as long, so that a burst is held down
 * as well. It starts as if nothing had arrived for `adaptationMs`: the first traces are kept.
 *
 * @throws {RangeError} When `tracesPerSecond` or `adaptationMs` is not a positive number.
 */
export function rateLimited(tracesPerSecond: number, options: RateOptions = {}): Sampler {
  checkPositive("rateLimited(): tracesPerSecond", tracesPerSecond);
  const { adaptationMs = 5000, clock = systemClock } = options;
  checkPositive("rateLimited(): adaptationMs", adaptationMs);
  const rate = new ArrivalRate(adaptationMs);
  let threshold: Threshold = { hi: 0, lo: 0 };
  let ratio = 1;
  let setMs = Number.NEGATIVE_INFINITY;
  let setCount = 0;

  const arrive = () => {
    const nowMs = clock.monotonicMs();
    rate.arrive(nowMs);
    // The threshold costs more than the decision, so it is not made anew for every arrival.
    if (nowMs - setMs < STEP_MS && Math.abs(rate.count - setCount) < setCount * STEP) return;
    setMs = nowMs;
    setCount = rate.count;
    const perMs = rate.steadyPerMs * rate.burst;
    ratio = Math.max(LEAST, Math.min(1, tracesPerSecond / 1000 / perMs));
    threshold = thresholdFromProbability(ratio);
  };
  const decide = ({ randomHigh, randomLow }: SamplingRequest) =>
    isKept(randomHigh, randomLow, threshold) ? { isSampled: true, threshold } : DROP;
  return withReason(
    (request) => {
      arrive();
      return decide(request);
    },
    (request) => ({
      decision: decide(request),
      because: [
        `${tracesPerSecond} traces a second are wanted and about ${
          (rate.steadyPerMs * rate.burst * 1000).toPrecision(3)
        } arrive: probability ${ratio.toPrecision(3)}`,
      ],
    }),
  );
}

/** @throws {RangeError} When a value is not a positive, finite number. */
export function checkPositive(where: string, value: unknown): void {
  if (typeof value !== "number" || !(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${where} is ${String(value)}, allowed is a positive number`);
  }
}
