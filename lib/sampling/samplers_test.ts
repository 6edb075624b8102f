import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Clock } from "../core/clock.ts";
import { SpanContext } from "../core/span_context.ts";
import { probabilityOf } from "../core/threshold.ts";
import { adaptive, waterLevel } from "./adaptive.ts";
import { alwaysOff, alwaysOn } from "./always.ts";
import { allOf, anyOf } from "./combine.ts";
import { alwaysRecord, annotating, reloadable } from "./decorate.ts";
import { samplerFromEnv } from "./env.ts";
import { explain } from "./explain.ts";
import { parentOr } from "./parent.ts";
import { probability } from "./probability.ts";
import { rateLimited } from "./rate_limited.ts";
import { rules } from "./rules.ts";
import type { Sampler, SamplingRequest } from "./sampler.ts";

/** A request whose random bits lie at this part of their range. */
function at(part: number, more: Partial<SamplingRequest> = {}): SamplingRequest {
  return {
    parent: undefined,
    randomHigh: Math.floor(part * 2 ** 24),
    randomLow: 0,
    name: "GET",
    kind: 1,
    attributes: undefined,
    ...more,
  };
}

/** The probability that goes out with a trace which is certainly kept. */
function probabilityFor(sampler: Sampler, request = at(0.999999)): number | undefined {
  const { isSampled, threshold } = sampler(request);
  if (!isSampled) return 0;
  return threshold === undefined ? undefined : probabilityOf(threshold);
}

function manualClock(): Clock & { nowMs: number } {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallMs: () => clock.nowMs };
  return clock;
}

Deno.test("anyOf has the larger probability, allOf the smaller, whatever the order", () => {
  const [some, few] = [probability(0.5), probability(0.01)];
  for (const pair of [[some, few], [few, some]]) {
    assertAlmostEquals(probabilityFor(anyOf(...pair))!, 0.5, 1e-4);
    assertAlmostEquals(probabilityFor(allOf(...pair))!, 0.01, 1e-4);
  }
  assertEquals(probabilityFor(anyOf(some, alwaysOff())), 0.5);
  assertEquals(probabilityFor(allOf(some, alwaysOff())), 0);
  assertEquals(anyOf(some, few)(at(0.6)).isSampled, true);
  assertEquals(allOf(some, few)(at(0.6)).isSampled, false);
  const unknown: Sampler = () => ({ isSampled: true, threshold: undefined });
  assertEquals(probabilityFor(anyOf(some, unknown)), undefined);
  assertThrows(() => anyOf(), TypeError, "no sampler is given");
  assertThrows(() => allOf(0.1 as never), TypeError, "sampler 1 is number");
});

Deno.test("the first rule that fits decides", () => {
  const sampler = rules([
    { route: "/health*", sampler: alwaysOff() },
    { name: "POST*", kind: "server", sampler: alwaysOn() },
    { attributes: { tier: "gold", big: true }, sampler: alwaysOn() },
    { target: "billing.*", sampler: alwaysOn() },
  ], probability(0.1));
  const cases: [Partial<SamplingRequest>, probability: number][] = [
    [{ attributes: { "url.path": "/healthz" } }, 0],
    [{ name: "POST /health", attributes: { "http.route": "/health" } }, 0],
    [{ name: "POST /checkout" }, 1],
    [{ name: "POST /checkout", kind: 2 }, 0.1],
    [{ attributes: { tier: "gold", big: true } }, 1],
    [{ attributes: { tier: "gold" } }, 0.1],
    [{ target: "billing.cards" }, 1],
    [{ target: "billing" }, 0.1],
    [{}, 0.1],
  ];
  for (const [more, expected] of cases) {
    const found = probabilityFor(sampler, at(0.999999, more))!;
    assertAlmostEquals(found, expected, 1e-5, JSON.stringify(more));
  }
  assertThrows(() => rules([{ colour: 1 } as never], alwaysOn()), TypeError, "has colour");
  assertThrows(() => rules([{} as never], alwaysOn()), TypeError, "rule 1: sampler is undefined");
  assertThrows(
    () => rules([{ kind: "servant" as never, sampler: alwaysOn() }], alwaysOn()),
    RangeError,
    "servant",
  );
});

