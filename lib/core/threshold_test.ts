import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SpanContext } from "./span_context.ts";
import {
  adjustedCount,
  compareThresholds,
  isKept,
  probabilityOf,
  randomOf,
  thresholdFromProbability,
  thresholdFromText,
  thresholdToText,
} from "./threshold.ts";

/** 1-in-N with 3, 4 and 5 digits, as OpenTelemetry's specification tabulates them. */
const ONE_IN: [n: number, three: string, four: string, five: string][] = [
  [1, "0", "0", "0"],
  [2, "8", "8", "8"],
  [3, "aab", "aaab", "aaaab"],
  [4, "c", "c", "c"],
  [5, "ccd", "cccd", "ccccd"],
  [8, "e", "e", "e"],
  [10, "e66", "e666", "e6666"],
  [16, "f", "f", "f"],
  [100, "fd71", "fd70a", "fd70a4"],
  [1000, "ffbe7", "ffbe77", "ffbe76d"],
  [10_000, "fff972", "fff9724", "fff97247"],
  [100_000, "ffff584", "ffff583a", "ffff583a5"],
  [1_000_000, "ffffef4", "ffffef39", "ffffef391"],
];

const BITS = fc.record({ hi: fc.nat(2 ** 24 - 1), lo: fc.integer({ min: 0, max: 2 ** 32 - 1 }) });
const PROBABILITY = fc.oneof(
  fc.double({ min: 2 ** -56, max: 1, noNaN: true }),
  // Evenly by their exponents, small ones too.
  fc.double({ min: -56, max: 0, noNaN: true }).map((exponent) => 2 ** exponent),
);

Deno.test("threshold: of probabilities, as OTEP 235 writes them", () => {
  for (const [n, three, four, five] of ONE_IN) {
    assertEquals(thresholdToText(thresholdFromProbability(1 / n, 3)), three, `1 in ${n}`);
    assertEquals(thresholdToText(thresholdFromProbability(1 / n)), four, `1 in ${n}`);
    assertEquals(thresholdToText(thresholdFromProbability(1 / n, 4)), four, `1 in ${n}`);
    assertEquals(thresholdToText(thresholdFromProbability(1 / n, 5)), five, `1 in ${n}`);
  }
  const precise: [probability: number, text: string][] = [
    [2 ** -56, "ffffffffffffff"],
    [3 * 2 ** -56, "fffffffffffffd"],
    [8 * 2 ** -56, "fffffffffffff8"],
    [16 * 2 ** -56, "fffffffffffff"],
    [1 / 3, "aaaaaaaaaaaaac"],
    [1 - 0x456789a / 2 ** 28, "456789a"],
    [1 - 0x80801 / 2 ** 28, "0080801"],
  ];
  for (const [probability, text] of precise) {
    assertEquals(thresholdToText(thresholdFromProbability(probability, 14)), text);
  }
});

Deno.test("threshold: what is no probability is named", () => {
  for (const bad of [0, -1, 2 ** -57, 1.0001, NaN, Infinity]) {
    assertThrows(() => thresholdFromProbability(bad), RangeError, `probability is ${bad}`);
  }
  for (const bad of [0, 15, 1.5, NaN]) {
    assertThrows(() => thresholdFromProbability(0.5, bad), RangeError, `precision is ${bad}`);
  }
});

Deno.test("threshold: as text and back; upper case, more than 14 digits and none are malformed", () => {
  assertEquals(thresholdFromText("0"), { hi: 0, lo: 0 });
  assertEquals(thresholdFromText("8"), { hi: 0x800000, lo: 0 });
  assertEquals(thresholdFromText("80"), { hi: 0x800000, lo: 0 });
  assertEquals(thresholdFromText("fd70a4"), { hi: 0xfd70a4, lo: 0 });
  assertEquals(thresholdFromText("0000001"), { hi: 0, lo: 0x10000000 });
  assertEquals(thresholdFromText("00000080000001"), { hi: 0, lo: 0x80000001 });
  assertEquals(thresholdFromText("ffffffffffffff"), { hi: 0xffffff, lo: 0xffffffff });
  for (
    const bad of ["", "C", "8.", " 8", "g", "-1", "0x8", "123456789012345", "\u0130", "\uff18"]
  ) {
    assertEquals(thresholdFromText(bad), undefined, JSON.stringify(bad));
  }
  assertEquals(thresholdToText({ hi: 0, lo: 1 }), "00000000000001");
  fc.assert(fc.property(BITS, (bits) => {
    const text = thresholdToText(bits);
    assertEquals(thresholdFromText(text), bits);
    assert(/^(0|[0-9a-f]{0,13}[1-9a-f])$/.test(text), text);
  }));
});

Deno.test("threshold: kept if and only if R >= T, as the padded digits compare", () => {
  const digits = (bits: { hi: number; lo: number }) => thresholdToText(bits).padEnd(14, "0");
  fc.assert(fc.property(BITS, BITS, fc.boolean(), (random, other, isClose) => {
    const threshold = isClose ? { hi: random.hi, lo: other.lo } : other;
    assertEquals(isKept(random.hi, random.lo, threshold), digits(random) >= digits(threshold));
    assertEquals(
      Math.sign(compareThresholds(random, threshold)),
      digits(random) > digits(threshold) ? 1 : digits(random) < digits(threshold) ? -1 : 0,
    );
    assert(isKept(random.hi, random.lo, random));
    assert(isKept(random.hi, random.lo, { hi: 0, lo: 0 }));
  }));
});

Deno.test("threshold: its probability is the one asked for to 4 digits, and is never 0", () => {
  fc.assert(fc.property(PROBABILITY, (probability) => {
    const actual = probabilityOf(thresholdFromProbability(probability));
    const relative = Math.abs(actual - probability) / probability;
    // Half a unit in the fourth digit behind the f's; at the far end half of the last of 56 bits.
    assert(
      relative <= Math.max(2 ** -13, 0.5 * 2 ** -56 / probability),
      `${probability} ${actual}`,
    );
  }));
  fc.assert(fc.property(BITS, (bits) => {
    const exact = Number((1n << 56n) - ((BigInt(bits.hi) << 32n) | BigInt(bits.lo))) / 2 ** 56;
    assertEquals(probabilityOf(bits), exact);
    assertEquals(adjustedCount(bits), 1 / exact);
  }));
  assertEquals(adjustedCount(thresholdFromText("c")!), 4);
  assertEquals(adjustedCount(thresholdFromText("0")!), 1);
  assertEquals(adjustedCount(thresholdFromText("ffffffffffffff")!), 2 ** 56);
});

Deno.test("threshold: a larger probability keeps all that a smaller one keeps", () => {
  const precision = fc.integer({ min: 1, max: 14 });
  fc.assert(fc.property(PROBABILITY, PROBABILITY, precision, (a, b, digits) => {
    const [small, large] = [a, b].sort((x, y) => x - y);
    const [tight, loose] = [small, large].map((p) => thresholdFromProbability(p, digits));
    assert(compareThresholds(tight, loose) >= 0);
  }));
});

Deno.test("threshold: the random bits are the last seven bytes of the trace id, or rv", () => {
  const context = new SpanContext(-1, -1, 0x12abcdef, -2, 1, 1, 3, "", true);
  assertEquals(context.traceId.slice(18), "abcdeffffffffe");
  assertEquals(randomOf(context), { hi: 0xabcdef, lo: 0xfffffffe });
  assertEquals(randomOf(context, { hi: 1, lo: 2 }), { hi: 1, lo: 2 });
});
