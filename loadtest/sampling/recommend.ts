import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { errors, parentOr, probability, rare, slowerThan, tail, type TailRule } from "../../mod.ts";
import type { Interval } from "../statistics/bootstrap.ts";
import { overSeeds } from "./aggregate.ts";
import { type Experiment, sourceOf } from "./experiment.ts";
import type { Score } from "./score.ts";
import { replay } from "./replay.ts";
import { atRate, chunksOf, type SourceSpec } from "./source.ts";
import type { Strategy } from "./strategy.ts";
import { meanRateOf } from "./world.ts";

/** What must be seen whatever it costs. */
export const MUST_SEE = ["errors", "rare", "slow"] as const;

/** One of {@linkcode MUST_SEE}. */
export type MustSee = typeof MUST_SEE[number];

/** What somebody wants. */
export interface Wish {
  /** Traces a second. */
  readonly ratePerS: number;
  /** Bytes a day that may be sent. */
  readonly bytesPerDay: number;
  readonly mustSee: readonly MustSee[];
  /** What "slow" is, in milliseconds. */
  readonly slowMs: number;
  /** Where decisions fall; undefined: in each service, where there are several. */
  readonly topology: "process" | "services" | undefined;
}

/** What is recommended, and what replays say of it. */
export interface Recommendation {
  readonly configuration: string;
  readonly topology: "process" | "services";
  /** The part of the traces that the head lets through, and of them, that no rule keeps. */
  readonly head: number;
  readonly otherwise: number;
  /** Bytes a day by the seeds that it was set by, with the interval for others. */
  readonly expectedBytesPerDay: Interval;
  /** And by others, with theirs. */
  readonly replayedBytesPerDay: Interval;
  /** True when the replay is within the interval of what was expected. */
  readonly isConfirmed: boolean;
  /** True when the budget is held and what must be seen is kept by a rule. */
  readonly isMet: boolean;
  readonly wish: Wish;
  /** What it sees, by the other seeds. */
  readonly sees: Readonly<Record<typeof SEEN[number], Interval>>;
  readonly rareRecall: Readonly<Record<string, Interval>>;
  readonly countRmse: Interval;
  readonly countCoverage: Interval;
  readonly peakWaitingBytes: number;
  /** Bytes a day of what must be seen, alone. */
  readonly rulesBytesPerDay: number;
  /** What the same would see if it were decided in one place, as by a collector; else undefined. */
  readonly inOnePlace:
    | { readonly errorRecall: Interval; readonly completeness: Interval }
    | undefined;
  /** Traces that it was replayed with. */
  readonly traces: number;
}

const SEEN = ["errorRecall", "pathCoverage", "completeness", "tracesKept"] as const;
const SECONDS_A_DAY = 86_400;
/** A budget is a limit, and streams differ. */
const MARGIN = 0.98;
/** Other seeds than those that it was set by. */
const OTHER_SEEDS = 500;
const RULES: Readonly<Record<MustSee, (wish: Wish) => { text: string; make: () => TailRule }>> = {
  errors: () => ({ text: "errors()", make: () => errors() }),
  rare: () => ({ text: "rare()", make: () => rare() }),
  slow: ({ slowMs }) => ({ text: `slowerThan(${slowMs})`, make: () => slowerThan(slowMs) }),
};

type Topology = "process" | "services";

function strategyOf(wish: Wish, topology: Topology, head: number, otherwise: number): Strategy {
  const keep = wish.mustSee.map((one) => RULES[one](wish));
  const names = ["createTelemetry", "otlp"];
  const lines = ['  service: "…",'];
  if (head < 1) {
    names.push("parentOr", "probability");
    lines.push(`  sampler: parentOr(probability(${head})),`);
  }
  if (keep.length === 0) lines.push("  sinks: [otlp()],");
  else {
    names.push("pipe", "tail", ...wish.mustSee.map((one) => RULES[one](wish).text.split("(")[0]));
    const rules = keep.map(({ text }) => text).join(", ");
    lines.push(`  sinks: [pipe(tail({ keep: [${rules}], otherwise: ${otherwise} }), otlp())],`);
  }
  return {
    name: "recommended",
    signals: "traces",
    topology,
    isEveryErrorKept: wish.mustSee.includes("errors") && head === 1,
    configuration: `import { ${names.toSorted().join(", ")} } from "@sextant/sextant";

createTelemetry({
${lines.join("\n")}
});`,
    make: () => ({
      ...(head < 1 ? { sampler: parentOr(probability(head)) } : {}),
      ...(keep.length === 0
        ? {}
        : { layers: [tail({ keep: keep.map(({ make }) => make()), otherwise })] }),
    }),
  };
}

/** Rate and number of services of a source. */
async function lookAt(
  source: SourceSpec,
  traces: number,
): Promise<{ rate: number; services: number }> {
  if (source.kind === "world") {
    return { rate: meanRateOf(source.world), services: source.world.services };
  }
  const services = new Set<string>();
  let seen = 0;
  let lastMs = 0;
  for await (const chunk of chunksOf(source, 1, traces)) {
    seen += chunk.length;
    lastMs = chunk.at(-1)!.startMs;
    for (const { spans } of chunk) for (const { service } of spans) services.add(service);
  }
  return { rate: seen / Math.max(0.001, lastMs / 1000), services: services.size };
}

