/**
 * Strategies that lie, so that one sees how scores expose them: bias, and intervals that don't hold.
 * `deno task loadtest sampling --strategies loadtest/sampling/examples/broken.ts`
 */
import { probability, type Sampler } from "../../../mod.ts";
import type { Strategy } from "../strategy.ts";

const KEPT = 0.1;

/** Keeps one in ten, and says that it was another part. */
function lying(said: number): Sampler {
  const honest = probability(KEPT);
  return (request) => ({
    ...honest(request),
    threshold: { hi: Math.floor((1 - said) * 2 ** 24), lo: 0 },
  });
}

/** Changes what it keeps and goes on saying what it kept at first. */
function stale(): Sampler {
  const before = probability(KEPT * 2);
  const now = probability(KEPT);
  let count = 0;
  return (request) => {
    if (count++ < 5000) return before(request);
    const { isSampled } = now(request);
    return isSampled ? before(request) : { isSampled, threshold: undefined };
  };
}

const strategies: readonly Strategy[] = [
  {
    name: "broken: stale threshold",
    signals: "traces",
    configuration: "it keeps 1 in 10 and says 1 in 5, as it was before",
    make: () => ({ sampler: stale() }),
  },
  {
    name: "broken: wrong adjusted count",
    signals: "traces",
    configuration: "it keeps 1 in 10 and says 1 in 20",
    make: () => ({ sampler: lying(KEPT / 2) }),
  },
];

export default strategies;
