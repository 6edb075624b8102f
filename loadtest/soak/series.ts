/** The books of all telemetries of a process, added up. */
export interface Books {
  created: number;
  delivered: number;
  dropped: number;
  queued: number;
  queuedBytes: number;
}

/** A look into a process, after its garbage was collected. */
export interface Look {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly externalBytes: number;
  readonly books: Books;
}

/** A look at a moment of a run. */
export interface Sample extends Look {
  /** Seconds since the start. */
  readonly atSeconds: number;
  /** Requests answered so far. */
  readonly requests: number;
}

/** What became of the memory in a run. */
export interface Trend {
  /** The mean after the warm-up, in bytes. */
  readonly meanBytes: number;
  /** By how much the fitted line rises from the end of the warm-up to the end, in bytes. */
  readonly growthBytes: number;
  /** Half of the 95 % interval of the growth, in bytes. */
  readonly halfWidthBytes: number;
  /** The most there was, in bytes. */
  readonly maxBytes: number;
  /** The growth that would still count as none, in bytes. */
  readonly allowedBytes: number;
  /** True when even the upper end of the interval is no more than that. */
  readonly isFlat: boolean;
}

/** The part of a run in which caches fill. */
export const WARM_UP = 0.25;
/** A rise by so much of the mean counts as none, */
const ALLOWED_SHARE = 0.05;
/** as does one by so many bytes. */
const ALLOWED_BYTES = 2 * 1024 * 1024;
/** The normal distribution's 97.5 %; there are dozens of samples. */
const Z = 1.96;

/**
 * Fits a line through the memory after the warm-up (ordinary least squares). Flat means that growth
 * above the allowed is ruled out, not that none was found.
 *
 * @throws {RangeError} When fewer than four samples are left.
 */
export function trendOf(samples: readonly Sample[], of: (sample: Sample) => number): Trend {
  const endSeconds = samples.at(-1)?.atSeconds ?? 0;
  const kept = samples.filter(({ atSeconds }) => atSeconds >= endSeconds * WARM_UP);
  if (kept.length < 4) throw new RangeError(`${kept.length} samples, wanted are at least 4`);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const times = kept.map(({ atSeconds }) => atSeconds);
  const values = kept.map(of);
  const [meanTime, meanBytes] = [mean(times), mean(values)];
  const spread = times.reduce((sum, time) => sum + (time - meanTime) ** 2, 0);
  const slope = times.reduce((sum, time, i) => sum + (time - meanTime) * values[i], 0) / spread;
  const residual = values.reduce(
    (sum, value, i) => sum + (value - meanBytes - slope * (times[i] - meanTime)) ** 2,
    0,
  );
  const slopeError = Math.sqrt(residual / (kept.length - 2) / spread);
  const seconds = times.at(-1)! - times[0];
  const growthBytes = slope * seconds;
  const halfWidthBytes = Z * slopeError * seconds;
  const allowedBytes = Math.max(ALLOWED_BYTES, meanBytes * ALLOWED_SHARE);
  return {
    meanBytes,
    growthBytes,
    halfWidthBytes,
    maxBytes: Math.max(...samples.map(of)),
    allowedBytes,
    isFlat: growthBytes + halfWidthBytes <= allowedBytes,
  };
}

/** Samples in which something was neither delivered, nor dropped, nor queued. */
export function lawBreaks(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ books }) =>
    books.created !== books.delivered + books.dropped + books.queued
  );
}