/**
 * Finds the part of the other traces that fills a budget once what must be seen has been kept, and
 * holds other streams against what it expects of them.
 */
export async function recommend(
  wish: Wish,
  experiment: Pick<Experiment, "world" | "capture" | "traces" | "seeds">,
): Promise<Recommendation> {
  const { seeds, traces } = experiment;
  const given = await sourceOf(experiment);
  const { rate, services } = await lookAt(given, traces);
  const source = atRate(given, wish.ratePerS, rate);
  const topology = wish.topology ?? (services > 1 ? "services" : "process");
  const run = async (strategies: readonly Strategy[], offset: number) => {
    const scores: Score[][] = [];
    for (const seed of seeds) {
      const chunks = chunksOf(source, seed + offset, traces);
      scores.push(await replay(strategies, chunks, seed + offset));
    }
    return scores;
  };
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const hasRules = wish.mustSee.length > 0;
  const bare = await run([
    strategyOf({ ...wish, mustSee: [] }, topology, 1, 1),
    ...(hasRules ? [strategyOf(wish, topology, 1, 0)] : []),
  ], 0);
  const whole = mean(bare.map(([{ bytesPerTrace }]) => bytesPerTrace));
  const rules = hasRules ? mean(bare.map(([, { bytesPerTrace }]) => bytesPerTrace)) : 0;
  const target = wish.bytesPerDay / SECONDS_A_DAY / wish.ratePerS * MARGIN;
  const setting = settingOf(target, whole, rules, hasRules);
  const strategy = strategyOf(wish, topology, setting.head, setting.otherwise);
  const own = (await run([strategy], 0)).map(([score]) => score);
  const isSpread = topology === "services" && hasRules;
  const replayed = await run(
    isSpread ? [strategy, { ...strategy, topology: "process" }] : [strategy],
    OTHER_SEEDS,
  );
  const others = replayed.map(([score]) => score);
  const perDay = (bytes: number) => bytes * wish.ratePerS * SECONDS_A_DAY;
  const expectedBytesPerDay = forOthers(own.map((one) => perDay(one.bytesPerTrace)));
  const replayedBytesPerDay = overSeeds(others.map((one) => perDay(one.bytesPerTrace)));
  const { low, high } = expectedBytesPerDay;
  const { estimate } = replayedBytesPerDay;
  const isHeld = replayedBytesPerDay.low <= wish.bytesPerDay;
  const of = (take: (one: Score) => number) => overSeeds(others.map(take));
  return {
    configuration: strategy.configuration,
    topology,
    ...setting,
    expectedBytesPerDay,
    replayedBytesPerDay,
    isConfirmed: estimate >= low && estimate <= high,
    isMet: isHeld && (!hasRules || setting.head === 1),
    wish,
    sees: Object.fromEntries(SEEN.map((name) => [name, of((one) => one[name])])) as Recommendation[
      "sees"
    ],
    rareRecall: Object.fromEntries(
      Object.keys(others[0].rareRecall).map((rarity) => [
        rarity,
        of((one) => one.rareRecall[rarity] ?? Number.NaN),
      ]),
    ),
    countRmse: of(({ count }) => count.rmse),
    countCoverage: of(({ count }) => count.coverage),
    peakWaitingBytes: Math.max(...others.map((one) => one.peakWaitingBytes)),
    rulesBytesPerDay: perDay(rules),
    inOnePlace: isSpread ? seenBy(replayed.map(([, score]) => score)) : undefined,
    traces: others.reduce((sum, { traces }) => sum + traces, 0),
  };
}

function seenBy(scores: readonly Score[]): NonNullable<Recommendation["inOnePlace"]> {
  return {
    errorRecall: overSeeds(scores.map(({ errorRecall }) => errorRecall)),
    completeness: overSeeds(scores.map(({ completeness }) => completeness)),
  };
}

/** Rounded down, to three digits. */
function down(value: number): number {
  const scale = 10 ** (2 - Math.floor(Math.log10(value)));
  return Math.floor(value * scale) / scale;
}

function settingOf(target: number, whole: number, rules: number, hasRules: boolean) {
  if (target >= whole) return { head: 1, otherwise: 1 };
  if (!hasRules) return { head: down(target / whole), otherwise: 1 };
  // What must be seen is too much: the head lets through the part that is not.
  if (rules >= target) return { head: down(target / rules), otherwise: 0 };
  return { head: 1, otherwise: down((target - rules) / (whole - rules)) };
}

/** The mean of some streams, with the interval in which that of as many others lies. */
function forOthers(values: readonly number[]): Interval {
  const { length } = values;
  const estimate = values.reduce((a, b) => a + b, 0) / length;
  if (length < 2) return { estimate, low: estimate, high: estimate };
  const variance = values.reduce((sum, one) => sum + (one - estimate) ** 2, 0) / (length - 1);
  const half = tQuantile(0.975, length - 1) * Math.sqrt(variance * 2 / length);
  return { estimate, low: estimate - half, high: estimate + half };
}
