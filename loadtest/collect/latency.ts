import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  type JsHistogram,
} from "hdr-histogram-js";

const MOST_US = 60_000_000;

/**
 * A histogram of microseconds up to a minute, three significant digits.
 *
 * @param bitBucketSize How far each count goes: 64 where those of many machines are added up.
 */
export function latencyHistogram(bitBucketSize: 32 | 64 = 32): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
    bitBucketSize,
  });
}

/** What one restart has measured, by {@linkcode keyOf}: HdrHistogram's compressed V2 encoding. */
export interface LatencyLine {
  readonly restart: number;
  readonly histograms: Readonly<Record<string, string>>;
}

/** The name of an arm's histogram: of its slots, of another load, or of its event loop's delay. */
export function keyOf(arm: string, of: "slots" | "loop" | number | null = "slots"): string {
  if (of === "slots") return arm;
  return of === "loop" ? `${arm}\tloop` : `${arm}\t${of ?? "saturated"}`;
}

/** Collects the microseconds of one restart: memory is by arm and load, not by request. */
export class Latencies {
  readonly #histograms = new Map<string, Histogram>();

  /** Counts a value under a name. */
  record(key: string, valueUs: number): void {
    let histogram = this.#histograms.get(key);
    if (histogram === undefined) this.#histograms.set(key, histogram = latencyHistogram());
    histogram.recordValue(Math.min(Math.max(1, Math.round(valueUs)), MOST_US));
  }

  /** Everything of a restart, after which the next begins. */
  take(restart: number): LatencyLine {
    const histograms = Object.fromEntries(
      Array.from(this.#histograms, ([key, one]) => [key, encodeIntoCompressedBase64(one)]),
    );
    this.#histograms.clear();
    return { restart, histograms };
  }
}

/** The counts of one name over all restarts, merged; undefined where there are none. */
export function mergedOf(lines: readonly LatencyLine[], key: string): Histogram | undefined {
  let merged: Histogram | undefined;
  for (const { histograms } of lines) {
    if (histograms[key] === undefined) continue;
    merged ??= latencyHistogram();
    merged.add(decodeFromCompressedBase64(histograms[key]) as JsHistogram);
  }
  return merged;
}

/** Bins to a power of two: a bin is 2.2 % wide. */
const BINS_AN_OCTAVE = 32;
const BINS = Math.ceil(Math.log2(MOST_US) * BINS_AN_OCTAVE) + 1;

/** Counts by logarithmic bins: coarser than the histogram, and quick to draw from again and again. */
export function binsOf(encoded: string): Float64Array {
  const bins = new Float64Array(BINS);
  const histogram = decodeFromCompressedBase64(encoded) as JsHistogram;
  for (let index = 0; index < histogram.countsArrayLength; index++) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    const valueUs = Math.max(1, histogram.valueFromIndex(index));
    bins[Math.floor(Math.log2(valueUs) * BINS_AN_OCTAVE)] += count;
  }
  return bins;
}

/** The value below which a part of the counts lies, interpolated within its bin. */
export function binQuantile(bins: Float64Array, part: number): number {
  const wanted = part * bins.reduce((sum, count) => sum + count, 0);
  let before = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    if (bins[bin] > 0 && before + bins[bin] >= wanted) {
      return 2 ** ((bin + (wanted - before) / bins[bin]) / BINS_AN_OCTAVE);
    }
    before += bins[bin];
  }
  return NaN;
}
