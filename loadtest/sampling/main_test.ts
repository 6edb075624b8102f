import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { LiveResults } from "./live.ts";
import type { SamplingResults } from "./experiment.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const MOD = new URL("../../mod.ts", import.meta.url).href;

async function sampling(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "sampling", ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function inFolder(use: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function written(folder: string, file: string): Promise<string> {
  const [{ name }] = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory);
  return await Deno.readTextFile(`${folder}/${name}/${file}`);
}

Deno.test("a run sets strategies to equal budgets, and writes results and a report", async () => {
  await inFolder(async (folder) => {
    const own = `${folder}/own.ts`;
    await Deno.writeTextFile(
      own,
      `import { probability } from "${MOD}";
       export default [{ name: "<b>mine</b>", signals: "traces", configuration: "mine()",
         make: () => ({ sampler: probability(0.5) }) }];`,
    );
    const flags = ["--traces", "20000", "--seeds", "1,2", "--budgets", "0.1", "--out", folder];
    const { code, out, err } = await sampling(...flags, "--strategies", own);
    assertEquals(code, 0, err);
    assertMatch(out, /^40,000 traces, 2 seeds, through \d+ strategies, budgets equal in bytes/);
    assertMatch(out, /\n<b>mine<\/b> +(49|50|51) % /);
    assertMatch(out, /\ntail: errors, 10 %: Choose it to see every error/);
    assertMatch(out, /\nLogs, traces or both, at equal bytes .*\n {2}finds the faulty service: /);
    const results: SamplingResults = JSON.parse(await written(folder, "sampling.json"));
    const always = results.strategies.find(({ strategy }) => strategy === "always on")!;
    const budgeted = results.strategies.filter(({ budget }) => budget === 0.1);
    assert(budgeted.length >= 12 + 6, `${budgeted.length}`);
    for (const { strategy, bytesPerTrace, isOverBudget } of budgeted) {
      const part = bytesPerTrace.estimate / always.bytesPerTrace.estimate;
      assert(!isOverBudget && part > 0.08 && part < 0.12, `${strategy}: ${part}`);
    }
    const html = await written(folder, "report.html");
    assert(html.includes("Bytes against errors seen") && html.includes("&#60;b&#62;mine"));
    assertEquals(/<b>mine|(?:src|href)=|url\(|NaN/.test(html.split("<script")[0]), false);
  });
});

Deno.test("a recommendation is code that runs, and other streams confirm it", async () => {
  await inFolder(async (folder) => {
    const flags = [
      "--rate",
      "2000/s",
      "--budget",
      "5GB/day",
      "--traces",
      "20000",
      "--seeds",
      "1,2,3",
    ];
    const { code, out, err } = await sampling("recommend", ...flags, "--must-see", "errors,rare");
    assertEquals(code, 0, out + err);
    assertMatch(out, /tail\(\{ keep: \[errors\(\), rare\(\)\], otherwise: 0\.\d+ \}\),/);
    assertMatch(out, /\nReplayed: .* other traces: within the interval\nSees: /);
    assertMatch(out, /\nMisses: .* of the failed traces, .* of 1 in 10,000\n/);
    const pasted = `${folder}/pasted.ts`;
    const configuration = out.slice(0, out.indexOf("\n\nExpected"));
    const withSpan = `${
      configuration.replace("createTelemetry({\n", "const telemetry = createTelemetry({\n")
        .replace("@sextant/sextant", MOD)
        .replace("otlp()", 'otlp({ endpoint: "http://127.0.0.1:9" })')
    }\ntelemetry.span("x", () => {});\nconsole.log(JSON.stringify(telemetry.health().spans));\n`;
    await Deno.writeTextFile(pasted, withSpan);
    const run = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--check", pasted],
    }).output();
    assertMatch(new TextDecoder().decode(run.stdout), /"recorded":1/);
  });
});

Deno.test("what must be seen is too much: the part that the budget has room for, and exit code 1", async () => {
  const flags = ["--rate", "2000", "--budget", "300MB", "--traces", "10000", "--seeds", "1,2"];
  const { code, out } = await sampling("recommend", ...flags);
  assertEquals(code, 1);
  assertMatch(out, /sampler: parentOr\(probability\(0\.\d+\)\)/);
  assertMatch(out, /What must be seen takes .* more than the budget of 300\.0 MB/);
});

Deno.test("live: what the sink receives is what a replay of the same traffic predicts", async () => {
  await inFolder(async (folder) => {
    const { out, err } = await sampling("live", "--preset", "smoke", "--json", "--out", folder);
    const results: LiveResults = JSON.parse(out || "null");
    assertEquals(results?.strategies.map(({ strategy }) => strategy), [
      "always on",
      "probability, 10 %",
      "tail: errors, 10 %",
    ], err);
    for (const { strategy, spansPerRequest, bytesPerRequest } of results.strategies) {
      for (const { predicted, measured } of [spansPerRequest, bytesPerRequest]) {
        // A tenth of so few requests is far from exact: five standard deviations.
        const allowed = strategy === "always on" ? 0.1 : 0.5;
        const off = Math.abs(measured.estimate / predicted.estimate - 1);
        assert(off < allowed, `${strategy}: ${JSON.stringify({ predicted, measured })}`);
      }
    }
    assertEquals(JSON.parse(await written(folder, "live.json")), results);
  });
});

Deno.test("a wrong command line of sampling is named, with what is allowed", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--speed", "9"], /Unknown flag --speed; allowed are --rate/],
    [["jump"], /Unknown jump; allowed are recommend, live, or nothing/],
    [["--traces", "many"], /--traces is many, allowed are whole numbers above 0/],
    [["--budgets", "2"], /--budgets has 2, allowed are parts above 0 up to 1/],
    [["--equal", "cost"], /--equal is cost, allowed are bytes and spans/],
    [["--world", "/nowhere"], /--world \/nowhere: /],
    [["--capture", "/nowhere"], /--capture \/nowhere: /],
    [["--strategies", "/nowhere.ts"], /--strategies \/nowhere\.ts: it can't be loaded: /],
    [["live", "--preset", "huge"], /--preset is huge, allowed are smoke and standard/],
    [["recommend", "--budget", "5GB"], /--rate is absent, allowed is such as 2000\/s/],
    [["recommend", "--rate", "1", "--budget", "5"], /--budget is 5, allowed is such as 5GB\/day/],
    [["recommend", "--rate", "1", "--budget", "5GB", "--must-see", "all"], /--must-see has all/],
  ];
  const results = await Promise.all(cases.map(async ([args]) => await sampling(...args)));
  results.forEach(({ code, err }, index) => {
    assertEquals(code, 2, `${cases[index][0].join(" ")}: ${err}`);
    assertMatch(err, cases[index][1]);
  });
  assertMatch((await sampling("--help")).out, /recommend/);
});
