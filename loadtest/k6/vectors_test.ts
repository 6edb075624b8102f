import { assertEquals } from "@std/assert";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { choose, dice } from "./choose.ts";

interface Vectors {
  readonly dice: readonly { seed: number; iteration: number; dice: number }[];
  readonly histograms: readonly {
    name: string;
    counts: Record<string, number>;
    p50: number;
    p999: number;
    byGo: string;
    byTypeScript: string;
  }[];
}

/** Shared with xk6-sextant/vectors_test.go: each side checks what the other has written. */
const VECTORS: Vectors = JSON.parse(
  await Deno.readTextFile(new URL("../xk6-sextant/testdata/vectors.json", import.meta.url)),
);

Deno.test("shared vectors: an iteration's dice are those of the Go module", () => {
  assertEquals(VECTORS.dice.length > 5, true);
  for (const one of VECTORS.dice) {
    assertEquals(dice(one.seed, one.iteration), one.dice, `${one.seed}, ${one.iteration}`);
  }
});

Deno.test("shared vectors: histograms that Go has written are read to the count, and ours by Go", () => {
  assertEquals(VECTORS.histograms.length > 3, true);
  for (const { name, counts, p50, p999, byGo, byTypeScript } of VECTORS.histograms) {
    const total = Object.values(counts).reduce((a, b) => a + b, 0);
    for (const [side, text] of Object.entries({ byGo, byTypeScript })) {
      const histogram = decodeFromCompressedBase64(text, 64);
      assertEquals(histogram.totalCount, total, `${name} ${side}`);
      if (total === 0) continue;
      assertEquals(
        [histogram.getValueAtPercentile(50), histogram.getValueAtPercentile(99.9)],
        [p50, p999],
        `${name} ${side}`,
      );
    }
  }
});

Deno.test("weights are met, and the ends belong to the first and the last", () => {
  assertEquals([choose([1, 2], 0), choose([1, 2], 1 / 3), choose([1, 2], 1)], [0, 1, 1]);
  const counts = [0, 0, 0];
  for (let at = 0; at < 40_000; at++) counts[choose([1, 2, 1], dice(7, at))]++;
  for (const [index, expected] of [10_000, 20_000, 10_000].entries()) {
    assertEquals(Math.abs(counts[index] - expected) < 5 * Math.sqrt(expected), true, `${counts}`);
  }
});