Deno.test("a limit keeps about so many a second, and says with which probability", () => {
  const clock = manualClock();
  const sampler = rateLimited(100, { clock, adaptationMs: 1000 });
  let kept = 0;
  let estimate = 0;
  // A low-discrepancy sequence instead of chance: the golden ratio's multiples.
  for (let index = 0; index < 50_000; index++) {
    clock.nowMs = index;
    const { isSampled, threshold } = sampler(at((index * 0.618033988749895) % 1));
    if (!isSampled) continue;
    if (index >= 10_000) kept++;
    estimate += 1 / probabilityOf(threshold!);
  }
  assertAlmostEquals(kept / 40, 100, 3);
  assertAlmostEquals(estimate, 50_000, 1500);
});

Deno.test("a limit keeps all at first and after a silence, and little of a burst in no time", () => {
  const clock = manualClock();
  const sampler = rateLimited(10, { clock, adaptationMs: 1000 });
  assertEquals(probabilityFor(sampler), 1);
  for (let index = 0; index < 10_000; index++) sampler(at(0.5));
  assert(probabilityFor(sampler)! < 0.002);
  clock.nowMs = 20_000;
  assertEquals(probabilityFor(sampler), 1);
  assertThrows(() => rateLimited(0), RangeError, "tracesPerSecond is 0");
});

Deno.test("water filling gives what one does not use to the others", () => {
  assertEquals(waterLevel([1, 2, 3], 10), Number.POSITIVE_INFINITY);
  assertEquals(waterLevel([1, 100, 100], 21), 10);
  assertEquals(waterLevel([50, 50], 10), 5);
  assertEquals(waterLevel([], 10), Number.POSITIVE_INFINITY);
});

Deno.test("a burst is held down within a quarter of a second, and few arrivals are none", () => {
  for (const make of [rateLimited, adaptive]) {
    const clock = manualClock();
    const sampler = make(50, { clock });
    let arrivals = 0;
    const kept: number[] = Array(40).fill(0);
    for (let second = 0; second < 40; second++) {
      const rate = second >= 30 && second < 36 ? 3000 : 500;
      for (let index = 0; index < rate; index++) {
        clock.nowMs += 1000 / rate;
        // A low-discrepancy sequence instead of chance: the golden ratio's multiples.
        if (sampler(at((arrivals++ * 0.618033988749895) % 1)).isSampled) kept[second]++;
      }
    }
    const before = kept.slice(20, 30).reduce((a, b) => a + b, 0) / 10;
    assert(before > 40 && before < 60, `${before}`);
    // Six times as many arrive, and for a quarter of a second they are let through.
    for (const one of kept.slice(30, 36)) assert(one < 150, kept.join(" "));
    for (const one of kept.slice(31, 36)) assert(one < 90, kept.join(" "));
  }
});

Deno.test("an adaptive sampler keeps the rare operation whole and thins out the busy one", () => {
  const clock = manualClock();
  const sampler = adaptive(50, { clock, adaptationMs: 1000 });
  const kept = { busy: 0, rare: 0 };
  let estimate = 0;
  for (let index = 0; index < 60_000; index++) {
    clock.nowMs = index;
    const name = index % 200 === 0 ? "rare" : "busy";
    const { isSampled, threshold } = sampler(at((index * 0.618033988749895) % 1, { name }));
    if (!isSampled) continue;
    if (index >= 10_000) kept[name]++;
    estimate += 1 / probabilityOf(threshold!);
  }
  assertEquals(kept.rare, 250);
  assertAlmostEquals(kept.busy / 50, 45, 2);
  assertAlmostEquals(estimate, 60_000, 1500);
});

