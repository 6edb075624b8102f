import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { emptyHistograms, type Results } from "../collect/folder.ts";
import {
  type Comparison,
  comparisonSchema,
  type Plan,
  planSchema,
  type Run,
  type Sample,
} from "../model/model.ts";
import { seededRandom } from "../statistics/random.ts";
import { compare, TooFewBlocks } from "./compare.ts";
import { regressionsOf } from "./regressions.ts";
import { reportOf } from "./report.ts";
import { tableOf } from "./table.ts";

const PLAN: Plan = planSchema.parse({
  version: 2,
  preset: "smoke",
  seed: 1,
  arms: ["off", "off again", "spin", "traces"],
  armsFile: null,
  path: "/",
  load: "open",
  ratePerS: 1000,
  connections: 1,
  driver: "autocannon" as const,
  design: "slots",
  slotMs: 100,
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
    deno: "2",
    v8: "14",
    os: "linux",
    arch: "x86_64",
    cores: 2,
    isPinned: true,
    cpuSource: "test",
    startedAt: "2026-11-24T00:00:00.000Z",
    commandLine: ["--seed", "1"],
  },
  endedBy: "all requests done",
  stolen: 0.01,
  descriptions: { traces: "spans </script><b>" },
};

const KNOWN = { "off": 0, "off again": 0, "spin": 20, "traces": 40 };

/** Blocks of a machine whose speed drifts and whose restarts differ, with known costs above off. */
function samplesOf(
  costs: Readonly<Record<string, number>>,
  {
    blocks = 80,
    design = "slots" as Sample["design"],
    driver = "autocannon" as Sample["driver"],
    pair = null as string | null,
  } = {},
): Sample[] {
  const random = seededRandom(4);
  const arms = pair === null ? Object.keys(costs) : ["off", pair];
  let own: Record<string, number> = {};
  return Array.from({ length: blocks }).flatMap((_, block) => {
    if (block % 10 === 0) own = Object.fromEntries(arms.map((arm) => [arm, random() - 0.5]));
    const drift = 20 * Math.sin(block / 9);
    return arms.map((arm) => ({
      block,
      restart: Math.floor(block / 10),
      design,
      driver,
      pair,
      arm,
      requests: 100,
      errors: 0,
      late: 0,
      seconds: design === "duet" ? 0.2 : 0.1,
      cpuUs: 100 * (100 + drift + costs[arm] + own[arm] + random() - 0.5),
      rssBytes: 2 ** 27,
      heapBytes: 2 ** 20 * (10 + block % 10),
      exportedBytes: arm === "traces" ? 50_000 : 0,
      exportedSpans: arm === "traces" ? 400 : 0,
      exportRequests: 1,
      dropped: 0,
    }));
  });
}

function comparisonOf(samples: readonly Sample[], plan: Partial<Plan> = {}): Comparison {
  const whole = { ...PLAN, ...plan };
  return compare(whole, RUN, samples, emptyHistograms(whole));
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
  assertEquals([traces.bytesPerRequest, traces.exportsPer1000], [500, 10]);
  assertEquals([traces.heapGrowthMiB, traces.rssMiB], [9, 128]);
  assertEquals([comparison.requests, comparison.blocks, comparison.restarts], [32_000, 80, 8]);
  assertEquals([comparison.isTrustworthy, comparison.reasons], [true, []]);
});

Deno.test("the same files give the same bytes", () => {
  const twice = [1, 2].map(() => {
    const samples = samplesOf(KNOWN);
    const histograms = emptyHistograms(PLAN);
    const comparison = compare(PLAN, RUN, samples, histograms);
    const results: Results = { plan: PLAN, run: RUN, samples, histograms, restarts: 8 };
    return JSON.stringify(comparison) + reportOf(comparison, results);
  });
  assertEquals(twice[0], twice[1]);
});

/** A run that is broken, and what the gate says of it. */
const BROKEN: [name: string, samples: Sample[], plan: Partial<Plan>, reason: RegExp][] = [
  [
    "a fixed order with drift injected: the arm behind is always measured warmer",
    samplesOf({ ...KNOWN, "off again": 5 }),
    {},
    /^equal arms differ, by 4\.\d+ \(\d.* µs: the machine, not the arms/,
  ],
  [
    "a lying arm: the known cost is not there",
    samplesOf({ ...KNOWN, spin: 12 }),
    {},
    /^a known cost of 20 µs was measured as 1\d/,
  ],
  [
    "a known cost that counts double",
    samplesOf({ ...KNOWN, spin: 37 }),
    {},
    /^a known cost of 20 µs was measured as 3\d/,
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
    /^the generator sent 30\.0 % of the requests late: it is saturated; lower --rate/,
  ],
  [
    "a saturated arm",
    samplesOf(KNOWN).map((one) => one.arm === "traces" ? { ...one, seconds: 0.2 } : one),
    {},
    /^traces answered 500 requests a second of 1000: it is saturated/,
  ],
  [
    "records dropped",
    samplesOf(KNOWN).map((one) => one.arm === "traces" ? { ...one, dropped: 3 } : one),
    {},
    /^traces dropped 24 records: its cost is not the whole cost/,
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
      assertMatch(tableOf(comparison)[0], /^NOT TRUSTWORTHY: /);
    }
  });
}

Deno.test("time that was stolen is told", () => {
  const { reasons } = compare(
    PLAN,
    { ...RUN, stolen: 0.2 },
    samplesOf(KNOWN),
    emptyHistograms(PLAN),
  );
  assertEquals(reasons, ["20.0 % of the time was taken by other machines: try later"]);
});

Deno.test("two designs that agree are shown side by side, two that don't are refused", () => {
  const duets = (costs: Record<string, number>) =>
    ["off again", "spin", "traces"].flatMap((pair) => samplesOf(costs, { design: "duet", pair }));
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
  const lines = tableOf(comparisonOf(samplesOf(KNOWN)));
  const rows = lines.filter((line) => /^(off|spin|traces)/.test(line));
  assertEquals(rows.map((row) => row.split("  ")[0]), ["off again", "off", "spin", "traces"]);
  assertEquals(rows.filter((row) => row.includes("●")).length, 3);
  assertMatch(lines[0], /^The gate is passed: equal arms don't differ, a known cost of 20 µs/);
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
    histograms: emptyHistograms(PLAN),
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
