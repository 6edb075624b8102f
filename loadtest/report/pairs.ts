import type { Sample } from "../model/model.ts";
import { driftOf } from "../statistics/drift.ts";
import { type Difference, solvePairs } from "../statistics/pairwise.ts";
import { type Effect, restartEffect } from "../statistics/restarts.ts";

/** One arm's slot by the name of the arm. */
export type Block = ReadonlyMap<string, Sample>;

/** Microseconds of CPU a request took in a slot. */
export function cpuPerRequest(sample: Sample): number {
  return sample.cpuUs / sample.requests;
}

/** The blocks in which every arm was measured, by restart: an interrupted one compares nothing. */
export function blocksOf(samples: readonly Sample[], arms: readonly string[]): Block[][] {
  const byBlock = Map.groupBy(samples.filter(({ requests }) => requests > 0), ({ block }) => block);
  const complete = [...byBlock.values()]
    .map((block): Block => new Map(block.map((sample) => [sample.arm, sample])))
    .filter((block) => arms.every((arm) => block.has(arm)));
  return [...Map.groupBy(complete, (block) => block.get(arms[0])!.restart).values()];
}

/** Applies a function to every block of every restart. */
export function each<T>(restarts: readonly Block[][], take: (block: Block) => T): T[][] {
  return restarts.map((blocks) => blocks.map(take));
}

/** What an arm costs more than the first, in pairs. */
export interface Effects {
  readonly differences: readonly (readonly number[])[];
  readonly difference: Effect;
  readonly ratio: Effect;
  /** The change of the difference, and of the arm's own cost, within a restart. */
  readonly drift: Effect | undefined;
}

/** What an arm costs more than the first, block by block. */
export function effectsOf(restarts: readonly Block[][], first: string, arm: string): Effects {
  const pair = (block: Block) => [block.get(arm)!, block.get(first)!].map(cpuPerRequest);
  const differences = each(restarts, (block) => {
    const [own, base] = pair(block);
    return own - base;
  });
  return effectsFrom(
    differences,
    each(restarts, (block) => {
      const [own, base] = pair(block);
      return Math.log(own / base);
    }),
  );
}

function effectsFrom(differences: readonly number[][], logRatios: readonly number[][]): Effects {
  return {
    differences,
    difference: restartEffect(differences),
    ratio: restartEffect(logRatios),
    drift: driftOf(differences),
  };
}

/** Solved restart by restart, when there are as many; else two blocks at a time. */
const RESTARTS_MIN = 3;

/**
 * What each arm costs more than the first by the duets, in which each was beside others; an arm that
 * they don't connect with the first is left out.
 */
export function duetEffects(
  samples: readonly Sample[],
  arms: readonly string[],
): ReadonlyMap<string, Effects> {
  const duets = samples.filter(({ design, requests }) => design === "duet" && requests > 0);
  const restarts = [...Map.groupBy(duets, ({ restart }) => restart).values()];
  const isByRestart = restarts.length >= RESTARTS_MIN;
  const units = restarts.map((own) => isByRestart ? [own] : twoBlocksEach(own));
  const solved = (take: (sample: Sample) => number) =>
    units.map((own) => own.map((unit) => solvePairs(arms[0], differencesOf(unit, take))));
  const absolute = solved(cpuPerRequest);
  const logarithmic = solved((sample) => Math.log(cpuPerRequest(sample)));
  const found = new Map<string, Effects>();
  for (const arm of arms.slice(1)) {
    const valuesOf = (from: typeof absolute) =>
      from.map((own) => own.flatMap((unit) => unit.get(arm) ?? []));
    const values = valuesOf(absolute);
    if (values.flat().length >= 2) found.set(arm, effectsFrom(values, valuesOf(logarithmic)));
  }
  return found;
}

/** The samples of every two blocks in a row: they connect all arms. */
function twoBlocksEach(samples: readonly Sample[]): Sample[][] {
  const blocks = [...Map.groupBy(samples, ({ block }) => block).values()];
  return Array.from(
    { length: Math.floor(blocks.length / 2) },
    (_, index) => [...blocks[2 * index], ...blocks[2 * index + 1]],
  );
}

function differencesOf(
  samples: readonly Sample[],
  take: (sample: Sample) => number,
): Difference[] {
  return samples.flatMap((from) => {
    // Each pair once: by the one whose name comes first.
    const to = samples.find(({ block, arm, pair }) =>
      block === from.block && arm === from.pair && pair === from.arm && from.arm < arm
    );
    return to === undefined ? [] : [{ from: from.arm, to: to.arm, value: take(to) - take(from) }];
  });
}
