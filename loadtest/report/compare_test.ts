import { assert, assertEquals, assertThrows } from "@std/assert";
import { comparisonSchema, type Plan, type Sample } from "../model/model.ts";
import { seededRandom } from "../statistics/random.ts";
import { compare } from "./compare.ts";
import { tableOf } from "./table.ts";

const PLAN: Plan = {
  version: 1,
  preset: "smoke",
  seed: 1,
  arms: ["off", "off again", "traces"],
  slotMs: 100,
  warmUpSlots: 0,
  minBlocks: 2,
  minRequests: 0,
  maxSeconds: 1,
  blocksPerRestart: 20,
  connections: 1,
  path: "/",
};

/** Blocks of a machine whose speed drifts, with known costs above off. */
function samples(extra: Record<string, number>, blocks = 60): Sample[] {
  const random = seededRandom(4);
  return Array.from({ length: blocks }).flatMap((_, block) =>
    PLAN.arms.map((arm) => ({
      block,
      restart: Math.floor(block / 20),
      arm,
      requests: 1000,
      errors: 0,
      seconds: 0.1,
      cpuUs: 1000 * (100 + 20 * Math.sin(block / 9) + (extra[arm] ?? 0) + random() - 0.5),
      rssBytes: 2 ** 27,
      exportedBytes: arm === "traces" ? 500_000 : 0,
      exportRequests: 1,
      dropped: 0,
    }))
  );
}

Deno.test("a known cost is found in spite of drift, and A/A covers 0", () => {
  const comparison = compare(PLAN, samples({ traces: 7 }), new Map(), "test");
  assertEquals(comparisonSchema.parse(comparison), comparison);
  const [off, again, traces] = comparison.arms;
  assertEquals(off.againstOffUs, null);
  assert(again.againstOffUs!.low < 0 && again.againstOffUs!.high > 0);
  assert(traces.againstOffUs!.low > 6.7 && traces.againstOffUs!.high < 7.3);
  assertEquals([traces.bytesPerRequest, comparison.requests], [500, 180_000]);
  assertEquals(comparison.isTrustworthy, true);
});

Deno.test("a difference between equal arms, drops and errors are said", () => {
  const unequal = compare(PLAN, samples({ "off again": 5 }), new Map(), "test");
  assertEquals(unequal.isTrustworthy, false);
  assert(unequal.reasons[0].startsWith("the A/A interval does not cover 0"));
  const bad = samples({}).map((one) => ({ ...one, dropped: 3, errors: 1 }));
  assertEquals(compare(PLAN, bad, new Map(), "test").reasons.length, 6);
  assert(tableOf(unequal)[0].startsWith("NOT TRUSTWORTHY: the A/A"));
});

Deno.test("an interrupted block compares nothing, and too few are refused", () => {
  const whole = samples({}, 2);
  assertEquals(compare(PLAN, [...whole, { ...whole[0], block: 2 }], new Map(), "t").blocks, 2);
  assertThrows(() => compare(PLAN, samples({}, 1), new Map(), "t"), RangeError);
});

Deno.test("the table has the A/A row first", () => {
  const lines = tableOf(compare(PLAN, samples({ traces: 7 }), new Map(), "test"));
  const rows = lines.filter((line) => /^(off|traces)/.test(line)).map((line) =>
    line.split("  ")[0]
  );
  assertEquals(rows, ["off again", "off", "traces"]);
});

Deno.test("a known cost that is not found, and an effect below what equal arms differ by, are said", () => {
  const plan = { ...PLAN, arms: ["off", "off again", "spin", "logs"] };
  const make = (extra: Record<string, number>) => {
    const random = seededRandom(9);
    return Array.from({ length: 60 }).flatMap((_, block) =>
      plan.arms.map((arm) => ({
        ...samples({}, 1)[0],
        block,
        restart: Math.floor(block / 20),
        arm,
        cpuUs: 1000 * (100 + (extra[arm] ?? 0) + (random() - 0.5) * 4),
      }))
    );
  };
  const reasons = (extra: Record<string, number>) =>
    compare(plan, make(extra), new Map(), "t").reasons;
  assertEquals(reasons({ spin: 20, logs: 8 }), []);
  assertEquals(reasons({ spin: 21, logs: 8 }), []);
  const [missed] = reasons({ spin: 12, logs: 8 });
  assert(missed.startsWith("a known cost of 20 µs was measured as 1"), missed);
  const [wide] = reasons({ spin: 20, logs: 0.75, "off again": 0.4 });
  assert(wide?.startsWith("equal arms differ by up to") || wide?.includes("A/A"), wide);
});
