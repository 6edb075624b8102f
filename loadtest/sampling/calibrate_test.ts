import { assert, assertEquals } from "@std/assert";
import { calibrate, type Wanted } from "./calibrate.ts";
import { Pool } from "./pool.ts";
import { replay } from "./replay.ts";
import { chunksOf, type SourceSpec } from "./source.ts";
import { strategyFrom } from "./specs.ts";
import { worldSchema } from "./world.ts";

Deno.test("strategies are set so that each takes its budget on streams that it was not set by", async () => {
  const source: SourceSpec = { kind: "world", world: worldSchema.parse({}) };
  const pool = new Pool(new AbortController().signal, 2);
  const wanted: Wanted[] = [
    ...["probability", "rate limit", "tail: errors, slow, rare", "head, then tail"].map((
      family,
    ) => ({
      family,
      budget: 0.1,
    })),
    // Its rules alone take more.
    { family: "tail: errors", budget: 0.002 },
  ];
  for (const equalBy of ["bytes", "spans"] as const) {
    const calibrated = await calibrate(pool, source, 30_000, wanted, equalBy);
    const { specs, known } = calibrated!;
    assertEquals(specs.map((spec) => spec.isOverBudget === true), [
      false,
      false,
      false,
      false,
      true,
    ]);
    assertEquals(specs.at(-1)!.name, "tail: errors, 0.2 %");
    const on = { name: "always on", kind: "fixed" } as const;
    const strategies = await Promise.all([on, ...specs].map((spec) => strategyFrom(spec, known)));
    const [whole, ...scores] = await replay(strategies, chunksOf(source, 1, 30_000), 1);
    for (const { strategy, bytesPerTrace, spansKept } of scores.slice(0, 4)) {
      const part = equalBy === "bytes" ? bytesPerTrace / whole.bytesPerTrace : spansKept;
      assert(Math.abs(part / 0.1 - 1) < 0.1, `${strategy}: ${part} of the ${equalBy}`);
    }
  }
});

Deno.test("an abort ends a calibration with nothing", async () => {
  const aborted = AbortSignal.abort();
  const source: SourceSpec = { kind: "world", world: worldSchema.parse({}) };
  const wanted = [{ family: "probability", budget: 0.1 }];
  assertEquals(await calibrate(new Pool(aborted), source, 1000, wanted, "bytes"), undefined);
});
