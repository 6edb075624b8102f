import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { Results } from "../collect/folder.ts";
import { keyOf, Latencies, type LatencyLine } from "../collect/latency.ts";
import {
  type Comparison,
  comparisonSchema,
  type Plan,
  planSchema,
  type Run,
  type Sample,
  SPIN_US,
} from "../model/model.ts";
import { blocksOf as ordersOf } from "../plan/plan.ts";
import { seededRandom } from "../statistics/random.ts";
import { compare, TooFewBlocks } from "./compare.ts";
import { regressionsOf } from "./regressions.ts";
import { reportOf } from "./report.ts";
import { refusalOf, tableOf } from "./table.ts";

const PLAN: Plan = planSchema.parse({
  version: 5,
  preset: "smoke",
  seed: 1,
  driver: "autocannon",
  arms: ["off", "off again", "spin", "traces"],
  armsFile: null,
  target: null,
  path: "/",
  load: "open",
  ratePerS: 1000,
  curve: [],
  curveRounds: 1,
  connections: 1,
  design: "slots",
  order: "random",
  slotMs: 100,
  v8Flags: [],
  warmUpRequests: 0,
  warmUpSeconds: 0,
  warmUpRounds: 0,
  minBlocks: 2,
  minRequests: 0,
  maxSeconds: 1,
  halfWidthUs: null,
  blocksPerRestart: 10,
  deltaUs: 2,
});

const RUN: Run = {
  environment: {
    commit: "abc",
    deno: "2",
    v8: "14",
    os: "linux",
    arch: "x86_64",
    cores: 2,
    isPinned: true,
    isPreferred: false,
    cpuSource: "test",
    startedAt: "2026-11-24T00:00:00.000Z",
    commandLine: ["--seed", "1"],
  },
  endedBy: "all requests done",
  stolen: 0.01,
  warmUps: [5, null],
  descriptions: { traces: "spans </script><b>" },
};

const KNOWN = { "off": 0, "off again": 0, "spin": SPIN_US, "traces": 40 };

/** A slot of 100 requests in which nothing went wrong. */
const SLOT: Sample = {
  block: 0,
  restart: 0,
  design: "slots",
  driver: "autocannon",
  ratePerS: 1000,
  pair: null,
  arm: "off",
  requests: 100,
  errors: 0,
  late: 0,
  unsent: 0,
  seconds: 0.1,
  cpuUs: 10_000,
  userUs: 8000,
  systemUs: 2000,
  rssBytes: 2 ** 27,
  heapBytes: 2 ** 20,
  exportedBytes: 0,
  gzipBytes: 0,
  exportRequests: 1,
  delivered: 0,
  received: 0,
  exportedSpans: 0,
  dropped: {},
  generatorBusy: 0.3,
  sinkBusy: 0.05,
  stolen: 0,
  ownRssBytes: 2 ** 28,
};

/** Blocks of a machine whose speed drifts and whose restarts differ, with known costs above off. */
function samplesOf(
  costs: Readonly<Record<string, number>>,
  {
    blocks = 80,
    design = "slots" as Sample["design"],
    driver = "autocannon" as Sample["driver"],
    pair = null as string | null,
    ratePerS = (design === "duet" ? 500 : 1000) as number | null,
  } = {},
): Sample[] {
  const random = seededRandom(4);
  const arms = pair === null ? Object.keys(costs) : pair.split(",");
  let own: Record<string, number> = {};
  return Array.from({ length: blocks }).flatMap((_, block) => {
    if (block % 10 === 0) own = Object.fromEntries(arms.map((arm) => [arm, random() - 0.5]));
    const drift = 20 * Math.sin(block / 9);
    return arms.map((arm) => ({
      ...SLOT,
      block,
      restart: Math.floor(block / 10),
      design,
      driver,
      ratePerS,
      pair: pair === null ? null : arms.find((one) => one !== arm)!,
      arm,
      seconds: design === "duet" ? 0.2 : 0.1,
      cpuUs: 100 * (100 + drift + costs[arm] + own[arm] + random() - 0.5),
      heapBytes: 2 ** 20 * (10 + block % 10),
      exportedBytes: arm === "traces" ? 50_000 : 0,
      gzipBytes: arm === "traces" ? 10_000 : 0,
    }));
  });
}

