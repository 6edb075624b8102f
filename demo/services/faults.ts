/** How much goes wrong: nothing, now and then, often. */
export type FaultLevel = "off" | "some" | "many";

/** The levels, as error messages name them. */
export const FAULT_LEVELS: readonly FaultLevel[] = ["off", "some", "many"];

/** Seeded faults: the n-th question has the same answer in every run of the same seed. */
export interface Faults {
  /** Milliseconds a query takes longer; mostly 0. */
  slowQueryMs(): number;
  /** True: the bank declines a card that is good. */
  isDeclined(): boolean;
  /** True: payments answers 503 before it has done anything. */
  isUnavailable(): boolean;
  /** True: payments charges and answers 503 all the same: the caller can't know. */
  isReplyLost(): boolean;
}

const RATES: Readonly<Record<FaultLevel, number>> = { off: 0, some: 1, many: 5 };

/**
 * A small seeded generator of numbers from 0 to 1 (mulberry32, by T. Ettinger): good enough to
 * choose faults and traffic by.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A level, or what says the present one where it can be changed. */
export type FaultSetting = FaultLevel | (() => FaultLevel);

/** Makes faults; each kind has a sequence of its own, so that one does not shift another. */
export function seededFaults(seed: number, setting: FaultSetting): Faults {
  const level = typeof setting === "function" ? setting : () => setting;
  const [slow, decline, unavailable, lost] = [1, 2, 3, 4].map((kind) =>
    seededRandom(seed * 8 + kind)
  );
  const happens = (random: () => number, chance: number) => random() < chance * RATES[level()];
  return {
    slowQueryMs: () => happens(slow, 0.04) ? 80 + Math.floor(slow() * 170) : 0,
    isDeclined: () => happens(decline, 0.04),
    isUnavailable: () => happens(unavailable, 0.06),
    isReplyLost: () => happens(lost, 0.03),
  };
}
