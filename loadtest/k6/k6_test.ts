import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { k6Driver } from "../drive/k6.ts";
import { comparisonSchema, sampleSchema } from "../model/model.ts";
import {
  goProgram,
  K6_ENV,
  K6_PATH,
  K6MissingError,
  k6Program,
  MODULE_FOLDER,
  outputOf,
} from "./binary.ts";
import { choose, dice } from "./choose.ts";
import { mergeSegments } from "./merge.ts";
import { segmentsOf } from "./segment_file.ts";
import type { K6Test } from "./test_plan.ts";

const go = await goProgram().catch((error: unknown) => error as Error);
const ignore = go instanceof Error;
const reason = ignore ? ` (skipped: ${go.message})` : "";

const path = (name: string) => fromFileUrl(new URL(name, import.meta.url));

/** Our k6, built from the module as it is; nothing to do where nothing has changed. */
let built: Promise<string> | undefined;
function ourK6(): Promise<string> {
  return built ??= (async () => {
    const made = await outputOf(Deno.execPath(), [
      "run",
      "-A",
      "--quiet",
      path("./build.ts"),
      "--go",
    ]);
    assertEquals(made?.code, 0, made?.err);
    return await k6Program(K6_PATH);
  })();
}

async function within(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs k6 with our output; the flags go before the script. */
async function k6Run(script: string, env: Record<string, string>, ...flags: string[]) {
  const common = ["run", "--quiet", "--summary-mode=disabled", "--no-thresholds", ...flags];
  return (await outputOf(await ourK6(), [...common, path(script)], {
    env: { ...K6_ENV, ...env },
  }))!;
}

const SEQUENCE = "0,1/3,2/3,1";
const THIRDS = ["0:1/3", "1/3:2/3", "2/3:1"];

/** Runs a script as three processes, one a segment, and merges what they leave. */
async function inThirds(folder: string, script: string, env: Record<string, string>) {
  const files = THIRDS.map((_, at) => `${folder}/${at}.ndjson`);
  await Promise.all(THIRDS.map(async (segment, at) => {
    const { code, err } = await k6Run(
      script,
      env,
      `--execution-segment=${segment}`,
      `--execution-segment-sequence=${SEQUENCE}`,
      `--out=sextant=${files[at]}`,
    );
    assertEquals(code, 0, err);
  }));
  return merge(files);
}

function merge(files: readonly string[]) {
  const parts = files.flatMap((file) => segmentsOf(file, Deno.readTextFileSync(file)));
  return { ...mergeSegments(parts, false), parts };
}

Deno.test({
  name: `go vet and go test of the k6 extension${reason}`,
  ignore,
  async fn() {
    for (const args of [["vet", "./..."], ["test", "-timeout=120s", "./..."]]) {
      const { code, out, err } = (await outputOf(go as string, args, {
        cwd: MODULE_FOLDER,
        env: { GOTOOLCHAIN: "local" },
      }))!;
      assertEquals(code, 0, `go ${args[0]}: ${out}${err}`);
    }
  },
});

Deno.test({
  name: `three segments in three processes leave what one process leaves, to the bit${reason}`,
  ignore,
  fn: () =>
    within(async (folder) => {
      const env = { ITERATIONS: "4001" };
      const merged = await inThirds(folder, "./testdata/numbers.ts", env);
      const { code, err } = await k6Run(
        "./testdata/numbers.ts",
        env,
        `--out=sextant=${folder}/one`,
      );
      assertEquals(code, 0, err);
      const one = merge([`${folder}/one`]);
      assertEquals(merged.series, one.series);
      // And both are what the seed says.
      const arms = ["off", "logs", "traces"];
      const counts = new Map(arms.map((arm) => [arm, 0]));
      for (let number = 0; number < 4001; number++) {
        const arm = arms[choose([1, 2, 1], dice(11, number))];
        counts.set(arm, counts.get(arm)! + 1);
      }
      assertEquals(
        merged.series.map(({ arm, step, count }) => [arm, step, count]),
        arms.flatMap((arm) => [
          [arm, "number", counts.get(arm)],
          [arm, "thousandth", counts.get(arm)],
        ]),
      );
      assertEquals([merged.iterations, merged.isPartial], [4001, false]);
    }),
});

Deno.test({
  name:
    `the shop's scenarios in segments: each arm's requests as predicted, each in a trace${reason}`,
  ignore,
  fn: () =>
    within(async (folder) => {
      const asked = new Map<string, number>();
      const traces: string[] = [];
      const serve = (arm: string) =>
        Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
          const { pathname } = new URL(request.url);
          if (pathname === "/healthz") return new Response("ok");
          asked.set(arm, (asked.get(arm) ?? 0) + 1);
          traces.push(`${arm} ${request.headers.get("traceparent")}`);
          return new Response("ok");
        });
      const servers = new Map(["off", "traces"].map((arm) => [arm, serve(arm)]));
      const urlOf = (arm: string) => `http://127.0.0.1:${servers.get(arm)!.addr.port}`;
      const test: K6Test = {
        version: 1,
        seed: 42,
        ratePerS: 150,
        durationS: 2,
        vus: 60,
        scenario: "shop",
        path: "/",
        arms: [
          { name: "off", url: urlOf("off"), weight: 1, sampled: 0 },
          { name: "traces", url: urlOf("traces"), weight: 3, sampled: 1 },
        ],
        p99MaxMs: 60_000,
      };
      await Deno.writeTextFile(`${folder}/test.json`, JSON.stringify(test));
      try {
        const env = { SEXTANT_TEST: `${folder}/test.json` };
        const { series, dropped, limits, parts } = await inThirds(folder, "./shop.ts", env);
        assertEquals(dropped, 0, "a machine so slow that 150 iterations a second are too many");
        const counts: Record<string, number> = {};
        const numbers = parts.flatMap(({ end }, segment) =>
          // k6 deals the iterations of a whole test out to three segments in turn. How many of the
          // last ones each starts before its time is up is the only thing that is left to chance.
          Array.from({ length: end!.iterations }, (_, index) => index * 3 + segment)
        );
        assert(Math.abs(numbers.length - 300) <= 6, `${numbers.length} iterations`);
        for (const number of numbers) {
          const arm = ["off", "traces"][choose([1, 3], dice(42, number))];
          const chance = dice(42 ^ 1, number);
          const steps = chance < 0.5
            ? ["products", "product"]
            : chance < 0.75
            ? ["search"]
            : ["product", "checkout"];
          for (const step of steps) counts[`${arm} ${step}`] = (counts[`${arm} ${step}`] ?? 0) + 1;
        }
        const requests = series.filter(({ kind }) => kind === "request");
        const measured = Object.fromEntries(
          requests.map(({ arm, step, count }) => [`${arm} ${step}`, count]),
        );
        assertEquals(measured, counts);
        for (const arm of ["off", "traces"]) {
          const own = requests.filter((one) => one.arm === arm);
          assertEquals(own.reduce((sum, { count }) => sum + count, 0), asked.get(arm));
        }
        assertEquals(new Set(traces).size, traces.length, "each request has a trace of its own");
        for (const text of traces) assertMatch(text, /^(off 00-.*-02|traces 00-.*-03)$/);
        assertEquals(limits.map(({ isMet }) => isMet), [true, true, true, true, true]);
      } finally {
        await Promise.all([...servers.values()].map((server) => server.shutdown()));
      }
      // Nobody listens there any more.
      const { code, err } = await k6Run("./shop.ts", { SEXTANT_TEST: `${folder}/test.json` });
      assertEquals(code, 107);
      assertMatch(err, /the arm off does not answer at http:\/\/127\.0\.0\.1:\d+: /);
    }),
});