/** Latencies of eight restarts: those of traces are half a millisecond more. */
function latenciesOf(): LatencyLine[] {
  const random = seededRandom(9);
  return Array.from({ length: 8 }, (_, restart) => {
    const latencies = new Latencies();
    for (const arm of PLAN.arms) {
      for (let index = 0; index < 500; index++) {
        const more = arm === "traces" ? 500 : 0;
        latencies.record(keyOf(arm), 400 - 300 * Math.log(1 - random()) + more);
      }
      latencies.record(keyOf(arm, "loop"), 1500);
    }
    return latencies.take(restart);
  });
}

function comparisonOf(samples: readonly Sample[], plan: Partial<Plan> = {}): Comparison {
  const whole = { ...PLAN, ...plan };
  return compare(whole, RUN, samples, []);
}

Deno.test("a known cost is found in spite of drift and of restarts that differ", () => {
  const comparison = comparisonOf(samplesOf(KNOWN));
  assertEquals(comparisonSchema.parse(comparison), comparison);
  const [off, again, spin, traces] = comparison.arms;
  assertEquals([off.againstFirstUs, off.p, off.isEquivalent], [null, null, null]);
  assert(again.againstFirstUs!.low < 0 && again.againstFirstUs!.high > 0);
  assertEquals([again.isEquivalent, spin.isEquivalent], [true, false]);
  assert(traces.againstFirstUs!.low > 39 && traces.againstFirstUs!.high < 41);
  assert(traces.ratio!.low > 1.3 && traces.ratio!.high < 1.5);
  assert(traces.p! < 0.001 && again.p! > 0.05);
  assert(traces.detectableUs! > 0.2 && traces.detectableUs! < 1.5);
  assertEquals([traces.bytesPerRequest, traces.gzipBytesPerRequest], [500, 100]);
  assertEquals([traces.exportsPer1000, traces.userUsPerRequest, traces.systemUsPerRequest], [
    10,
    80,
    20,
  ]);
  assertEquals([off.isDrifting, traces.isDrifting, traces.missing], [false, false, 0]);
  assertEquals([traces.heapGrowthMiB, traces.rssMiB], [9, 128]);
  assertEquals([comparison.requests, comparison.blocks, comparison.restarts], [32_000, 80, 8]);
  assertEquals([comparison.isTrustworthy, comparison.reasons], [true, []]);
});

Deno.test("the same files give the same bytes", () => {
  const twice = [1, 2].map(() => {
    const samples = samplesOf(KNOWN);
    const latencies = latenciesOf();
    const comparison = compare(PLAN, RUN, samples, latencies);
    const results: Results = { plan: PLAN, run: RUN, samples, latencies, restarts: 8 };
    return JSON.stringify(comparison) + reportOf(comparison, results);
  });
  assertEquals(twice[0], twice[1]);
});

/** An order of slots on a machine that gets slower by `usPerSlot` in each slot. */
function slowing(order: Plan["order"], usPerSlot: number): Sample[] {
  const plan = { ...PLAN, order };
  const orders = ordersOf(plan);
  const random = seededRandom(2);
  let slot = 0;
  return Array.from({ length: 80 }).flatMap((_, block) => {
    if (block % 10 === 0) slot = 0;
    return orders.next().value.map((arm): Sample => {
      const own = KNOWN[arm as keyof typeof KNOWN] + usPerSlot * slot++ + random() - 0.5;
      return { ...SLOT, block, restart: Math.floor(block / 10), arm, cpuUs: 100 * (100 + own) };
    });
  });
}

