import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { errors, probability, type Sampler, tail } from "../../mod.ts";
import { readCapture } from "./capture.ts";
import { replay } from "./replay.ts";
import { burstOf, type Score } from "./score.ts";
import type { Strategy } from "./strategy.ts";
import { tracesOf, type TrueTrace, worldSchema } from "./world.ts";

const WORLD = worldSchema.parse({});
const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

function take(seed: number, count: number): TrueTrace[] {
  const stream = tracesOf(WORLD, seed);
  return Array.from({ length: count }, () => stream.next().value);
}

async function scoreOf(
  make: Strategy["make"],
  { signals = "traces" as Strategy["signals"], count = 60_000, seed = 1 } = {},
): Promise<Score> {
  const strategy = { name: "test", signals, configuration: "", make };
  return await replay(strategy, { traces: tracesOf(WORLD, seed), count, seed });
}

Deno.test("a stream is the same for a seed, and as the world says", () => {
  assertEquals(take(1, 200), take(1, 200));
  const traces = take(2, 100_000);
  const part = (is: (trace: TrueTrace) => boolean) => traces.filter(is).length / traces.length;
  const rare = part(({ rarity }) => rarity !== undefined);
  // 4 paths of 1 in 100, 8 of 1 in 1,000 and 12 of 1 in 10,000.
  assert(Math.abs(rare - 0.0492) < 0.003, `${rare}`);
  const failed = part(({ isError }) => isError);
  assert(failed > 0.003 && failed < 0.02, `${failed}`);
  assert(part(({ isBurst }) => isBurst) > 0.3);
  for (const { spans, durationMs } of traces.slice(0, 2000)) {
    spans.forEach(({ parent, startMs, durationMs: own }, index) => {
      assert(parent < index && (parent >= 0) === (index > 0));
      assert(startMs >= 0 && startMs + own <= durationMs + 1e-9);
    });
  }
});

Deno.test("a replay is the same for a seed; always on keeps all and is right about all", async () => {
  const once = await scoreOf(() => ({}), { count: 20_000 });
  const again = await scoreOf(() => ({}), { count: 20_000 });
  // What it took is this machine's.
  assertEquals({ ...once, cpuUsPerTrace: 0 }, { ...again, cpuUsPerTrace: 0 });
  assertEquals(
    [once.spansKept, once.tracesKept, once.errorRecall, once.pathCoverage, once.completeness],
    [1, 1, 1, 1, 1],
  );
  assertEquals([once.count.rmse, once.count.coverage, once.p99.rmse, once.faultyFound], [
    0,
    1,
    0,
    1,
  ]);
  assert(once.bytesPerTrace > 300 && once.bytesPerTrace < 2000, `${once.bytesPerTrace}`);
});

Deno.test("a probability keeps its part, counts without bias, and sees few errors", async () => {
  const score = await scoreOf(() => ({ sampler: probability(0.1) }));
  assert(Math.abs(score.tracesKept - 0.1) < 0.005, `${score.tracesKept}`);
  assert(Math.abs(score.errorRecall - 0.1) < 0.05, `${score.errorRecall}`);
  assert(Math.abs(score.count.bias) < 0.03, `${score.count.bias}`);
  assertEquals(score.completeness, 1);
});

Deno.test("a tail sees every error and is right about how many there were", async () => {
  const score = await scoreOf(() => ({ layers: [tail({ keep: [errors()], otherwise: 0.05 })] }));
  assertEquals([score.errorRecall, score.faultyFound], [1, 1]);
  assert(score.tracesKept < 0.08, `${score.tracesKept}`);
  assert(Math.abs(score.count.bias) < 0.05, `${score.count.bias}`);
  assert(score.errorRate.rmse < 0.1, `${score.errorRate.rmse}`);
});

Deno.test("a stale threshold and a wrong adjusted count are exposed by bias and coverage", async () => {
  const honest = probability(0.1);
  const lying = (ratio: number): Sampler => (request) => ({
    ...honest(request),
    threshold: { hi: Math.floor((1 - ratio) * 2 ** 24), lo: 0 },
  });
  for (const [ratio, bias] of [[0.05, 1], [0.2, -0.5]]) {
    const { count } = await scoreOf(() => ({ sampler: lying(ratio) }));
    assert(Math.abs(count.bias - bias) < 0.1, `${count.bias}`);
    assertEquals(count.coverage, 0);
  }
  assert((await scoreOf(() => ({ sampler: honest }))).count.coverage > 0.5);
});

Deno.test("lines: all of them show every path, errors alone show none", async () => {
  const all = await scoreOf(() => ({}), { signals: "logs", count: 10_000 });
  assertEquals([all.errorRecall, all.pathCoverage, all.spansKept], [1, 1, 0]);
  assert(all.linesPerTrace > 4);
  const few = await scoreOf(() => ({ level: "error" }), { signals: "logs", count: 10_000 });
  assertEquals([few.errorRecall, few.pathCoverage], [1, 0]);
  assert(few.bytesPerTrace * 50 < all.bytesPerTrace);
});

Deno.test("a burst: its peak over the mean, and how long it stays", () => {
  const quiet = Array<number>(10).fill(10);
  assertEquals(burstOf([...quiet, ...quiet]), { burstPeak: 1, recoverySeconds: 0 });
  const { burstPeak, recoverySeconds } = burstOf([...quiet, ...quiet, 40, 40, 40, ...quiet]);
  assertEquals(recoverySeconds, 3);
  assert(Math.abs(burstPeak - 40 / (320 / 23)) < 1e-9);
});