Deno.test({
  name:
    `k6 as the load test's generator: sends what is asked for, counts from when it was due${reason}`,
  ignore,
  async fn() {
    let count = 0;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
      // The fifth request stalls, and with two connections those after it wait.
      if (++count === 5) await new Promise((resolve) => setTimeout(resolve, 250));
      return new Response("ok", { status: count % 10 === 0 ? 500 : 200 });
    });
    const driver = await k6Driver(
      await ourK6(),
      `http://127.0.0.1:${server.addr.port}/`,
      1,
      undefined,
    );
    try {
      const microseconds: number[] = [];
      const arrivalsMs = Array.from({ length: 40 }, (_, index) => index * 5);
      const open = await driver.slot({ mode: "open", arrivalsMs }, (us) => microseconds.push(us));
      assertEquals([open.requests, open.errors, count, microseconds.length], [40, 4, 40, 40]);
      // Those that were due while it stalled waited for the rest of it.
      const waited = microseconds.filter((us) => us > 100_000).length;
      assert(waited >= 25, `${waited} waited: ${microseconds}`);
      assert(open.seconds > 0.24, `${open.seconds} s`);
      const closed = await driver.slot({ mode: "closed", durationMs: 50 }, () => {});
      assertEquals(closed.requests + 40, count);
      assertEquals((await driver.slot({ mode: "open", arrivalsMs: [] }, () => {})).requests, 0);
    } finally {
      await driver.close();
      await server.shutdown();
    }
  },
});

Deno.test({
  name: `deno task loadtest --driver both: k6 beside autocannon, in the same blocks${reason}`,
  ignore,
  fn: () =>
    within(async (folder) => {
      const k6 = await ourK6();
      const short = ["--preset", "smoke", "--seconds", "4", "--slot-ms", "40", "--rate", "800"];
      const { code, out, err } = (await outputOf(Deno.execPath(), [
        ...["run", "-A", "--quiet", path("../main.ts"), "--driver", "both", ...short],
        ...["--arms", "logs", "--json", "--out", folder],
      ], { env: { K6_BINARY: k6 } }))!;
      // 3: measured, and the gate did not believe it, as may be on a busy machine.
      assert(code === 0 || code === 3, err);
      const comparison = comparisonSchema.parse(JSON.parse(out));
      assertMatch(comparison.load, /by autocannon and k6;/);
      for (const { arm, byK6, errors } of comparison.arms) {
        assertEquals(errors, 0);
        assert(byK6!.cpuUsPerRequest.estimate > 0, arm);
        assertEquals(byK6!.againstFirstUs === null, arm === "off");
      }
      const [{ name }] = [...Deno.readDirSync(folder)];
      const samples = Deno.readTextFileSync(`${folder}/${name}/samples.ndjson`).trim().split("\n")
        .map((line) => sampleSchema.parse(JSON.parse(line)));
      const by = Map.groupBy(samples, ({ driver }) => driver);
      assertEquals(by.get("k6")!.length, by.get("autocannon")!.length);
    }),
});

