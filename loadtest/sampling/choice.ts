import type { StrategyResult } from "./aggregate.ts";

/** From here on nearly every one is seen. */
const MOST = 0.95;
/** Below this most are missed. */
const FEW = 0.3;
/** A count within so much is good enough to decide by. */
const GOOD_RMSE = 0.15;
/** A strategy that lets through so many times its mean in a burst has no limit. */
const BURST = 3;

/**
 * Says when to choose a strategy, by stated rules alone: recall of 95 % and above is "sees",
 * below 30 % "misses"; an error of at most 15 % (root mean square) is "counts well", and intervals
 * that hold the truth in less than 80 of 100 "are not to be trusted".
 */
export function sentenceOf(result: Omit<StrategyResult, "sentence">): string {
  const { tracesKept, errorRecall, rareRecall, pathCoverage, count, errorRate, burstPeak } = result;
  if (tracesKept.estimate === 0) {
    return "Nothing is kept, and nothing can be said of what happened.";
  }
  const rarest = Object.values(rareRecall).at(-1)?.estimate ?? Number.NaN;
  const sees = [
    ...(errorRecall.estimate >= MOST ? ["every error"] : []),
    ...(pathCoverage.estimate >= MOST ? ["every path"] : []),
    ...(errorRate.count > 0 && errorRate.rmse <= GOOD_RMSE ? ["the error rate"] : []),
    ...(count.rmse <= GOOD_RMSE ? ["how many there were"] : []),
  ];
  const misses = [
    ...(errorRecall.estimate < FEW ? ["most errors"] : []),
    ...(rarest < FEW ? ["rare paths"] : []),
    ...(count.rmse > GOOD_RMSE ? ["how many there were"] : []),
    ...(errorRate.count > 0 && errorRate.rmse > GOOD_RMSE ? ["the error rate"] : []),
  ];
  const isWrong = count.count > 0 && count.coverage < 0.8;
  return [
    sees.length > 0 ? `Shows ${list(sees)}` : "Shows little for certain",
    ...(misses.length > 0 ? [`; misses ${list(misses)}`] : []),
    ...(isWrong ? ["; its intervals are not to be trusted"] : []),
    burstPeak.estimate > BURST ? "; a burst goes through it." : "; a burst is held down.",
  ].join("");
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
