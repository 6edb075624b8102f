import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { errors, probability, tail } from "../../mod.ts";
import { BurstSum } from "./burst.ts";
import { DelaySum } from "./delay.ts";
import broken from "./examples/broken.ts";
import { replay } from "./replay.ts";
import type { Score } from "./score.ts";
import { chunksOf } from "./source.ts";
import { sentenceOf } from "./choice.ts";
import { resultOf } from "./aggregate.ts";
import type { Strategy } from "./strategy.ts";
import { tracesOf } from "./stream.ts";
import { END, LAST_END, SETTLE, START, Tape } from "./tape.ts";
import { BEFORE_BURSTS, IN_BURST } from "./truth.ts";
import { meanRateOf, type TrueTrace, worldSchema } from "./world.ts";

const WORLD = worldSchema.parse({});

function take(seed: number, count: number): TrueTrace[] {
  const stream = tracesOf(WORLD, seed);
  return Array.from({ length: count }, () => stream.next().value);
}

async function scoresOf(
  strategies: Readonly<Record<string, Partial<Strategy>>>,
  count = 40_000,
  seed = 1,
): Promise<Record<string, Score>> {
  const all = Object.entries(strategies).map(([name, one]): Strategy => ({
    name,
    signals: "traces",
    configuration: "",
    make: () => ({}),
    ...one,
  }));
  const scores = await replay(all, chunksOf({ kind: "world", world: WORLD }, seed, count), seed);
  return Object.fromEntries(scores.map((score) => [score.strategy, score]));
}

Deno.test("a stream is the same for a seed, and as the world says", () => {
  assertEquals(take(1, 200), take(1, 200));
  const traces = take(2, 100_000);
  const part = (is: (trace: TrueTrace) => boolean) => traces.filter(is).length / traces.length;
  const rare = part(({ rarity }) => rarity !== undefined);
  // 4 paths of 1 in 100, 8 of 1 in 1,000 and 12 of 1 in 10,000.
  assert(Math.abs(rare - 0.0492) < 0.003, `${rare}`);
  const failed = part(({ isError }) => isError);
  assert(failed > 0.003 && failed < 0.02, `${failed}`);
  assertAlmostEquals(part(({ isBurst }) => isBurst), 0.4, 0.06);
  assertAlmostEquals(traces.length / (traces.at(-1)!.startMs / 1000) / meanRateOf(WORLD), 1, 0.05);
  const late = part(({ spans, durationMs }) => spans.some((one) => one.startMs > durationMs));
  assert(late > 0.02, `${late} outlive their request through a queue`);
  for (const { spans } of traces.slice(0, 2000)) {
    spans.forEach(({ parent, startMs }, index) => {
      assert(parent < index && (parent >= 0) === (index > 0));
      assert(parent < 0 || startMs >= spans[parent].startMs);
    });
  }
});

Deno.test("a tape plays every span once, in the order of time, parents first, and holds little", () => {
  const tape = new Tape();
  const traces = take(3, 3000);
  const open = new Map<TrueTrace, Set<number>>();
  let lastMs = 0;
  let settled = 0;
  const slots = new Set<number>();
  for (let from = 0; from <= traces.length; from += 500) {
    const chunk = traces.slice(from, from + 500);
    const reel = chunk.length > 0 ? tape.next(chunk) : tape.end();
    for (let index = 0; index < reel.length; index++) {
      const [atMs, kind, span] = [reel.atMs[index], reel.kinds[index], reel.spans[index]];
      const play = reel.plays[reel.slots[index]];
      assert(atMs >= lastMs);
      lastMs = atMs;
      const started = open.get(play.trace) ?? new Set<number>();
      open.set(play.trace, started);
      const { parent } = play.trace.spans[span];
      if (kind === START) {
        assert(!started.has(span) && (parent < 0 || started.has(parent)));
        started.add(span);
        slots.add(play.slot);
      } else if (kind === END || kind === LAST_END) assert(started.has(span));
      else if (kind === SETTLE) {
        assertEquals(started.size, play.trace.spans.length);
        open.delete(play.trace);
        settled++;
      }
    }
  }
  assertEquals(settled, traces.length);
  assert(slots.size < traces.length, "slots are given again");
});

Deno.test("a replay is the same for a seed; always on keeps all and is right about all", async () => {
  const [{ on: once }, { on: again }] = [
    await scoresOf({ on: {} }, 12_000),
    await scoresOf({ on: {} }, 12_000),
  ];
  // What it took is this machine's.
  assertEquals({ ...once, cpuUsPerTrace: 0 }, { ...again, cpuUsPerTrace: 0 });
  const { spansKept, tracesKept, errorRecall, pathCoverage, treeCoverage, completeness } = once;
  assertEquals([spansKept, tracesKept, errorRecall, pathCoverage, treeCoverage, completeness], [
    1,
    1,
    1,
    1,
    1,
    1,
  ]);
  const { count, p99, faultyFound, delayMeanMs } = once;
  assertEquals([count.rmse, count.coverage, p99.rmse, faultyFound, delayMeanMs], [0, 1, 0, 1, 0]);
  assert(once.bytesPerTrace > 300 && once.bytesPerTrace < 2000, `${once.bytesPerTrace}`);
});

