import { keyOf, type LatencyLine, mergedOf } from "../collect/latency.ts";
import type { Comparison, Sample } from "../model/model.ts";
import { quantile } from "../statistics/bootstrap.ts";

type Arm = Comparison["arms"][number];

/** The mean of what is known, weighed by time; null where nothing is. */
export function meanOf(
  samples: readonly Sample[],
  take: (sample: Sample) => number | null,
): number | null {
  let sum = 0;
  let seconds = 0;
  for (const sample of samples) {
    const value = take(sample);
    if (value === null) continue;
    sum += value * sample.seconds;
    seconds += sample.seconds;
  }
  return seconds === 0 ? null : sum / seconds;
}

/** What is summed over an arm's slots under the plan's own load. */
export function sumsOf(own: readonly Sample[]) {
  const sum = (take: (sample: Sample) => number) => own.reduce((all, one) => all + take(one), 0);
  const requests = sum((one) => one.requests);
  const each = (take: (sample: Sample) => number | null) =>
    own.some((one) => take(one) === null) ? null : sum((one) => take(one)!) / requests;
  return {
    userUsPerRequest: each((one) => one.userUs),
    systemUsPerRequest: each((one) => one.systemUs),
    rssMiB: Math.max(0, ...own.map(({ rssBytes }) => rssBytes)) / 2 ** 20,
    heapGrowthMiB: heapGrowthOf(own),
    bytesPerRequest: sum((one) => one.exportedBytes) / requests,
    gzipBytesPerRequest: sum((one) => one.gzipBytes) / requests,
    exportsPer1000: sum((one) => one.exportRequests) / requests * 1000,
    dropped: droppedOf(own),
    missing: own.reduce((all, one) => all + (one.delivered ?? one.received) - one.received, 0),
    errors: sum((one) => one.errors),
    unsent: sum((one) => one.unsent),
    generatorBusy: meanOf(own, (one) => one.generatorBusy),
    sinkBusy: meanOf(own, (one) => one.sinkBusy),
    stolen: meanOf(own, (one) => one.stolen),
    answeredPerS: requests / sum((one) => one.seconds),
  };
}

function droppedOf(own: readonly Sample[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [reason, count] of own.flatMap(({ dropped }) => Object.entries(dropped))) {
    sums[reason] = (sums[reason] ?? 0) + count;
  }
  return sums;
}

/** How much the used heap grew from the first to the last block of a restart, in the median. */
function heapGrowthOf(own: readonly Sample[]): number {
  const growths = [...Map.groupBy(own, ({ restart }) => restart).values()]
    .map((one) => (one.at(-1)!.heapBytes - one[0].heapBytes) / 2 ** 20);
  return growths.length === 0 ? 0 : quantile(growths, 0.5);
}

/** Percentiles of an arm's merged counts. */
export function latencyOf(
  lines: readonly LatencyLine[],
  arm: string,
  load: "slots" | number,
): Arm["latencyUs"] {
  const histogram = mergedOf(lines, keyOf(arm, load));
  const at = (percentile: number) => histogram?.getValueAtPercentile(percentile) ?? 0;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9) };
}

/** How late the timers of an arm's event loop were. */
export function loopDelayOf(lines: readonly LatencyLine[], arm: string): Arm["loopDelayUs"] {
  const histogram = mergedOf(lines, keyOf(arm, "loop"));
  if (histogram === undefined) return null;
  return {
    p50: histogram.getValueAtPercentile(50),
    p99: histogram.getValueAtPercentile(99),
    max: histogram.maxValue,
  };
}

/** Tukey's fences: beyond one and a half times the middle half's width. */
export function isOutlier(values: readonly number[]): (value: number) => boolean {
  const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)];
  const reach = 1.5 * (high - low);
  return (value) => value < low - reach || value > high + reach;
}

/** The load test's own memory, after each tenth of the requests. */
export function ownMemoryOf(samples: readonly Sample[]): Comparison["ownRssMiB"] {
  const all = samples.reduce((sum, { requests }) => sum + requests, 0);
  const tenths: { requests: number; rssMiB: number }[] = [];
  let requests = 0;
  let most = 0;
  for (const sample of samples) {
    requests += sample.requests;
    most = Math.max(most, sample.ownRssBytes / 2 ** 20);
    if (requests >= all * (tenths.length + 1) / 10 || sample === samples.at(-1)) {
      tenths.push({ requests, rssMiB: most });
      most = 0;
    }
  }
  return tenths;
}
