import type { Comparison } from "../model/model.ts";

/** How two runs differ. */
export interface Regressions {
  /** True when an arm costs more than before, beyond chance and the margin. */
  readonly isWorse: boolean;
  readonly arms: readonly ArmChange[];
  readonly lines: readonly string[];
}

/** How an arm's overhead has changed. */
export interface ArmChange {
  readonly arm: string;
  /** What it costs more than before, in µs a request. */
  readonly changeUs: number;
  readonly low: number;
  readonly high: number;
  readonly isWorse: boolean;
}

/** A 95 % interval is so many standard errors to either side, nearly. */
const SIDES = 1.96;

/**
 * Holds a run against an earlier one: the change of each arm's overhead over its own first arm, so
 * that a machine that has become slower is in both. The intervals' errors are taken as independent
 * and normal. An arm is worse when the whole interval of its change is above `deltaUs`.
 */
export function regressionsOf(
  before: Comparison,
  after: Comparison,
  deltaUs: number,
): Regressions {
  const arms = after.arms.flatMap(({ arm, againstFirstUs: now }): ArmChange[] => {
    const then = before.arms.find((one) => one.arm === arm)?.againstFirstUs;
    if (now === null || then === undefined || then === null) return [];
    const errorOf = ({ low, high }: { low: number; high: number }) => (high - low) / 2 / SIDES;
    const half = SIDES * Math.hypot(errorOf(now), errorOf(then));
    const changeUs = now.estimate - then.estimate;
    const low = changeUs - half;
    return [{ arm, changeUs, low, high: changeUs + half, isWorse: low > deltaUs }];
  });
  const isWorse = arms.some((one) => one.isWorse);
  const isSameLoad = before.load === after.load;
  const untrusted = [["the first", before], ["the second", after]] as const;
  return {
    isWorse,
    arms,
    lines: [
      ...(isSameLoad ? [] : [`the loads differ: ${before.load}; then ${after.load}`]),
      ...untrusted.flatMap(([name, { reasons }]) =>
        reasons.map((reason) => `NOT TRUSTWORTHY: ${name} run: ${reason}`)
      ),
      ...arms.map(({ arm, changeUs, low, high, isWorse }) =>
        `${isWorse ? "WORSE " : "      "}${arm.padEnd(20)} ${changeUs >= 0 ? "+" : ""}${
          changeUs.toFixed(2)
        } µs (${low.toFixed(2)} to ${high.toFixed(2)})`
      ),
      isWorse
        ? `an arm costs more than before by over ${deltaUs} µs`
        : `no arm is shown to cost over ${deltaUs} µs more than before`,
    ],
  };
}
