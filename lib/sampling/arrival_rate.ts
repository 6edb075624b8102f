/** The short window is so many times shorter than the long one. */
const SHORTER = 20;
/** A burst is a short rate above the long one by so many standard deviations. */
const SURE = 3;

/**
 * How fast something arrives, by two exponentially weighted windows: the long one is steady, and the
 * short one stands in for it while it is higher by more than chance would make it. So a burst is
 * met within a twentieth of the window, and the noise of few arrivals is not taken for one.
 */
export class ArrivalRate {
  readonly #longMs: number;
  readonly #shortMs: number;
  #longWindowMs: number;
  #longCount = 0;
  #shortWindowMs: number;
  #shortCount = 0;
  #lastMs = Number.NaN;

  /** Starts as if nothing had arrived for the whole of its window. */
  constructor(adaptationMs: number) {
    this.#longMs = this.#longWindowMs = adaptationMs;
    this.#shortMs = this.#shortWindowMs = adaptationMs / SHORTER;
  }

  /** Something arrives. */
  arrive(nowMs: number): void {
    const sinceMs = nowMs > this.#lastMs ? nowMs - this.#lastMs : 0;
    this.#lastMs = nowMs;
    if (sinceMs > 0) {
      const long = Math.exp(-sinceMs / this.#longMs);
      const short = Math.exp(-sinceMs / this.#shortMs);
      this.#longWindowMs = this.#longWindowMs * long + sinceMs;
      this.#shortWindowMs = this.#shortWindowMs * short + sinceMs;
      this.#longCount *= long;
      this.#shortCount *= short;
    }
    this.#longCount++;
    this.#shortCount++;
  }

  /** Arrivals in the long window, for telling when enough has changed. */
  get count(): number {
    return this.#longCount;
  }

  /** Arrivals a millisecond over the long window. */
  get steadyPerMs(): number {
    return this.#longCount / this.#longWindowMs;
  }

  /** How many times the steady rate it is now: 1 unless a burst is sure. */
  get burst(): number {
    const expected = this.steadyPerMs * this.#shortWindowMs;
    const isSure = this.#shortCount > expected + SURE * Math.sqrt(expected + 1);
    return isSure ? this.#shortCount / expected : 1;
  }
}
