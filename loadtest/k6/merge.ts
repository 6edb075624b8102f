import { encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";
import { latencyHistogram } from "../collect/latency.ts";
import { coverOf } from "./fraction.ts";
import type { Segment, Series } from "./segment_file.ts";
import { type Limit, limitsOf } from "./thresholds.ts";

/** Segments that are not one test; the message names them. */
export class MergeError extends Error {}

/** A merged series, as merged.json has it. */
export interface MergedSeries extends Omit<Series, "segment" | "histogram"> {
  readonly latencyUs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** HdrHistogram's compressed V2 encoding, in base64. */
  readonly histogram: string;
}

/** One test from what its processes have left. */
export interface Merged {
  readonly version: 1;
  /** True when something of the test is missing. */
  readonly isPartial: boolean;
  /** What is missing. */
  readonly missing: readonly string[];
  /** False when latencies don't say what they seem to. */
  readonly isTrustworthy: boolean;
  readonly reasons: readonly string[];
  readonly segments: readonly string[];
  readonly seed: number;
  readonly ratePerS: number;
  readonly arms: readonly string[];
  readonly iterations: number;
  readonly dropped: number;
  /** Of the segment that took longest. */
  readonly seconds: number;
  readonly series: readonly MergedSeries[];
  readonly limits: readonly Limit[];
}

/**
 * Merges the segments of a test: counts are added bucket by bucket, so that the result is what one
 * process would have kept, percentiles included.
 *
 * @param isPartialAllowed Merges what is there, and says what is not.
 * @throws {MergeError} When segments overlap, leave a gap, are cut, or are of different tests.
 */
export function mergeSegments(segments: readonly Segment[], isPartialAllowed: boolean): Merged {
  if (segments.length === 0) throw new MergeError("there is nothing to merge");
  checkOneTest(segments);
  const missing = missingOf(segments);
  if (missing.length > 0 && !isPartialAllowed) {
    throw new MergeError(
      `${missing.join("\n")}\nA part of the test is missing; --partial merges what is there`,
    );
  }
  const { head } = segments[0];
  const histograms = mergedSeries(segments);
  const sum = (take: (segment: Segment) => number) =>
    segments.reduce((all, segment) => all + take(segment), 0);
  const dropped = sum(({ end }) => end?.dropped ?? 0);
  const reasons = dropped === 0 ? [] : [
    `${dropped} iterations were dropped: what was slowest was not asked; lower the rate or give ` +
    "more VUs",
  ];
  return {
    version: 1,
    isPartial: missing.length > 0,
    missing,
    isTrustworthy: reasons.length === 0,
    reasons,
    segments: segments.map(({ span }) => span.text),
    seed: head.seed,
    ratePerS: head.ratePerS,
    arms: head.arms,
    iterations: sum(({ end }) => end?.iterations ?? 0),
    dropped,
    seconds: Math.max(...segments.map(({ end }) => end?.seconds ?? 0)),
    series: histograms.map(({ histogram, ...rest }) => ({
      ...rest,
      latencyUs: {
        p50: histogram.getValueAtPercentile(50),
        p90: histogram.getValueAtPercentile(90),
        p99: histogram.getValueAtPercentile(99),
        p999: histogram.getValueAtPercentile(99.9),
        max: histogram.maxValue,
      },
      histogram: encodeIntoCompressedBase64(histogram),
    })),
    limits: limitsOf(head.thresholds, histograms, dropped),
  };
}

/** Everything that tells one test from another must be the same. */
function checkOneTest(segments: readonly Segment[]): void {
  const [first] = segments;
  const test = ({ head: { seed, ratePerS, arms, weights, sequence } }: Segment) => ({
    seed,
    ratePerS,
    arms: arms.join(", "),
    weights: weights.join(", "),
    sequence,
  });
  const expected = test(first);
  for (const segment of segments) {
    for (const [name, value] of Object.entries(test(segment))) {
      const wanted = expected[name as keyof typeof expected];
      if (value === wanted) continue;
      throw new MergeError(
        `${segment.file} is of another test than ${first.file}: its ${name} is ` +
          `${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`,
      );
    }
    const stranger = segment.series.find(({ arm, kind }) =>
      first.head.arms.length > 0 && kind !== "other" && !first.head.arms.includes(arm)
    );
    if (stranger !== undefined) {
      throw new MergeError(
        `${segment.file} has the arm ${JSON.stringify(stranger.arm)} (step ` +
          `${JSON.stringify(stranger.step)}), the test has ${first.head.arms.join(", ")}`,
      );
    }
  }
  const { overlaps } = coverOf(segments.map(({ span }) => span));
  if (overlaps.length > 0) {
    throw new MergeError(
      `segments overlap: ${overlaps.join(", ")} (${segments.map(({ file }) => file).join(", ")})`,
    );
  }
}

function missingOf(segments: readonly Segment[]): string[] {
  const { gaps } = coverOf(segments.map(({ span }) => span));
  return [
    ...segments.flatMap(({ file, span, flaw }) =>
      flaw === undefined ? [] : [`${file}: segment ${span.text} is ${flaw}`]
    ),
    ...gaps.map((gap) => `no segment covers ${gap} of the test`),
  ];
}

/** Series by kind, arm and step, added up; in the order of the arms. */
function mergedSeries(segments: readonly Segment[]): Omit<Series, "segment">[] {
  const arms = segments[0].head.arms;
  const rank = (arm: string) => arms.includes(arm) ? arms.indexOf(arm) : arms.length;
  const all = segments.flatMap(({ series }) => series);
  const groups = Map.groupBy(all, ({ kind, arm, step }) => JSON.stringify([kind, arm, step]));
  return Array.from(groups.values(), (group) => {
    const [{ kind, arm, step, histogram: first }] = group;
    // A histogram of its own: what was read stays as it is.
    const histogram: Histogram = emptyLike(first);
    for (const one of group) histogram.add(one.histogram);
    const sum = (name: "count" | "failed" | "clamped") =>
      group.reduce((total, one) => total + one[name], 0);
    const counts = { count: sum("count"), failed: sum("failed"), clamped: sum("clamped") };
    return { kind, arm, step, ...counts, histogram };
  }).sort((a, b) =>
    rank(a.arm) - rank(b.arm) || a.kind.localeCompare(b.kind) || a.step.localeCompare(b.step)
  );
}

function emptyLike(histogram: Histogram): Histogram {
  const copy = latencyHistogram(64);
  if (copy.highestTrackableValue !== histogram.highestTrackableValue) {
    throw new MergeError(
      `a histogram goes to ${histogram.highestTrackableValue} µs, not ` +
        `${copy.highestTrackableValue}: it is not of this extension`,
    );
  }
  return copy;
}
