/**
 * Whether counts from sampled traces say their own error truly: each strategy samples a million
 * traces in a thousand groups; the 95 % interval of each group's estimated total (Horvitz and
 * Thompson's estimator) must hold the truth in 93 to 97 of 100.
 */
import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../core/clock.ts";
import type { Layer } from "../core/seams.ts";
import { FLAG_RANDOM, FLAG_SAMPLED, SpanContext } from "../core/span_context.ts";
import { probabilityOf, thresholdFromText } from "../core/threshold.ts";
import { withOtThreshold } from "../propagation/ot_tracestate.ts";
import { pipe } from "../pipeline/pipe.ts";
import { tail } from "../pipeline/tail.ts";
import { errors, rare, slowerThan } from "../pipeline/tail_rules.ts";
import { createTelemetry } from "../telemetry.ts";
import { adaptive } from "./adaptive.ts";
import { alwaysOff, alwaysOn } from "./always.ts";
import { allOf, anyOf } from "./combine.ts";
import { alwaysRecord, annotating, reloadable } from "./decorate.ts";
import { samplerFromEnv } from "./env.ts";
import { parentOr } from "./parent.ts";
import { probability } from "./probability.ts";
import { rateLimited } from "./rate_limited.ts";
import { rules } from "./rules.ts";
import type { Sampler, SamplingDecision } from "./sampler.ts";

const GROUPS = 1000;
const TRACES = 1000;

/** Mulberry32 (T. Ettinger), as 32 bits. */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return mixed ^ (mixed >>> 14);
  };
}

/** Sums up what was kept: the estimate, and its variance estimated from the same. */
class Estimate {
  total = 0;
  variance = 0;

  add(ratio: number): void {
    this.total += 1 / ratio;
    this.variance += (1 - ratio) / ratio ** 2;
  }

  covers(truth: number): boolean {
    return Math.abs(this.total - truth) <= 1.959964 * Math.sqrt(this.variance) + 1e-6;
  }
}

/** What a service is asked whose caller decided so. */
function parentAfter(
  { isSampled, threshold }: SamplingDecision,
  randomHigh: number,
  randomLow: number,
): SpanContext {
  const flags = isSampled ? FLAG_SAMPLED | FLAG_RANDOM : FLAG_RANDOM;
  const state = isSampled ? withOtThreshold("", threshold) : "";
  return new SpanContext(1, 0, randomHigh, randomLow | 0, 1, 1, flags, state, true);
}

/**
 * Samples all groups, in one service or in several that call each other; gives the part of the groups
 * whose interval, made from what the last service has kept, holds the truth.
 */
function coverageOf(samplers: Sampler | readonly Sampler[], clock: { nowMs: number }): number {
  const chain = [samplers].flat() as readonly Sampler[];
  const random = seeded(20261124);
  let covered = 0;
  for (let group = 0; group < GROUPS; group++) {
    const estimate = new Estimate();
    for (let index = 0; index < TRACES; index++) {
      clock.nowMs += 1;
      const randomHigh = random() & 0xffffff;
      const randomLow = random() >>> 0;
      const dice = (random() >>> 0) / 2 ** 32;
      const name = dice < 0.02 ? "GET /rare" : dice < 0.2 ? "POST /checkout" : "GET /";
      let parent: SpanContext | undefined;
      let decision: SamplingDecision | undefined;
      for (const sampler of chain) {
        if (decision !== undefined) parent = parentAfter(decision, randomHigh, randomLow);
        decision = sampler({
          parent,
          randomHigh,
          randomLow,
          name,
          kind: 1,
          attributes: name === "GET /" ? undefined : { tier: "gold" },
          target: "shop.web",
        });
      }
      const { isSampled, threshold } = decision!;
      if (isSampled) estimate.add(probabilityOf(threshold!));
    }
    if (estimate.covers(TRACES)) covered++;
  }
  return covered / GROUPS;
}

const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallMs: () => clock.nowMs };
const timed: { clock: Clock; adaptationMs: number } = { clock, adaptationMs: 2000 };

const exchanged = reloadable(probability(0.5));
const env = (values: Record<string, string>) => samplerFromEnv((name) => values[name]).sampler;

