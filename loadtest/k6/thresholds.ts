import { latencyHistogram } from "../collect/latency.ts";
import type { Series } from "./segment_file.ts";

/** A threshold of a k6 script, held against what was merged. */
export interface Limit {
  /** As the script has it: `http_req_duration{arm:traces}`. */
  readonly metric: string;
  /** `p(99)<250`, in milliseconds. */
  readonly source: string;
  /** Undefined when it can't be told from histograms. */
  readonly value: number | undefined;
  readonly isMet: boolean | undefined;
}

type Merged = Omit<Series, "segment">;

/** Metrics of k6 whose values are in series of these kinds. */
const KINDS: Readonly<Record<string, Series["kind"]>> = {
  http_req_duration: "request",
  http_req_failed: "request",
  http_reqs: "request",
  sextant_journey: "journey",
  sextant_late: "late",
  sextant_mark: "mark",
};

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "===": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/**
 * Holds the thresholds of a script against merged histograms. k6 itself can only hold them against
 * what one process has seen, and keeps every value for it.
 */
export function limitsOf(
  thresholds: Readonly<Record<string, readonly string[]>>,
  series: readonly Merged[],
  dropped: number,
): Limit[] {
  return Object.entries(thresholds).flatMap(([metric, sources]) =>
    sources.map((source): Limit => {
      const [, left, operator, right] =
        /^\s*([a-z]+(?:\([\d.]+\))?)\s*(<=|>=|===|==|!=|<|>)\s*([\d.]+)\s*$/.exec(source) ?? [];
      const value = left === undefined ? undefined : valueOf(metric, left, series, dropped);
      const isMet = value === undefined ? undefined : OPERATORS[operator](value, Number(right));
      return { metric, source, value, isMet };
    })
  );
}

function valueOf(
  metric: string,
  aggregate: string,
  series: readonly Merged[],
  dropped: number,
): number | undefined {
  const [, name, filter = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(metric) ?? [];
  if (name === "dropped_iterations" && aggregate === "count") return dropped;
  const kind = KINDS[name];
  const tags = Object.fromEntries(
    filter.split(",").filter(Boolean).map((tag) => {
      const at = tag.indexOf(":");
      return [tag.slice(0, at).trim(), tag.slice(at + 1).trim()];
    }),
  );
  if (kind === undefined || Object.keys(tags).some((tag) => tag !== "arm" && tag !== "step")) {
    return;
  }
  const own = series.filter((one) =>
    one.kind === kind && (tags.arm ?? one.arm) === one.arm && (tags.step ?? one.step) === one.step
  );
  if (own.length === 0) return;
  const count = own.reduce((sum, one) => sum + one.count, 0);
  if (aggregate === "count") return count;
  if (name === "http_req_failed") {
    return aggregate === "rate"
      ? own.reduce((sum, { failed }) => sum + failed, 0) / count
      : undefined;
  }
  if (name === "http_reqs") return;
  return aggregateOf(aggregate, own);
}

/** In milliseconds, as k6 counts times. */
function aggregateOf(aggregate: string, own: readonly Merged[]): number | undefined {
  const all = latencyHistogram(64);
  for (const { histogram } of own) all.add(histogram);
  const percentile = /^p\(([\d.]+)\)$/.exec(aggregate)?.[1];
  if (percentile !== undefined) return all.getValueAtPercentile(Number(percentile)) / 1000;
  switch (aggregate) {
    case "med":
      return all.getValueAtPercentile(50) / 1000;
    case "max":
      return all.maxValue / 1000;
    case "min":
      return all.minNonZeroValue / 1000;
    case "avg":
      return all.mean / 1000;
  }
}
