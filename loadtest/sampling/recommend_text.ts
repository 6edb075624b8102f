import { bytesText, percent, rangeText } from "./format.ts";
import type { Recommendation } from "./recommend.ts";

/** A recommendation for people. */
export function linesOf(result: Recommendation): string[] {
  const { wish, sees, expectedBytesPerDay, replayedBytesPerDay, topology, head } = result;
  const misses = Object.entries(result.rareRecall).map(([rarity, recall]) =>
    `${percent(1 - recall.estimate)} of the traces on paths of 1 in ${
      Math.round(1 / Number(rarity)).toLocaleString("en")
    }`
  );
  const isCut = wish.mustSee.length > 0 && head < 1;
  return [
    result.configuration,
    "",
    ...(isCut
      ? [
        `What must be seen takes ${
          bytesText(result.rulesBytesPerDay)
        } a day, more than the budget of ` +
        `${bytesText(wish.bytesPerDay)}: this keeps the part of it that the budget has room for`,
      ]
      : []),
    `Expected: ${rangeText(expectedBytesPerDay, bytesText)} a day, decided in ${
      topology === "services" ? "each service" : "one process"
    }`,
    `Replayed: ${rangeText(replayedBytesPerDay, bytesText)} a day, ${
      result.traces.toLocaleString("en")
    } other traces: ${result.isConfirmed ? "within the interval" : "OUTSIDE of the interval"}` +
    (replayedBytesPerDay.low > wish.bytesPerDay ? ", and over the budget" : ""),
    `Sees: ${rangeText(sees.errorRecall, percent)} of the failed traces, ${
      percent(sees.pathCoverage.estimate)
    } of the paths whole; keeps ${percent(sees.tracesKept.estimate)} of the traces, ${
      percent(sees.completeness.estimate)
    } of them with every span`,
    `Misses: ${percent(1 - sees.errorRecall.estimate)} of the failed traces${
      misses.length === 0 ? "; no path is rare" : `, ${misses.join(", ")}`
    }`,
    ...(result.inOnePlace === undefined ? [] : [
      `In one place, as a collector would decide: ${
        percent(result.inOnePlace.errorRecall.estimate)
      } of the failed traces, ${
        percent(result.inOnePlace.completeness.estimate)
      } of the kept with every span`,
    ]),
    `Counts: 10,000 traces to within ${percent(result.countRmse.estimate)} (root mean square); ${
      percent(result.countCoverage.estimate)
    } of the 95 % intervals hold the truth`,
    ...(result.peakWaitingBytes > 0
      ? [`Memory: up to ${bytesText(result.peakWaitingBytes)} wait for decisions in all services`]
      : []),
  ];
}
