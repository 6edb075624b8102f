import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../statistics/random.ts";
import { lawBreaks, type Sample, trendOf } from "./series.ts";

const MIB = 1024 * 1024;
const books = { created: 3, delivered: 1, dropped: 1, queued: 1, queuedBytes: 9 };

/** A hundred looks in 1000 s: a start of caches, a rise in MiB an hour, and noise. */
function samplesOf(risePerHour: number, noiseMib = 0.2): Sample[] {
  const random = seededRandom(1);
  return Array.from({ length: 100 }, (_, index) => {
    const atSeconds = (index + 1) * 10;
    const warming = atSeconds < 200 ? -5 * (1 - atSeconds / 200) : 0;
    const noise = (random() - 0.5) * noiseMib;
    const heapBytes = (20 + warming + (risePerHour * atSeconds) / 3600 + noise) * MIB;
    return { atSeconds, requests: index, heapBytes, rssBytes: 0, externalBytes: 0, books };
  });
}

const heap = ({ heapBytes }: Sample) => heapBytes;

Deno.test("a heap that fills its caches and then stays is flat", () => {
  const trend = trendOf(samplesOf(0), heap);
  assert(trend.isFlat && Math.abs(trend.growthBytes) < trend.halfWidthBytes + 0.1 * MIB);
  assertAlmostEquals(trend.meanBytes / MIB, 20, 0.1);
});

Deno.test("a leak is found, with its size", () => {
  const trend = trendOf(samplesOf(20), heap);
  assert(!trend.isFlat);
  // 750 s after the warm-up.
  assertAlmostEquals(trend.growthBytes / MIB, (20 * 740) / 3600, 0.2);
});

Deno.test("noise that could hide a leak is not flat", () => {
  assert(!trendOf(samplesOf(0, 60), heap).isFlat);
  assertThrows(() => trendOf(samplesOf(0).slice(0, 3), heap), RangeError, "wanted are at least 4");
});

Deno.test("a sample whose books do not add up is named", () => {
  const [first, second] = samplesOf(0);
  assertEquals(lawBreaks([first, second]), []);
  const broken = { ...second, books: { ...books, created: 4 } };
  assertEquals(lawBreaks([first, broken]), [broken]);
});