Deno.test({
  name: `k6:build takes xk6 where it is on PATH${reason}`,
  ignore,
  fn: () =>
    within(async (folder) => {
      await ourK6();
      // What xk6 is asked for; the k6 that is there already stands for what it would have built.
      await Deno.writeTextFile(`${folder}/xk6`, `#!/bin/sh\necho "$@" >> ${folder}/asked\n`, {
        mode: 0o755,
      });
      const PATH = `${folder}:${Deno.env.get("PATH")}`;
      const args = ["run", "-A", "--quiet", path("./build.ts")];
      const { code, err } = (await outputOf(Deno.execPath(), args, { env: { PATH } }))!;
      assertEquals(code, 0, err);
      const asked = (await Deno.readTextFile(`${folder}/asked`)).trim().split("\n");
      assertEquals(asked, [
        "version",
        `build v2.2.0 --with sextant.example/xk6-sextant=${MODULE_FOLDER} -o ${K6_PATH}`,
      ]);
      const wrong = await outputOf(Deno.execPath(), [...args, "--fast"]);
      assertEquals([wrong?.code, wrong?.err.trim()], [
        2,
        "Unknown --fast; allowed are --go and --help",
      ]);
    }),
});

Deno.test("without a k6, or with a plain one, the load test says so before it starts", async () => {
  const args = ["run", "-A", "--quiet", path("../main.ts"), "--driver", "k6"];
  const { code, err } = (await outputOf(Deno.execPath(), args, {
    env: { K6_BINARY: "/nowhere/k6" },
  }))!;
  assertEquals(code, 2);
  assertMatch(err, /^\/nowhere\/k6 is not there: build it with deno task k6:build/);
});

Deno.test({
  name: `the extension's smoke test, with the output in the log${reason}`,
  ignore,
  async fn() {
    const smoke = path("../xk6-sextant/examples/smoke.test.js");
    const run = ["run", "--quiet", "--out=sextant=-", smoke];
    const { code, out, err } = (await outputOf(await ourK6(), run, { env: { ...K6_ENV } }))!;
    assertEquals(code, 0, err);
    const { series, iterations } = mergeSegments(segmentsOf("log", out), false);
    assertEquals(iterations, 20);
    assertEquals(series.map(({ arm, kind }) => `${arm} ${kind}`), [
      "a journey",
      "a mark",
      "b journey",
      "b mark",
    ]);
  },
});

Deno.test({
  name: `what k6 is missing is named${reason}`,
  ignore,
  fn: () =>
    within(async (folder) => {
      const script = async (name: string, text: string) => {
        await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
        return `${folder}/${name}`;
      };
      await assertRejects(
        () => k6Program(`${folder}/k6`),
        K6MissingError,
        `${folder}/k6 is not there: build it with deno task k6:build`,
      );
      const plain = await script("plain-k6", "echo k6 v2.2.0");
      await assertRejects(() => k6Program(plain), K6MissingError, "without k6/x/sextant");
      const old = await script("go", "echo go1.22.3");
      await assertRejects(
        () => goProgram([old]),
        K6MissingError,
        `${old} is go1.22.3, too old; k6 v2.2.0 needs Go 1.25 or newer`,
      );
      await assertRejects(() => goProgram([`${folder}/none`]), K6MissingError, "Go is not there (");
      // Without a plan in reach, and without a file for the output.
      const noPlan = await k6Run("./shop.ts", { SEXTANT_TEST: `${folder}/none.json` });
      assertMatch(noPlan.err, /none\.json/);
      assertMatch(
        (await k6Run("./testdata/numbers.ts", { ITERATIONS: "6" }, "--out=sextant")).err,
        /needs a file/,
      );
    }),
});

Deno.test("a partial file of a process that died can be told from a whole one", () => {
  // What the extension writes every five seconds while it runs.
  const head = '{"sextant":"segment","version":1,"segment":"0:1","sequence":"0,1","seed":0,' +
    '"ratePerS":0,"arms":null,"weights":null,"thresholds":{}}\n';
  const end =
    '{"sextant":"end","segment":"0:1","series":0,"iterations":0,"dropped":0,"seconds":5,' +
    '"isComplete":false,"error":""}\n';
  const [segment] = segmentsOf("x", head + end);
  assertEquals(segment.flaw, "ended early: the process died while it ran");
  assertEquals(
    decodeFromCompressedBase64("HISTFAAAACV42pJpmSzMwMDAzAABMJoRzJnczmD/ASKwlZEJEAAA//9TKARS", 64)
      .totalCount,
    1,
  );
});
