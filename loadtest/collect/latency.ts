import { build, type Histogram } from "hdr-histogram-js";

/**
 * A histogram of microseconds up to a minute, three significant digits.
 *
 * @param bitBucketSize How far each count goes: 64 where those of many machines are added up.
 */
export function latencyHistogram(bitBucketSize: 32 | 64 = 32): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
    bitBucketSize,
  });
}
