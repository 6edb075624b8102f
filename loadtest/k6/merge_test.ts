import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeFromCompressedBase64, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import { latencyHistogram } from "../collect/latency.ts";
import { coverOf, fractionOf, spanOf } from "./fraction.ts";
import { mergeSegments } from "./merge.ts";
import { segmentsOf } from "./segment_file.ts";

const THRESHOLDS = {
  "dropped_iterations": ["count==0"],
  "http_req_duration{arm:a}": ["p(99)<5", "max<1000"],
  "http_req_failed{arm:a}": ["rate==0"],
  "checks": ["rate>0.9"],
};

interface Given {
  readonly valuesUs?: readonly number[];
  readonly arm?: string;
  readonly arms?: readonly string[];
  readonly seed?: number;
  readonly dropped?: number;
  readonly isComplete?: boolean;
}

/** A segment file as the extension writes it. */
function fileOf(segment: string, given: Given = {}): string {
  const { valuesUs = [1000, 2000], arm = "a", arms = ["a", "b"], seed = 1 } = given;
  const histogram = latencyHistogram(64);
  for (const value of valuesUs) histogram.recordValue(value);
  const series = {
    sextant: "series",
    segment,
    kind: "request",
    arm,
    step: "get",
    count: valuesUs.length,
    failed: 1,
    clamped: 0,
    histogram: encodeIntoCompressedBase64(histogram),
  };
  const head = {
    sextant: "segment",
    version: 1,
    segment,
    sequence: "0,1/3,2/3,1",
    seed,
    ratePerS: 10,
    arms,
    weights: [1, 1],
    thresholds: THRESHOLDS,
  };
  const end = {
    sextant: "end",
    segment,
    series: 1,
    iterations: valuesUs.length,
    dropped: given.dropped ?? 0,
    seconds: 2,
    isComplete: given.isComplete ?? true,
    error: "",
  };
  return [head, series, end].map((line) => JSON.stringify(line) + "\n").join("");
}

const THIRDS = ["0:1/3", "1/3:2/3", "2/3:1"];

function merged(files: readonly string[], isPartial = false) {
  return mergeSegments(files.flatMap((text, at) => segmentsOf(`${at}.ndjson`, text)), isPartial);
}

Deno.test("merging is adding: any split of any values is what one process would have kept", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 60_000_000 }), fc.nat(2)), { maxLength: 300 }),
    (values) => {
      const whole = latencyHistogram(64);
      for (const [value] of values) whole.recordValue(value);
      const { series } = merged(
        THIRDS.map((segment, part) =>
          fileOf(segment, { valuesUs: values.filter((one) => one[1] === part).map(([us]) => us) })
        ),
      );
      assertEquals(series[0].histogram, encodeIntoCompressedBase64(whole));
      assertEquals(series[0].count, values.length);
    },
  ));
});

Deno.test("a merged test: counts, percentiles, and the script's thresholds held against all of it", () => {
  const { series, limits, isPartial, isTrustworthy, iterations } = merged(
    THIRDS.map((segment, at) => fileOf(segment, { valuesUs: [1000, 3000, 9000 * (at + 1)] })),
  );
  assertEquals([isPartial, isTrustworthy, iterations], [false, true, 9]);
  assertEquals([series[0].count, series[0].failed], [9, 3]);
  assertEquals(decodeFromCompressedBase64(series[0].histogram, 64).totalCount, 9);
  assertEquals(
    limits.map(({ metric, isMet }) => [metric, isMet]),
    [
      ["dropped_iterations", true],
      ["http_req_duration{arm:a}", false],
      ["http_req_duration{arm:a}", true],
      ["http_req_failed{arm:a}", false],
      ["checks", undefined],
    ],
  );
});

Deno.test("dropped iterations are not trusted", () => {
  const { isTrustworthy, reasons } = merged([fileOf("0:1", { dropped: 2 })]);
  assertEquals(isTrustworthy, false);
  assertMatch(reasons[0], /^2 iterations were dropped/);
});

