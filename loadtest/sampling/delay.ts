/** Bins are a tenth apart: a percentile is right to within so much. */
const STEP = 1.1;
const BINS = 240;

/** How long decisions take: a mean, and percentiles to within a tenth. */
export class DelaySum {
  #count = 0;
  #sumMs = 0;
  /** Bin 0 is below 0.001 ms. */
  readonly #bins = new Uint32Array(BINS);

  /** A record was let through so many milliseconds after it was made. */
  add(delayMs: number): void {
    this.#count++;
    if (delayMs < 0.001) {
      this.#bins[0]++;
      return;
    }
    this.#sumMs += delayMs;
    const bin = 1 + Math.floor(Math.log(delayMs / 0.001) / Math.log(STEP));
    this.#bins[Math.min(BINS - 1, bin)]++;
  }

  /** The mean and the 99th percentile; NaN when there was none. */
  get score(): { readonly delayMeanMs: number; readonly delayP99Ms: number } {
    if (this.#count === 0) return { delayMeanMs: Number.NaN, delayP99Ms: Number.NaN };
    let left = this.#count * 0.99;
    const bin = this.#bins.findIndex((count) => (left -= count) <= 0);
    return {
      delayMeanMs: this.#sumMs / this.#count,
      delayP99Ms: bin === 0 ? 0 : 0.001 * STEP ** bin,
    };
  }
}