Deno.test("operations past the most share one rate", () => {
  const clock = manualClock();
  const sampler = adaptive(10, { clock, operationsMax: 5, adaptationMs: 1000 });
  let kept = 0;
  for (let index = 0; index < 30_000; index++) {
    clock.nowMs = index;
    const part = (index * 0.618033988749895) % 1;
    if (sampler(at(part, { name: `GET /${index}` })).isSampled && index >= 10_000) kept++;
  }
  assert(kept / 20 < 15, `${kept / 20} a second`);
});

Deno.test("annotations, recording without sampling, and reloading", () => {
  const sampler = annotating(probability(0.5), { "sampling.rule": "half" });
  assertEquals(sampler(at(0.9)).attributes, { "sampling.rule": "half" });
  assertEquals(sampler(at(0.1)).attributes, undefined);
  const recording = alwaysRecord(probability(0.5));
  assertEquals(recording(at(0.9)).isRecorded, undefined);
  assertEquals([recording(at(0.1)).isSampled, recording(at(0.1)).isRecorded], [false, true]);
  const changing = reloadable(alwaysOff());
  assertEquals(changing(at(0.9)).isSampled, false);
  changing.reload(alwaysOn());
  assertEquals(changing(at(0.9)).isSampled, true);
  assertThrows(() => changing.reload(1 as never), TypeError, "next is number");
});

Deno.test("explain says why, with which probability, and counts nothing", () => {
  const clock = manualClock();
  const limit = rateLimited(10, { clock });
  const sampler = parentOr(rules([{ route: "/checkout", sampler: limit }], probability(0.25)));
  for (let index = 0; index < 1000; index++) {
    sampler(at(0.5, { attributes: { "url.path": "/checkout" } }));
  }
  const request = at(0.99999, { attributes: { "url.path": "/checkout" } });
  const first = explain(sampler, request);
  assertEquals(first, explain(sampler, request));
  assert(first.because.some((text) => text.includes('rule 1 fits: {"route":"/checkout"}')));
  assert(first.because.some((text) => text.startsWith("10 traces a second are wanted")));
  const other = explain(sampler, at(0.9));
  assertEquals([other.isSampled, other.probability], [true, 0.25]);
  assertEquals(other.because[1], "no rule fits");
  const parent = new SpanContext(1, 2, 3, 4, 5, 6, 0, "", true);
  assertEquals(explain(sampler, at(0.9, { parent })), {
    isSampled: false,
    probability: undefined,
    because: ["the parent is not sampled"],
  });
  function mine() {
    return { isSampled: true, threshold: undefined };
  }
  assertEquals(explain(mine, at(0)).because, ["mine"]);
});

Deno.test("the environment chooses a sampler; what is not understood is said", () => {
  const from = (values: Record<string, string>) => samplerFromEnv((name) => values[name]);
  const ratio = from({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" });
  assertEquals([probabilityFor(ratio.sampler), ratio.warnings], [0.25, []]);
  const parent = new SpanContext(1, 2, 3, 4, 5, 6, 0, "", true);
  assertEquals(ratio.sampler(at(0.9, { parent })).isSampled, true);
  const based = from({
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
  });
  assertEquals(based.sampler(at(0.9, { parent })).isSampled, false);
  assertEquals(probabilityFor(from({ OTEL_TRACES_SAMPLER: "always_off" }).sampler), 0);
  assertEquals(probabilityFor(from({}).sampler), 1);
  const unknown = from({ OTEL_TRACES_SAMPLER: "xray" });
  assertEquals(probabilityFor(unknown.sampler), 1);
  assert(unknown.warnings[0].startsWith('OTEL_TRACES_SAMPLER is "xray", allowed are always_on,'));
  const wrong = from({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "often" });
  assertEquals(probabilityFor(wrong.sampler), 1);
  assert(wrong.warnings[0].includes('"often", allowed is 0 to 1'));
});
