import { threadCpuUs } from "./cpu.ts";
import { Player } from "./player.ts";
import type { Score } from "./score.ts";
import { chunksOf, type SourceSpec } from "./source.ts";
import { strategyFrom } from "./specs.ts";
import type { Known, Strategy, StrategySpec } from "./strategy.ts";
import { type Reel, Tape } from "./tape.ts";
import type { TrueTrace } from "./world.ts";

/**
 * Sends one stream through several strategies of the library itself, side by side, and scores what
 * arrives of each. The stream is made once and never held.
 */
export async function replay(
  strategies: readonly Strategy[],
  chunks: AsyncIterable<readonly TrueTrace[]> | Iterable<readonly TrueTrace[]>,
  seed: number,
  onProgress: (traces: number) => void = () => {},
): Promise<Score[]> {
  const tape = new Tape();
  const players = strategies.map((strategy) => new Player(strategy, seed));
  for await (const chunk of chunks) {
    playAll(players, tape.next(chunk));
    await flushAll(players);
    onProgress(chunk.length);
  }
  playAll(players, tape.end());
  const scores: Score[] = [];
  for (const player of players) scores.push(await player.end(tape.truth));
  return scores;
}

function playAll(players: readonly Player[], reel: Reel): void {
  let sinceUs = threadCpuUs();
  for (const player of players) {
    player.play(reel);
    const nowUs = threadCpuUs();
    player.spend(nowUs - sinceUs);
    sinceUs = nowUs;
  }
}

/** Sends what is due, of all at once, as each send waits a moment; shares out the CPU by records. */
async function flushAll(players: readonly Player[]): Promise<void> {
  const due = players.map((player) => player.due);
  const all = due.reduce((a, b) => a + b, 0);
  if (all === 0) return;
  const startUs = threadCpuUs();
  await Promise.all(players.map((player, index) => due[index] > 0 ? player.flush() : undefined));
  const spentUs = threadCpuUs() - startUs;
  players.forEach((player, index) => player.spend(spentUs * due[index] / all));
}

/** One replay, as it is told to a worker. */
export interface Job {
  readonly source: SourceSpec;
  readonly seed: number;
  readonly traces: number;
  readonly specs: readonly StrategySpec[];
  readonly known: Known;
  /** Where decisions fall, whatever the strategies say. */
  readonly topology?: Strategy["topology"];
}

/** Does a job. */
export async function doJob(job: Job, onProgress: (traces: number) => void): Promise<Score[]> {
  const { source, seed, traces, specs, known, topology } = job;
  const strategies: Strategy[] = [];
  for (const spec of specs) {
    const strategy = await strategyFrom(spec, known);
    strategies.push(topology === undefined ? strategy : { ...strategy, topology });
  }
  return await replay(strategies, chunksOf(source, seed, traces), seed, onProgress);
}