/** A run that is broken, and what the gate says of it. */
const BROKEN: [name: string, samples: Sample[], plan: Partial<Plan>, reason: RegExp][] = [
  [
    "a fixed order with drift injected: the arm behind is always measured slower",
    slowing("fixed", 2),
    { order: "fixed" },
    /^equal arms differ, by (1\.9|2\.)\d* \(\d.* µs: the machine, not the arms/,
  ],
  [
    "a server that gets slower with every request",
    samplesOf(KNOWN).map((one) =>
      one.arm === "traces" ? { ...one, cpuUs: one.cpuUs + 300 * (one.block % 10) } : one
    ),
    {},
    /^traces drifts: within a restart what it costs more changes by 2\d\.\d+ .* find what grows/,
  ],
  [
    "a machine on which everything gets slower with every request",
    samplesOf(KNOWN).map((one) => ({ ...one, cpuUs: one.cpuUs + 900 * (one.block % 10) })),
    {},
    /^off drifts: within a restart its cost changes by \d\d/,
  ],
  [
    "an arm that says it exports more than it does",
    samplesOf(KNOWN).map((one) =>
      one.arm === "traces" ? { ...one, delivered: 400, received: 390 } : one
    ),
    {},
    /^traces says that 800 records more were delivered than the sink has/,
  ],
  [
    "a generator that is nearly saturated, the sink on the same core",
    samplesOf(KNOWN).map((one) => ({ ...one, generatorBusy: 0.7, sinkBusy: 0.2 })),
    {},
    /^the generator was busy for 90\.0 % of its core while off was measured .*: lower --rate/,
  ],
  [
    "a saturated sink",
    samplesOf(KNOWN).map((one) => one.arm === "traces" ? { ...one, sinkBusy: 0.6 } : one),
    { load: "open" },
    /the sink was busy for 60\.0 % of a core|^the generator was busy for 90/,
  ],
  [
    "a server that does not answer",
    samplesOf(KNOWN).map((one) =>
      one.block === 3 && one.arm === "spin" ? { ...one, unsent: 7 } : one
    ),
    {},
    /^7 requests to spin were due and never sent/,
  ],
  [
    "a lying arm: the known cost is not there",
    samplesOf({ ...KNOWN, spin: 12 }),
    {},
    /^a known cost of 40 µs was measured as 1\d/,
  ],
  [
    "a known cost that counts double",
    samplesOf({ ...KNOWN, spin: 74 }),
    {},
    /^a known cost of 40 µs was measured as 7\d/,
  ],
  [
    "an effect below what equal arms differ by",
    samplesOf({ "off": 0, "off again": 0, "spin": 20, "traces": 0.5 }),
    { arms: ["off", "off again", "traces"] },
    /^equal arms differ by up to|^$/,
  ],
  [
    "a saturated generator",
    samplesOf(KNOWN).map((one) => ({ ...one, late: 30 })),
    {},
    /^the generator sent 30\.0 % of the requests late: other programs had its core; stop them/,
  ],
  [
    "a saturated arm",
    samplesOf(KNOWN).map((one) => one.arm === "traces" ? { ...one, seconds: 0.2 } : one),
    {},
    /^traces answered 500 requests a second of 1000: it is saturated/,
  ],
  [
    "records dropped",
    samplesOf(KNOWN).map((one) =>
      one.arm === "traces" ? { ...one, dropped: { queue_full: 3 } } : one
    ),
    {},
    /^traces dropped records \(240 queue_full\): its cost is not the whole cost/,
  ],
  [
    "errors",
    samplesOf(KNOWN).map((one, index) => index === 3 ? { ...one, errors: 2 } : one),
    {},
    /^traces answered 2 requests with an error/,
  ],
  [
    "no A/A arm",
    samplesOf({ off: 0, traces: 9 }),
    { arms: ["off", "traces"] },
    /^there is no A\/A/,
  ],
];

for (const [name, samples, plan, reason] of BROKEN) {
  Deno.test(`the gate refuses: ${name}`, () => {
    const comparison = comparisonOf(samples, plan);
    assertEquals(comparison.isTrustworthy, comparison.reasons.length === 0);
    assertMatch(comparison.reasons[0] ?? "", reason);
    if (comparison.reasons.length > 0) {
      assertMatch(tableOf(comparison).join("\n"), /^NOT TRUSTWORTHY: [^]*not trustworthy:\narm/);
      // Without being forced to, no number is told.
      assertEquals(refusalOf(comparison).some((line) => /^arm|^traces {2}/.test(line)), false);
    }
  });
}

Deno.test("the same drift in a shuffled order makes no difference between equal arms", () => {
  const { arms } = comparisonOf(slowing("random", 2));
  const [, again, spin] = arms;
  assert(again.againstFirstUs!.low < 0 && again.againstFirstUs!.high > 0);
  assert(
    Math.abs(spin.againstFirstUs!.estimate - KNOWN.spin) < 0.5,
    `${spin.againstFirstUs!.estimate}`,
  );
});

Deno.test("latency: percentiles of merged counts, and how much they differ, by the bootstrap", () => {
  const { arms } = compare(PLAN, RUN, samplesOf(KNOWN), latenciesOf());
  const [off, again, , traces] = arms;
  assert(off.latencyUs.p50 > 560 && off.latencyUs.p50 < 660, `${off.latencyUs.p50}`);
  assertEquals([off.latencyAgainstFirstUs, off.loopDelayUs!.p99], [null, 1500]);
  const { p50, p99 } = traces.latencyAgainstFirstUs!;
  assert(p50.low > 450 && p50.high < 550 && p50.low < p50.high, JSON.stringify(p50));
  assert(p99.low < 500 && p99.high > 500, JSON.stringify(p99));
  const equal = again.latencyAgainstFirstUs!.p50;
  assert(equal.low < 0 && equal.high > 0, JSON.stringify(equal));
  assert(traces.bootstrapUs!.low > 39 && traces.bootstrapUs!.high < 41);
  // Of two restarts nothing can be said.
  const few = compare(PLAN, RUN, samplesOf(KNOWN), latenciesOf().slice(0, 2));
  assertEquals(few.arms[3].latencyAgainstFirstUs, null);
});

Deno.test("other loads give a curve, whose slots are in no effect", () => {
  const rates = [400, null];
  const more = rates.flatMap((ratePerS, at) =>
    samplesOf({ ...KNOWN, traces: 60 }, { design: "curve", ratePerS })
      .map((one) => ({ ...one, block: 100 + 100 * at + one.block }))
  );
  const plan = { curve: [400, "saturated" as const] };
  const comparison = comparisonOf([...samplesOf(KNOWN), ...more], plan);
  assertEquals(comparison.curve.map(({ ratePerS }) => ratePerS), [400, null]);
  const traces = comparison.curve[0].arms[3];
  assert(Math.abs(traces.againstFirstUs!.estimate - 60) < 1 && traces.againstFirstUs!.low > 59);
  assert(Math.abs(comparison.arms[3].againstFirstUs!.estimate - 40) < 1);
  const { estimate, low, high } = comparison.arms[3].saturatedPerS!;
  for (const perS of [estimate, low, high]) assertAlmostEquals(perS, 1000, 1e-6);
  const samples = [...samplesOf(KNOWN), ...more];
  const html = reportOf(comparison, {
    plan: { ...PLAN, ...plan },
    run: RUN,
    samples,
    latencies: [],
    restarts: 8,
  });
  assertMatch(html, /The cost under other loads[^]*Throughput at saturation/);
});

Deno.test("time that was stolen is told", () => {
  const { reasons } = compare(
    PLAN,
    { ...RUN, stolen: 0.2 },
    samplesOf(KNOWN),
    [],
  );
  assertEquals(reasons, ["20.0 % of the time was taken by other machines: measure later"]);
});

Deno.test("two designs that agree are shown side by side, two that don't are refused", () => {
  const duets = (costs: Record<string, number>) =>
    ["off,off again", "off again,spin", "traces,off", "spin,traces"].flatMap((pair, at) =>
      samplesOf(costs, { design: "duet", pair }).map((one, index) => ({
        ...one,
        block: one.block * 4 + at,
        // Noise that is not the same in all pairs, or equal arms differ by what is rounded alone.
        cpuUs: one.cpuUs + 10 * ((index * (7 + at)) % 13 - 6),
      }))
    );
  const plan = { design: "both" } as const;
  const agree = comparisonOf([...samplesOf(KNOWN), ...duets(KNOWN)], plan);
  assertEquals(agree.reasons, []);
  assert(Math.abs(agree.arms[3].duetUs!.estimate - 40) < 1);
  assertMatch(tableOf(agree).join("\n"), /in a duet/);
  const { reasons } = comparisonOf(
    [...samplesOf(KNOWN), ...duets({ ...KNOWN, traces: 50 })],
    plan,
  );
  assertMatch(
    reasons[0],
    /^traces costs 4?.* µs alone and (49|50)\.\d+ .* in a duet: they disagree/,
  );
  const near = comparisonOf([...samplesOf(KNOWN), ...duets({ ...KNOWN, traces: 41 })], plan);
  const { againstFirstUs: slots, duetUs: duet } = near.arms[3];
  assert(duet!.low > slots!.high, "apart, by less than what counts as an effect");
  assertEquals(near.reasons, []);
  const alone = comparisonOf(duets(KNOWN), { design: "duet" });
  assertEquals([alone.reasons, alone.arms[3].duetUs], [[], null]);
  assert(Math.abs(alone.arms[3].againstFirstUs!.estimate - 40) < 1);
});

Deno.test("two generators that agree are shown side by side, two that don't are refused", () => {
  const byBoth = (costs: Record<string, number>) =>
    comparisonOf([...samplesOf(KNOWN), ...samplesOf(costs, { driver: "k6" })], { driver: "both" });
  const agree = byBoth(KNOWN);
  assertEquals(agree.reasons, []);
  assert(Math.abs(agree.arms[3].byK6!.againstFirstUs!.estimate - 40) < 1);
  assertMatch(tableOf(agree).join("\n"), /by k6/);
  assertMatch(
    byBoth({ ...KNOWN, traces: 50 }).reasons[0],
    /^traces costs .* µs by autocannon and (49|50)\.\d+ .* µs by k6: they disagree/,
  );
});

Deno.test("an interrupted block compares nothing, and too few are refused", () => {
  const whole = samplesOf(KNOWN, { blocks: 2 });
  assertEquals(comparisonOf([...whole, { ...whole[0], block: 2 }]).blocks, 2);
  assertThrows(() => comparisonOf(samplesOf(KNOWN, { blocks: 1 })), TooFewBlocks, "needed are 2");
});

Deno.test("the table has the A/A row first, then the arms by cost, each with its bar", () => {
  const lines = tableOf(comparisonOf(samplesOf({ ...KNOWN, traces: 60 })));
  const rows = lines.filter((line) => /^(off|spin|traces)/.test(line));
  assertEquals(rows.map((row) => row.split("  ")[0]), ["off again", "off", "spin", "traces"]);
  assertEquals(rows.filter((row) => row.includes("●")).length, 3);
  assertMatch(lines[0], /^The gate is passed: equal arms don't differ, a known cost of 40 µs/);
  assertMatch(lines.join("\n"), /No overhead above the margin: off again/);
});

Deno.test("a later run is held against an earlier one", () => {
  const before = comparisonOf(samplesOf(KNOWN));
  assertEquals(regressionsOf(before, before, 2).isWorse, false);
  const worse = regressionsOf(before, comparisonOf(samplesOf({ ...KNOWN, traces: 46 })), 2);
  assertEquals([worse.isWorse, worse.arms.filter((one) => one.isWorse).map(({ arm }) => arm)], [
    true,
    ["traces"],
  ]);
  // Within the margin it is no regression, however sure it is.
  assertEquals(
    regressionsOf(before, comparisonOf(samplesOf({ ...KNOWN, traces: 41 })), 2).isWorse,
    false,
  );
});

Deno.test("the report holds every figure, needs nothing from elsewhere, and hostile names are text", () => {
  const samples = samplesOf(KNOWN);
  const comparison = comparisonOf(samples);
  const results: Results = {
    plan: PLAN,
    run: RUN,
    samples,
    latencies: latenciesOf(),
    restarts: 8,
  };
  const prices = {
    currency: "EUR",
    cpuPerCoreHour: { price: 0.04, source: "list <price>", date: "2026-11-01" },
    ingestPerGB: { price: 0.5, source: "list", date: "2026-11-01" },
  };
  const html = reportOf(comparison, results, prices, 100_000_000);
  for (
    const title of [
      "The gate is passed",
      "What each arm costs more than off",
      "Latency by percentile",
      "CPU against bytes",
      "CPU a request, block by block",
      "Memory",
      "Lost and dropped",
      "The load test's own memory",
      "What it costs",
      "Where and how",
    ]
  ) assert(html.includes(title), title);
  assertEquals(/(?:src|href)=|url\(|@import/.test(html), false);
  assertEquals(html.includes("</script><b>"), false);
  assert(html.includes("list &#60;price&#62;"));
  // 40 µs a request are 40 s a million: 0.000444 EUR; 500 bytes are 0.5 GB: 0.25 EUR.
  assertMatch(
    html,
    /<th scope="row">traces<\/th><td>0\.00044\d EUR<\/td><td>0\.250 EUR<\/td><td>25\.0 EUR/,
  );
  const raw = /id="comparison">(.*?)<\/script>/s.exec(html)![1];
  assertEquals(comparisonSchema.parse(JSON.parse(raw)), comparison);
});