Deno.test("head, tail in one place and in each service: what each keeps, and how right it is", async () => {
  const make = () => ({ layers: [tail({ keep: [errors()], otherwise: 0.05 })] });
  const { head, upstream, one, each } = await scoresOf({
    head: { make: () => ({ sampler: probability(0.1) }) },
    upstream: { upstream: 0.1, make: () => ({}) },
    one: { make, isEveryErrorKept: true },
    each: { make, topology: "services", isEveryErrorKept: true },
  });
  for (const score of [head, upstream]) {
    assert(Math.abs(score.tracesKept - 0.1) < 0.01, `${score.tracesKept}`);
    assert(Math.abs(score.errorRecall - 0.1) < 0.08, `${score.errorRecall}`);
    assert(Math.abs(score.count.bias) < 0.06, `${score.count.bias}`);
    assertEquals([score.completeness, score.delayMeanMs], [1, 0]);
  }
  // What fails after a decision, in a consumer or another request of the trace, is kept as well.
  assertEquals([one.errorRecall, each.errorRecall], [1, 1]);
  assertEquals(one.faultyFound, 1);
  assert(one.tracesKept < 0.08 && one.peakWaitingBytes > 1000);
  assert(one.delayMeanMs > 1 && one.delayP99Ms > one.delayMeanMs);
  assert(Math.abs(one.count.bias) < 0.06, `${one.count.bias}`);
  assert(one.errorRate.rmse < 0.15, `${one.errorRate.rmse}`);
  // Each service decides about what it has seen: traces of errors are not whole.
  assert(each.completeness < 0.95, `${each.completeness}`);
  assert(Math.abs(each.count.bias) < 0.06, `${each.count.bias}`);
  assert(each.errorRate.rmse < 0.15, `${each.errorRate.rmse}`);
});

Deno.test("a stale threshold and a wrong adjusted count are exposed by bias, coverage and sentence", async () => {
  const honest: Strategy = {
    name: "honest",
    signals: "traces",
    configuration: "",
    make: () => ({ sampler: probability(0.1) }),
  };
  const all = [...broken, honest];
  const scores = await replay(all, chunksOf({ kind: "world", world: WORLD }, 5, 60_000), 5);
  const results = all.map((one, index) =>
    resultOf({ name: one.name, kind: "user", url: "" }, one, [scores[index], scores[index]])
  );
  const [stale, wrong, right] = scores;
  assert(stale.count.bias < -0.3 && stale.count.coverage < 0.3, JSON.stringify(stale.count));
  assert(wrong.count.bias > 0.7 && wrong.count.coverage === 0, JSON.stringify(wrong.count));
  assert(Math.abs(right.count.bias) < 0.05 && right.count.coverage > 0.6);
  const said = results.map((one) => sentenceOf(one, results));
  for (const text of said.slice(0, 2)) {
    assert(/its counts are wrong by -?\d+ % and its intervals not to be trusted/.test(text), text);
  }
  assert(!said[2].includes("trusted"), said[2]);
});

Deno.test("lines: all of them show every operation but no tree; those of errors alone show none", async () => {
  const { all, few } = await scoresOf({
    all: { signals: "logs" },
    few: { signals: "logs", make: () => ({ level: "error" }) },
  }, 10_000);
  assertEquals([all.errorRecall, all.pathCoverage, all.treeCoverage, all.spansKept], [1, 1, 0, 0]);
  assert(all.linesPerTrace > 4);
  assertEquals([few.errorRecall, few.pathCoverage], [1, 0]);
  assert(few.bytesPerTrace * 50 < all.bytesPerTrace);
});

Deno.test("a burst: how much of it is kept, and how long until quiet times are back", () => {
  const sum = new BurstSum();
  const add = (phaseS: number, all: number, kept: number) => {
    for (let index = 0; index < all; index++) sum.add(phaseS, index < kept);
  };
  add(BEFORE_BURSTS, 1000, 1000);
  add(IN_BURST, 1000, 100);
  // Held down for three seconds after, then as it was.
  for (let second = 0; second < 30; second++) add(second, 1000, second < 3 ? 150 : 400);
  assertEquals(sum.score, { burstRatio: 0.25, recoverySeconds: 3 });
  assert(Number.isNaN(new BurstSum().score.burstRatio));
});

Deno.test("delays: the mean, and a percentile to within a tenth", () => {
  const sum = new DelaySum();
  for (let ms = 0; ms < 1000; ms++) sum.add(ms);
  const { delayMeanMs, delayP99Ms } = sum.score;
  assertAlmostEquals(delayMeanMs, 499.5, 1e-9);
  assert(Math.abs(delayP99Ms / 990 - 1) < 0.1, `${delayP99Ms}`);
});
