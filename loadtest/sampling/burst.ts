import { BEFORE_BURSTS, IN_BURST } from "./truth.ts";

/** How a strategy takes a burst. */
export interface BurstScore {
  /** The part of traces kept within bursts over that in quiet times: 1 lets a burst through. */
  readonly burstRatio: number;
  /** Seconds after a burst until as many are kept as in quiet times; NaN without bursts. */
  readonly recoverySeconds: number;
}

/** From here on a burst is over for every strategy: quiet times. */
const QUIET_S = 20;
/** A second is as quiet times when its part is within so much, or within what chance does. */
const WITHIN = 0.25;
const SIGMAS = 2.5;

interface Count {
  all: number;
  kept: number;
}

/** Sums up what was kept by the second after the end of a burst, over all bursts. */
export class BurstSum {
  readonly #burst: Count = { all: 0, kept: 0 };
  readonly #quiet: Count = { all: 0, kept: 0 };
  readonly #after: Count[] = Array.from({ length: QUIET_S }, () => ({ all: 0, kept: 0 }));

  /** A trace so many seconds after a burst was kept or not. */
  add(phaseS: number, isKept: boolean): void {
    if (phaseS === BEFORE_BURSTS) return;
    const count = phaseS === IN_BURST ? this.#burst : this.#after[phaseS] ?? this.#quiet;
    count.all++;
    if (isKept) count.kept++;
  }

  /** What it comes to. */
  get score(): BurstScore {
    const quiet = this.#quiet.kept / this.#quiet.all;
    const isKnown = this.#burst.all > 0 && this.#quiet.kept > 0;
    if (!isKnown) return { burstRatio: Number.NaN, recoverySeconds: Number.NaN };
    let recoverySeconds = 0;
    this.#after.forEach(({ all, kept }, second) => {
      const wanted = all * quiet;
      const allowed = Math.max(WITHIN * wanted, SIGMAS * Math.sqrt(wanted));
      if (Math.abs(kept - wanted) > allowed) recoverySeconds = second + 1;
    });
    return { burstRatio: this.#burst.kept / this.#burst.all / quiet, recoverySeconds };
  }
}