Deno.test("what is wrong is named, with the file", () => {
  const third = THIRDS.map((segment) => fileOf(segment));
  const truncated = third[1].split("\n").slice(0, 2).join("\n") + "\n";
  const cases: [files: string[], message: RegExp][] = [
    [[third[0], third[2]], /no segment covers 1\/3 to 2\/3 of the test\n.*--partial/],
    [[third[0], fileOf("1/4:1")], /segments overlap: 0:1\/3 and 1\/4:1 \(0.ndjson, 1.ndjson\)/],
    [[third[0], third[0], third[1], third[2]], /segments overlap: 0:1\/3 and 0:1\/3/],
    [[third[0], truncated, third[2]], /1\.ndjson: segment 1\/3:2\/3 is truncated: its end/],
    [
      [third[0], third[1].slice(0, -40), third[2]],
      /1\.ndjson: segment 1\/3:2\/3 is truncated: line 3 is cut off/,
    ],
    [[third[0].slice(0, 40)], /0\.ndjson holds no segment: .* cut in its first line/],
    [["hello\n"], /0\.ndjson holds no segment/],
    [[fileOf("0:1", { arm: "c" })], /0\.ndjson has the arm "c" \(step "get"\), the test has a, b/],
    [[third[0], fileOf("1/3:1", { seed: 2 })], /1\.ndjson is of another test .* seed is 2, not 1/],
    [[fileOf("0:1", { isComplete: false })], /ended early: the process died/],
    [[fileOf("0:1/0")], /0\.ndjson: "1\/0" is no part of a test/],
    [[fileOf("0:1").replace('"count":2', '"count":3')], /line 2: .* holds 2 values, not 3/],
    [[fileOf("0:1").replace(/HISTF..../, "HISTFxxxx")], /line 2: the histogram of arm "a", step/],
    [[fileOf("0:1").replace('"failed":1', '"failed":-1')], /line 2: failed: /],
  ];
  for (const [files, message] of cases) {
    const error = assertThrows(() => merged(files), Error);
    assertMatch(error.message, message);
  }
});

Deno.test("a partial result is made when asked for, and says what is missing", () => {
  const { isPartial, missing, series } = merged(
    [fileOf("0:1/3"), fileOf("2/3:1").split("\n").slice(0, 2).join("\n")],
    true,
  );
  assertEquals([isPartial, series[0].count], [true, 4]);
  assertEquals(missing, [
    "1.ndjson: segment 2/3:1 is truncated: its end is missing",
    "no segment covers 1/3 to 2/3 of the test",
  ]);
  // What overlaps would be counted twice: that is never made.
  assertThrows(() => merged([fileOf("0:1"), fileOf("0:1/3")], true), Error, "overlap");
});

Deno.test("logs of several processes are segments as well", () => {
  const log = THIRDS.map((segment) =>
    `time="2026" level=info msg=started\n${
      fileOf(segment).trim().split("\n").map((line) => `[pod/k6-1/k6] ${line}`).join("\n")
    }\n`
  ).join("");
  assertEquals(merged([log]).series[0].count, 6);
});

Deno.test("fractions are exact, as k6 writes them", () => {
  assertEquals(coverOf(["0:1/3", "1/3:2/3", "2/3:1"].map(spanOf)), { overlaps: [], gaps: [] });
  assertEquals(coverOf(["0:0.25", "25%:1"].map(spanOf)), { overlaps: [], gaps: [] });
  assertEquals(coverOf(["0:0.3333", "1/3:1"].map(spanOf)).gaps, ["3333/10000 to 1/3"]);
  for (const wrong of ["", "2", "1/0", "-1", "a", "4/3"]) {
    assertThrows(() => fractionOf(wrong), RangeError, "allowed are 0 to 1");
  }
  assertThrows(() => spanOf("1/3"), RangeError, "not FROM:TO");
  assertThrows(() => spanOf("1/3:1/3"), RangeError, "empty");
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 20 }), (at) => {
      const ends = ["0", ...at.sort((a, b) => a - b).map((one) => `${one}/1000`), "1"];
      const spans = ends.slice(1).map((end, index) => spanOf(`${ends[index]}:${end}`));
      assertEquals(coverOf(spans.toReversed()), { overlaps: [], gaps: [] });
      const { gaps } = coverOf(spans.slice(1));
      assert(gaps.length === 1 && gaps[0].startsWith("0 to "), `${gaps}`);
    }),
  );
});
