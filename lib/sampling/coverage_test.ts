/**
 * Whether counts from sampled traces say their own error truly: each strategy samples a million
 * traces in a thousand groups; the 95 % interval of each group's estimated total (Horvitz and
 * Thompson's estimator) must hold the truth in 93 to 97 of 100.
 */
import { assert } from "@std/assert";
import type { Clock } from "../core/clock.ts";
import { probabilityOf, thresholdFromText } from "../core/threshold.ts";
import { pipe } from "../pipeline/pipe.ts";
import { tail } from "../pipeline/tail.ts";
import { errors } from "../pipeline/tail_rules.ts";
import { createTelemetry } from "../telemetry.ts";
import { adaptive } from "./adaptive.ts";
import { alwaysOn } from "./always.ts";
import { allOf, anyOf } from "./combine.ts";
import { probability } from "./probability.ts";
import { rateLimited } from "./rate_limited.ts";
import { rules } from "./rules.ts";
import type { Sampler } from "./sampler.ts";

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

/** Samples all groups; gives the part of them whose interval holds the truth. */
function coverageOf(sampler: Sampler, clock: { nowMs: number }): number {
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
      const { isSampled, threshold } = sampler({
        parent: undefined,
        randomHigh,
        randomLow,
        name,
        kind: 1,
        attributes: undefined,
      });
      if (isSampled) estimate.add(probabilityOf(threshold!));
    }
    if (estimate.covers(TRACES)) covered++;
  }
  return covered / GROUPS;
}

const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallMs: () => clock.nowMs };
const timed: { clock: Clock; adaptationMs: number } = { clock, adaptationMs: 2000 };

const STRATEGIES: Readonly<Record<string, Sampler>> = {
  "probability 1/2": probability(0.5),
  "probability 1/10": probability(0.1),
  "any of 1/5 and 1/20": anyOf(probability(0.2), probability(0.05)),
  "all of 1/5 and a limit": allOf(probability(0.2), rateLimited(300, timed)),
  "a limit of 150/s of 1000/s": rateLimited(150, timed),
  "adaptive, 150/s": adaptive(150, timed),
  "rules": rules([
    { name: "GET /rare", sampler: alwaysOn() },
    { name: "POST*", sampler: probability(0.5) },
  ], probability(0.1)),
};

for (const [name, sampler] of Object.entries(STRATEGIES)) {
  Deno.test(`95 % intervals of totals hold the truth: ${name}`, () => {
    const coverage = coverageOf(sampler, clock);
    assert(coverage >= 0.93 && coverage <= 0.97, `coverage ${coverage}`);
  });
}

Deno.test("95 % intervals of totals hold the truth: head 1/2, then tail with errors and 1/5", () => {
  const next = seeded(7);
  let all = new Estimate();
  let failed = new Estimate();
  const telemetry = createTelemetry({
    service: "x",
    random: { int32: next },
    clock,
    sampler: probability(0.5),
    sinks: [
      pipe(tail({ keep: [errors()], otherwise: 0.2 }), {
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
      clock.nowMs += 1;
      const span = telemetry.startSpan("GET /");
      if ((dice() >>> 0) / 2 ** 32 < 0.1) {
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

Deno.test("a wrong count is exposed: a threshold that says less than was left out", () => {
  const honest = probability(0.1);
  const liar: Sampler = (request) => {
    const { isSampled } = honest(request);
    return { isSampled, threshold: { hi: Math.floor(0.88 * 2 ** 24), lo: 0 } };
  };
  assert(coverageOf(liar, clock) < 0.9);
});
