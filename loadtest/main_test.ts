import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { comparisonSchema, planSchema, sampleSchema } from "./model/model.ts";

const MAIN = fromFileUrl(new URL("./main.ts", import.meta.url));

async function loadtest(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

const SHORT = ["--preset", "smoke", "--slot-ms", "40", "--rate", "2000"];

Deno.test("a short run writes its plan, samples, comparison and report; they can be read again", async () => {
  const out = await Deno.makeTempDir();
  try {
    const flags = [...SHORT, "--seconds", "5", "--out", out, "--json", "--design", "both"];
    flags.push("--curve", "1000,saturated");
    const { code, out: text, err } = await loadtest(...flags, "--arms", "logs+traces");
    // 3: measured, and the gate did not believe it, as may be on a busy machine.
    assert(code === 0 || code === 3, err);
    const comparison = comparisonSchema.parse(JSON.parse(text));
    assertEquals(comparison.isTrustworthy, code === 0);
    assertEquals(comparison.arms.map(({ arm }) => arm), ["off", "off again", "logs+traces"]);
    const [off, , both] = comparison.arms;
    assertEquals([off.bytesPerRequest, both.errors, both.dropped, both.missing], [0, 0, {}, 0]);
    assert(both.gzipBytesPerRequest > 0 && both.gzipBytesPerRequest < both.bytesPerRequest);
    // Three spans and a line: no batch of them is smaller, whatever the machine.
    assert(both.bytesPerRequest > 300, `${both.bytesPerRequest} bytes`);
    assert(both.latencyUs.p50 > 0 && both.latencyUs.p99 >= both.latencyUs.p50);
    const [{ name }] = [...Deno.readDirSync(out)];
    const folder = `${out}/${name}`;
    const read = (file: string) => Deno.readTextFile(`${folder}/${file}`);
    planSchema.parse(JSON.parse(await read("plan.json")));
    assertEquals(comparisonSchema.parse(JSON.parse(await read("comparison.json"))), comparison);
    const samples = (await read("samples.ndjson")).trim().split("\n")
      .map((line) => sampleSchema.parse(JSON.parse(line)));
    // Three slots and a duet a block.
    assertEquals(
      samples.filter(({ design }) => design !== "curve").length,
      comparison.blocks * 5,
    );
    // Nothing is kept of single requests.
    assertEquals((await read("latencies.ndjson")).split("\n").length, 2);
    assertEquals(samples.reduce((sum, one) => sum + one.requests, 0), comparison.requests);
    const report = await read("report.html");
    const again = await loadtest("analyse", folder, "--json");
    assertEquals([again.code, again.out], [code, text]);
    assertEquals(await read("report.html"), report);
    assertEquals((await loadtest("compare", folder, folder)).code, code);
    const forced = await loadtest("analyse", folder, "--force");
    assertEquals(forced.code, 0);
    assertMatch(forced.out, /^off again {2}/m);
    // A gate that refuses says why, and no number.
    const shown = await loadtest("analyse", folder);
    assertEquals(/^off again {2}/m.test(shown.out), code === 0);
    assertMatch(
      shown.out,
      code === 0 ? /^The gate is passed/ : /^NOT TRUSTWORTHY: .*\n[^]*--force/,
    );
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("a run that died goes on from its last whole restart", async () => {
  const out = await Deno.makeTempDir();
  try {
    const flags = [...SHORT, "--seconds", "6", "--arms", "logs", "--out", out];
    await loadtest(...flags);
    const [{ name }] = [...Deno.readDirSync(out)];
    const folder = `${out}/${name}`;
    const before = (await Deno.readTextFile(`${folder}/samples.ndjson`)).split("\n").length - 1;
    // A line that was being written when it died.
    await Deno.writeTextFile(`${folder}/samples.ndjson`, '{"block":', { append: true });
    const { code, err, out: text } = await loadtest("resume", folder, "--json");
    assert(code === 0 || code === 3, err);
    const comparison = comparisonSchema.parse(JSON.parse(text));
    const samples = (await Deno.readTextFile(`${folder}/samples.ndjson`)).trim().split("\n")
      .map((line) => sampleSchema.parse(JSON.parse(line)));
    assert(samples.length > before, `${samples.length} after ${before}`);
    assertEquals([...new Set(samples.map(({ restart }) => restart))], [0, 1]);
    assertEquals(samples.length, comparison.blocks * 3);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("a wrong command line is named, with what is allowed, and ends with code 2", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--preset", "huge"], /--preset is huge, allowed are smoke, standard, full/],
    [["--arms", "off,magic"], /--arms has "magic", allowed are off, off again, spin, logs/],
    [["--speed", "9"], /Unknown flag --speed; allowed are --preset/],
    [["jump"], /Unknown jump; allowed are run, plan, analyse/],
    [["compare", "a"], /compare has 1 folders, allowed are 2/],
    [["--slot-ms", "fast"], /slotMs/],
    [["--driver", "curl"], /driver: /],
    [["--curve", "1000,much"], /curve\.1: /],
    [["--target", "x.ts", "--rivals"], /--target is with the built-in arms/],
    [["--plan", "/nowhere.json"], /--plan \/nowhere\.json: /],
    [["analyse", "/nowhere", "--prices", "x"], /\/nowhere holds no results/],
    [["--load", "odd"], /load: /],
    [["analyse", "/nowhere"], /\/nowhere holds no results of a load test: plan\.json: /],
    [["--arms-file", "/nowhere.json"], /--arms-file \/nowhere\.json: /],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await loadtest(...args);
    assertEquals(code, 2, `${args.join(" ")}: ${err}`);
    assertMatch(err, message);
  }
  assertMatch((await loadtest("--help")).out, /--preset smoke\|standard\|full/);
  const { out } = await loadtest("plan", "--arms", "traces");
  const file = await Deno.makeTempFile();
  await loadtest("plan", "--arms", "traces", "--seed", "7", "--save", file);
  const again = await loadtest("plan", "--plan", file, "--json");
  assertEquals(
    JSON.parse(again.out).plan,
    planSchema.parse(JSON.parse(await Deno.readTextFile(file))),
  );
  assertEquals(JSON.parse(again.out).plan.seed, 7);
  await Deno.remove(file);
  assertMatch(out, /^4 arms|^3 arms: off, off again, traces\n.*\nabout \d+ s, [\d,]+ requests/);
});

Deno.test({
  name: "Ctrl-C in a terminal compares what was measured and leaves no process (needs /proc)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const out = await Deno.makeTempDir();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, ...SHORT, "--arms", "logs", "--out", out],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    try {
      const samples = await eventually(async () => {
        const [{ name }] = [...Deno.readDirSync(out)];
        const path = `${out}/${name}/samples.ndjson`;
        return (await Deno.readTextFile(path)).split("\n").length > 8 && path;
      });
      // A terminal signals the whole group: the children are interrupted with their parent.
      const children = await childrenOf(child.pid);
      assertEquals(children.length >= 2, true);
      for (const pid of [...children, child.pid]) Deno.kill(pid, "SIGINT");
      const { code, stderr } = await child.output();
      assert(code === 0 || code === 3, new TextDecoder().decode(stderr));
      const comparison = samples.replace("samples.ndjson", "comparison.json");
      const { run } = comparisonSchema.parse(JSON.parse(await Deno.readTextFile(comparison)));
      assertEquals(run.endedBy, "interrupted");
      for (const pid of children) assertEquals(await isThere(`/proc/${pid}`), false);
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  },
});

/** The processes that a process has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/children`);
    found.push(...text.split(" ").filter((one) => /^\d+$/.test(one)).map(Number));
  }
  return found;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Asks again until the answer is not undefined, false or an error; for 20 seconds at most. */
async function eventually<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  let last: unknown;
  for (let tries = 0; tries < 400; tries++) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not happen within 20 s", { cause: last });
}
