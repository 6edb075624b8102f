import { assert, assertEquals, assertMatch } from "@std/assert";
import { resolve } from "@std/path";
import { buildAssets } from "../assets.ts";
import { differencesOf } from "./differences.ts";
import { rateOf } from "./effect.tsx";
import { durationTicks, markedBy } from "./heatmap_grid.ts";
import { isBalanced } from "./health.tsx";
import { href } from "./state.ts";
import { bytes, duration, levelOf, safe } from "./text.ts";
import type { Books, HeatmapData, Span } from "./types.ts";

/** What the page may load, gzipped. */
const SCRIPT_BYTES_MAX = 120_000;

Deno.test("the page's script is small, and holds no other address", async () => {
  const { script, style } = await buildAssets(resolve(".cache/console"));
  const zipped = await new Response(
    new Blob([script]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  assert(zipped.length <= SCRIPT_BYTES_MAX, `${zipped.length} bytes`);
  assert(!/url\(|@import/.test(style), "the style asks for something else");
  // The names of SVG's and MathML's vocabularies are no requests.
  const addresses = new Set(script.match(/https?:\/\/[^\s"'`)\\]+/g) ?? []);
  for (const address of addresses) assertMatch(address, /^https?:\/\/www\.w3\.org\//);
});

const data: HeatmapData = {
  fromMs: 1000,
  untilMs: 2000,
  columns: 10,
  lowMs: 0.1,
  rows: 32,
  rowsPerDecade: 8,
  total: 1,
  p50Ms: 1,
  p95Ms: 10,
  cells: [],
};

Deno.test("a mark asks for whole cells, whichever corner came first", () => {
  const [a, b] = [{ column: 2, row: 8 }, { column: 4, row: 15 }];
  const marked = {
    since: "1200.000",
    until: "1500.000",
    slowerThan: "1",
    fasterThan: "10",
  };
  assertEquals(markedBy(data, a, b), marked);
  assertEquals(markedBy(data, b, a), marked);
  assertEquals(markedBy(data, { column: 0, row: 0 }, a).slowerThan, "0");
  assertEquals(durationTicks(data).map(duration), [
    "100 µs",
    "300 µs",
    "1.00 ms",
    "3.00 ms",
    "10.0 ms",
    "30.0 ms",
    "100.0 ms",
    "300.0 ms",
    "1.00 s",
  ]);
});

Deno.test("differences of two traces: by service and name, the largest first", () => {
  const span = (service: string, name: string, durationMs: number, isError = false) =>
    ({ service, name, durationMs, isError }) as Span;
  assertEquals(
    differencesOf(
      [span("a", "x", 10), span("b", "y", 5), span("b", "y", 5)],
      [span("a", "x", 12, true), span("c", "z", 40)],
    ),
    [
      { service: "c", name: "z", counts: [0, 1], totalsMs: [0, 40], errors: [0, 0] },
      { service: "b", name: "y", counts: [2, 0], totalsMs: [10, 0], errors: [0, 0] },
      { service: "a", name: "x", counts: [1, 1], totalsMs: [10, 12], errors: [0, 1] },
    ],
  );
});

Deno.test("rates are what came a second, and never below zero", () => {
  const flow = {
    timeMs: 0,
    requests: 10,
    failures: 0,
    spans: 100,
    lines: 0,
    bytes: 0,
    tracesSeen: 5,
    failuresSeen: 0,
  };
  const { requests, spans, tracesSeen } = rateOf(flow, {
    ...flow,
    timeMs: 2000,
    requests: 30,
    spans: 50,
    tracesSeen: 6,
  });
  assertEquals([requests, spans, tracesSeen], [10, 0, 0.5]);
});

Deno.test("books balance when nothing is missing", () => {
  const books = {
    created: 10,
    delivered: 6,
    dropped: { queue_full: 3 },
    queued: 1,
  } as unknown as Books;
  assertEquals(isBalanced(books), true);
  assertEquals(isBalanced({ ...books, queued: 0 }), false);
});

Deno.test("text from anywhere can't turn round, hide or grow without end", () => {
  assertEquals(
    safe("a\u202eb\u001b[31mc\u0000\n\ufeff"),
    "a\\u{202e}b\\u{1b}[31mc\\u{0}\\u{a}\\u{feff}",
  );
  assertEquals(safe("<script>"), "<script>");
  assertEquals(safe("x".repeat(3000)).length < 2100, true);
  assertEquals(safe("ab😀", 3), "ab\ufffd… (4 characters)");
});

Deno.test("addresses leave out what is not set", () => {
  assertEquals(
    href("traces", { service: "a b", route: "", status: undefined }),
    "#/traces?service=a+b",
  );
  assertEquals(href("logs"), "#/logs");
});

Deno.test("durations, bytes and levels for people", () => {
  assertEquals([0, 0.004, 1.5, 12.34, 999.9, 1234, 120_000].map(duration), [
    "0",
    "4 µs",
    "1.50 ms",
    "12.3 ms",
    "999.9 ms",
    "1.23 s",
    "2.0 min",
  ]);
  assertEquals([12, 1500, 2.5e6, 3e9].map(bytes), ["12 B", "1.5 kB", "2.5 MB", "3.00 GB"]);
  assertEquals([1, 5, 9, 13, 17, 21].map(levelOf), [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "fatal",
  ]);
});