const STRATEGIES: Readonly<Record<string, () => Sampler | readonly Sampler[]>> = {
  "probability 1/2": () => probability(0.5),
  "probability 1/10": () => probability(0.1),
  "any of 1/5 and 1/20": () => anyOf(probability(0.2), probability(0.05)),
  "all of 1/5 and a limit": () => allOf(probability(0.2), rateLimited(300, timed)),
  "any of 1/20 and a limit": () => anyOf(probability(0.05), rateLimited(100, timed)),
  "a limit of 150/s of 1000/s": () => rateLimited(150, timed),
  "adaptive, 150/s": () => adaptive(150, timed),
  "adaptive, and no more than 1/4": () => allOf(adaptive(200, timed), probability(0.25)),
  "rules": () =>
    rules([
      { name: "GET /rare", sampler: alwaysOn() },
      { name: "POST*", sampler: probability(0.5) },
    ], probability(0.1)),
  "rules by attribute and target, of limits": () =>
    rules([
      { attributes: { tier: "gold" }, sampler: rateLimited(100, timed) },
      { target: "shop.*", sampler: anyOf(probability(0.1), rateLimited(50, timed)) },
    ], alwaysOff()),
  "annotating and recording": () =>
    alwaysRecord(annotating(probability(0.2), { "sampling.rule": "fifth" })),
  "exchanged at run time": () => {
    let turn = 0;
    return (request) => {
      if (++turn % 97 === 0) exchanged.reload(probability((1 + turn % 5) / 10));
      return exchanged(request);
    };
  },
  "the environment's": () =>
    env({ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.15" }),
  "a service that follows its caller": () => [probability(0.2), parentOr(alwaysOff())],
  "three services, the last keeps less": () => [
    parentOr(probability(0.5)),
    parentOr(alwaysOn()),
    probability(0.1),
  ],
  "a service that keeps more than its caller": () => [probability(0.1), probability(0.4)],
  "a limit, followed": () => [parentOr(rateLimited(200, timed)), parentOr(alwaysOn())],
};

for (const [name, make] of Object.entries(STRATEGIES)) {
  Deno.test(`95 % intervals of totals hold the truth: ${name}`, () => {
    const coverage = coverageOf(make(), clock);
    assert(coverage >= 0.93 && coverage <= 0.97, `coverage ${coverage}`);
  });
}

/** Head and tail together, through a whole telemetry. */
const TAILS: Readonly<Record<string, () => { head: Sampler; layer: Layer }>> = {
  "head 1/2, then tail with errors and 1/5": () => ({
    head: probability(0.5),
    layer: tail({ keep: [errors()], otherwise: 0.2 }),
  }),
  "head of a limit, then tail with errors, slow and rare traces, and 1/10": () => ({
    head: rateLimited(400, timed),
    layer: tail({
      keep: [errors(), slowerThan(5), rare({ first: 2, windowMs: 500 })],
      otherwise: 0.1,
    }),
  }),
};

for (const [name, make] of Object.entries(TAILS)) {
  Deno.test(`95 % intervals of totals hold the truth: ${name}`, () => {
    const next = seeded(7);
    let all = new Estimate();
    let failed = new Estimate();
    const { head, layer } = make();
    const telemetry = createTelemetry({
      service: "x",
      random: { int32: next },
      clock,
      sampler: head,
      sinks: [
        pipe(layer, {
          onSpan(span) {
            const text = /ot=th:([0-9a-f]+)/.exec(span.traceStateText)?.[1] ?? "";
            const ratio = probabilityOf(thresholdFromText(text)!);
            all.add(ratio);
            if (span.statusCode === 2) failed.add(ratio);
          },
        }),
      ],
    });
    const dice = seeded(8);
    let covered = 0;
    let coveredErrors = 0;
    for (let group = 0; group < GROUPS; group++) {
      all = new Estimate();
      failed = new Estimate();
      let failures = 0;
      for (let index = 0; index < TRACES; index++) {
        const chance = (dice() >>> 0) / 2 ** 32;
        const span = telemetry.startSpan(chance > 0.99 ? "GET /rare" : "GET /");
        clock.nowMs += chance > 0.8 && chance < 0.82 ? 6 : 1;
        if (chance < 0.1) {
          failures++;
          span.setStatus({ code: "error" });
        }
        span.end();
      }
      if (all.covers(TRACES)) covered++;
      if (failed.covers(failures)) coveredErrors++;
    }
    for (const coverage of [covered / GROUPS, coveredErrors / GROUPS]) {
      assert(coverage >= 0.93 && coverage <= 0.97, `coverage ${coverage}`);
    }
  });
}

Deno.test("what keeps all, or none, has no error to state", () => {
  const ask = (sampler: Sampler) =>
    sampler({
      parent: undefined,
      randomHigh: 1,
      randomLow: 1,
      name: "x",
      kind: 0,
      attributes: undefined,
    });
  assertEquals(probabilityOf(ask(alwaysOn()).threshold!), 1);
  assertEquals(ask(alwaysOff()), { isSampled: false, threshold: undefined });
});

Deno.test("a wrong count is exposed: a threshold that says less than was left out", () => {
  const honest = probability(0.1);
  const liar: Sampler = (request) => {
    const { isSampled } = honest(request);
    return { isSampled, threshold: { hi: Math.floor(0.88 * 2 ** 24), lo: 0 } };
  };
  assert(coverageOf(liar, clock) < 0.9);
});
