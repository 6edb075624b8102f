import { alwaysOn, errors, parentOr, probability, rare, slowerThan, tail } from "../../mod.ts";
import { type Experiment, pilot, streamsOf } from "./experiment.ts";
import { replay } from "./replay.ts";
import type { Score } from "./score.ts";
import type { Strategy } from "./strategy.ts";
import { bytesText, percent } from "./table.ts";

/** What must be seen whatever it costs. */
export const MUST_SEE = ["errors", "rare", "slow"] as const;

/** One of {@linkcode MUST_SEE}. */
export type MustSee = typeof MUST_SEE[number];

/** What somebody wants. */
export interface Wanted {
  /** Traces a second. */
  readonly ratePerS: number;
  /** Bytes a day that may be sent. */
  readonly bytesPerDay: number;
  readonly mustSee: readonly MustSee[];
  /** What "slow" is, in milliseconds. */
  readonly slowMs: number;
}

/** What is recommended, and what a replay says of it. */
export interface Recommendation {
  readonly configuration: string;
  readonly part: number;
  /** Bytes a day that it is expected to send, and what the replay came to. */
  readonly expectedBytesPerDay: number;
  readonly replayedBytesPerDay: number;
  /** True when the replay is within a tenth of the budget or below it. */
  readonly isWithin: boolean;
  readonly score: Score;
  readonly lines: readonly string[];
}

const SECONDS_A_DAY = 86_400;
/** The part by which a replay may be over the budget: streams differ by as much. */
const TOLERANCE = 0.1;

const RULES: Readonly<Record<MustSee, (wanted: Wanted) => string>> = {
  errors: () => "errors()",
  rare: () => "rare()",
  slow: ({ slowMs }) => `slowerThan(${slowMs})`,
};

function strategyOf(wanted: Wanted, part: number): Strategy {
  const { mustSee, slowMs } = wanted;
  if (mustSee.length === 0) {
    return {
      name: "recommended",
      signals: "traces",
      configuration: `createTelemetry({
  service: "…",
  sampler: parentOr(probability(${part})),
  sinks: [otlp()],
})`,
      make: () => ({ sampler: parentOr(part >= 1 ? alwaysOn() : probability(part)) }),
    };
  }
  const keep = () =>
    mustSee.map((one) =>
      one === "errors" ? errors() : one === "rare" ? rare() : slowerThan(slowMs)
    );
  return {
    name: "recommended",
    signals: "traces",
    configuration: `createTelemetry({
  service: "…",
  sinks: [
    pipe(
      tail({ keep: [${mustSee.map((one) => RULES[one](wanted)).join(", ")}], otherwise: ${part} }),
      otlp(),
    ),
  ],
})`,
    make: () => ({ layers: [tail({ keep: keep(), otherwise: part })] }),
  };
}

/**
 * Finds the part of the other traces that fills a budget once what must be seen has been kept, and
 * replays the stream through the result.
 */
export async function recommend(
  wanted: Wanted,
  experiment: Pick<Experiment, "world" | "capture" | "traces" | "seeds">,
): Promise<Recommendation> {
  const streams = await streamsOf(experiment);
  const { seeds: [seed], traces } = experiment;
  const known = await pilot(streams, seed, traces);
  const rules = wanted.mustSee.length === 0
    ? { bytesPerTrace: 0, tracesKept: 0 }
    : await replay(strategyOf(wanted, 0), { traces: streams(seed), count: traces, seed });
  const budget = wanted.bytesPerDay / SECONDS_A_DAY / wanted.ratePerS;
  const left = budget - rules.bytesPerTrace;
  const others = Math.max(1, known.bytesPerTrace - rules.bytesPerTrace);
  const isTooLittle = left <= 0;
  // Rounded down: a budget is a limit.
  const part = isTooLittle ? 0 : Math.min(1, Math.floor(left / others * 1e4) / 1e4);
  const strategy = strategyOf(wanted, part);
  // Another seed than the one it was made for.
  const score = await replay(strategy, {
    traces: streams(seed + 1),
    count: traces,
    seed: seed + 1,
  });
  const perDay = (bytesPerTrace: number) => bytesPerTrace * wanted.ratePerS * SECONDS_A_DAY;
  const expectedBytesPerDay = perDay(rules.bytesPerTrace + part * others);
  const replayedBytesPerDay = perDay(score.bytesPerTrace);
  const isWithin = replayedBytesPerDay <= wanted.bytesPerDay * (1 + TOLERANCE);
  return {
    configuration: strategy.configuration,
    part,
    expectedBytesPerDay,
    replayedBytesPerDay,
    isWithin,
    score,
    lines: [
      strategy.configuration,
      "",
      ...(isTooLittle
        ? [
          `What must be seen takes ${
            bytesText(perDay(rules.bytesPerTrace))
          } a day, more than the ` +
          `budget of ${bytesText(wanted.bytesPerDay)}: nothing else is kept`,
        ]
        : []),
      `Expected ${bytesText(expectedBytesPerDay)} a day; a replay of ${
        score.traces.toLocaleString("en")
      } other traces came to ${bytesText(replayedBytesPerDay)}` +
      (isWithin ? ", within the budget" : ": over the budget"),
      `Sees ${percent(score.errorRecall)} of the failed traces and ${
        percent(score.pathCoverage)
      } of the paths`,
      `Misses ${
        Object.entries(score.rareRecall).map(([rarity, recall]) =>
          `${percent(1 - recall)} of the traces on paths of 1 in ${
            Math.round(1 / Number(rarity)).toLocaleString("en")
          }`
        ).join(", ") || "nothing by rarity, as no path is rare"
      }`,
      `Counts of 10,000 traces are within ${percent(score.count.rmse)} (root mean square), and ${
        percent(score.count.coverage)
      } of their 95 % intervals hold the truth`,
    ],
  };
}