Deno.test("a capture of the Collector's file exporter is replayed", async () => {
  const path = await Deno.makeTempFile();
  try {
    const span = (traceId: string, spanId: string, parentSpanId: string, code = 0) => ({
      traceId,
      spanId,
      parentSpanId,
      name: `op ${spanId}`,
      kind: 2,
      startTimeUnixNano: String(1_700_000_000_000_000_000 + Number(spanId) * 1_000_000),
      endTimeUnixNano: String(1_700_000_000_100_000_000),
      status: code === 0 ? {} : { code },
    });
    const line = (service: string, ...spans: unknown[]) =>
      JSON.stringify({
        resourceSpans: [{
          resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
          scopeSpans: [{ scope: { name: "x" }, spans }],
        }],
      });
    // A child comes before its parent, another signal stands between.
    await Deno.writeTextFile(
      path,
      [
        line("orders", span("aa", "2", "1", 2)),
        '{"resourceLogs":[]}',
        line("gateway", span("aa", "1", ""), span("bb", "5", "")),
      ].join("\n") + "\n",
    );
    const traces = await readCapture(path);
    assertEquals(
      traces.map(({ spans, isError }) => [spans.map(({ service }) => service), isError]),
      [
        [["gateway", "orders"], true],
        [["gateway"], false],
      ],
    );
    assertEquals(traces[0].spans.map(({ parent, kind }) => [parent, kind]), [[-1, 1], [0, 1]]);
    assertEquals(traces[1].startMs > traces[0].startMs, true);
    await Deno.writeTextFile(path, line("x", { traceId: 1 }));
    const { code, err } = await sampling("--capture", path);
    assertEquals(code, 2);
    assertMatch(err, /--capture .*:1: resourceSpans\.0\.scopeSpans\.0\.spans\.0\.traceId: /);
  } finally {
    await Deno.remove(path);
  }
});

async function sampling(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "sampling", ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("a run writes its results and report, with a strategy of one's own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const own = `${folder}/own.ts`;
    const mod = new URL("../../mod.ts", import.meta.url).href;
    await Deno.writeTextFile(
      own,
      `import { probability } from "${mod}";
       export default [{ name: "<b>mine</b>", signals: "traces", configuration: "mine()",
         make: () => ({ sampler: probability(0.5) }) }];`,
    );
    const flags = ["--traces", "10000", "--seeds", "1,2", "--budgets", "0.1", "--out", folder];
    const { code, out, err } = await sampling(...flags, "--strategies", own);
    assertEquals(code, 0, err);
    assertMatch(out, /^10,000 traces of each of 2 seeds/);
    assertMatch(out, /\n<b>mine<\/b> +5\d? % /);
    assertMatch(out, /\ntail: errors, 10 %: Shows every error/);
    const [{ name }] = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory);
    const results = JSON.parse(await Deno.readTextFile(`${folder}/${name}/sampling.json`));
    assertEquals(results.strategies.length, 2 + 7 + 6 + 3 + 1);
    const html = await Deno.readTextFile(`${folder}/${name}/report.html`);
    assert(html.includes("Bytes against errors seen") && html.includes("&#60;b&#62;mine"));
    assertEquals(/<b>mine|(?:src|href)=|url\(/.test(html), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a recommendation fits its budget in a replay, or says that it can't", async () => {
  const flags = ["--rate", "2000/s", "--budget", "5GB/day", "--traces", "30000"];
  const { code, out } = await sampling("recommend", ...flags, "--must-see", "errors");
  assertEquals(code, 0, out);
  assertMatch(out, /tail\(\{ keep: \[errors\(\)\], otherwise: 0\.0\d+ \}\),/);
  assertMatch(out, /within the budget\nSees 100 % of the failed traces/);
  const little = await sampling(
    "recommend",
    "--rate",
    "2000",
    "--budget",
    "1MB",
    "--traces",
    "20000",
  );
  assertEquals(little.code, 1);
  assertMatch(little.out, /more than the budget of 1\.0 MB: nothing else is kept/);
});

Deno.test("a wrong command line of sampling is named, with what is allowed", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--speed", "9"], /Unknown flag --speed; allowed are --rate/],
    [["jump"], /Unknown jump; allowed is recommend/],
    [["--traces", "many"], /--traces is many, allowed are whole numbers above 0/],
    [["--budgets", "2"], /--budgets has 2, allowed are parts above 0 up to 1/],
    [["--world", "/nowhere"], /--world \/nowhere: /],
    [["--capture", "/nowhere"], /--capture \/nowhere: /],
    [["recommend", "--budget", "5GB"], /--rate is absent, allowed is such as 2000\/s/],
    [["recommend", "--rate", "1", "--budget", "5"], /--budget is 5, allowed is such as 5GB\/day/],
    [["recommend", "--rate", "1", "--budget", "5GB", "--must-see", "all"], /--must-see has all/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await sampling(...args);
    assertEquals(code, 2, `${args.join(" ")}: ${err}`);
    assertMatch(err, message);
  }
  assertMatch((await sampling("--help")).out, /recommend/);
});
