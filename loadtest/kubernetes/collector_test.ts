import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { errors, hasAttribute, slowerThan } from "../../mod.ts";
import { type DecodedSpan, decodeTraces } from "../../lib/testing/mod.ts";
import { ensureCollector, NoCollector } from "../../tools/collector/build.ts";
import { freePort, startCollector } from "../../tools/collector/start.ts";
import { handOverMain } from "./hand_over.ts";
import { balancerConfig, type CollectorConfig, samplerConfig } from "./collector.ts";

const DEMO = fromFileUrl(new URL("../../demo/main.ts", import.meta.url));
const WITH_BALANCER = fromFileUrl(
  new URL("../../.cache/collector/0.161.0-load-balancing/collector", import.meta.url),
);

let binary: string | undefined;
let reason = "";
try {
  binary = await ensureCollector({ onProgress: (text) => console.error(text) });
} catch (error) {
  if (!(error instanceof NoCollector)) throw error;
  reason = ` (skipped: ${error.message.split("\n")[0]})`;
}
// Another minute or two to build: whoever wants it has it built.
const hasBalancer = await Deno.stat(WITH_BALANCER).then(() => true, () => false);
const balancerReason = hasBalancer
  ? ""
  : " (skipped: deno task collector --build --with load-balancing builds what it needs)";

/** What a tail keeps in these tests. */
const SLOW_MS = 20;
const TAIL = { keep: [errors(), slowerThan(SLOW_MS)], otherwise: 0, deadlineMs: 1500 };

async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const output = await new Deno.Command(program, { args: [...args], env, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, out: text(output.stdout), err: text(output.stderr) };
}

async function within(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the collector itself says of a configuration. */
async function validated(folder: string, program: string, config: CollectorConfig) {
  const path = `${folder}/config.yaml`;
  await Deno.writeTextFile(path, JSON.stringify(config));
  return await run(program, ["validate", "--config", path]);
}

/** A trace as the demo's own store has it. */
interface Truth {
  readonly traceId: string;
  readonly spans: number;
  readonly errors: number;
  readonly durationMs: number;
}

/** Runs the demo, which exports to an endpoint besides its own store; returns what that store has. */
async function demoTraces(folder: string, endpoint: string): Promise<Truth[]> {
  const data = ["--data", `${folder}/demo`];
  const flags = ["--duration", "5", "--rate", "30", "--faults", "many", "--quiet", ...data];
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const ran = await run(Deno.execPath(), ["run", "-A", "--quiet", DEMO, ...flags], env);
  assertEquals(ran.code, 0, ran.err);
  const ask = ["run", "-A", "--quiet", DEMO, "traces", "--json", "--limit", "10000", ...data];
  return JSON.parse((await run(Deno.execPath(), ask)).out);
}

function spansIn(file: string): DecodedSpan[] {
  const lines = Deno.readTextFileSync(file).split("\n").filter(Boolean);
  const encoder = new TextEncoder();
  return lines.flatMap((line) => decodeTraces(encoder.encode(line), "application/json"));
}

/** Whole traces that had an error or took long were kept, and no others. */
function checkKept(truth: readonly Truth[], kept: readonly DecodedSpan[]): void {
  const byTrace = Map.groupBy(kept, ({ traceId }) => traceId);
  assert(truth.length > 50 && truth.some(({ errors }) => errors > 0), `${truth.length} traces`);
  for (const { traceId, errors, durationMs, spans } of truth) {
    const own = byTrace.get(traceId);
    if (errors > 0 || durationMs > SLOW_MS) {
      assertEquals(own?.length, spans, `${traceId}: ${errors} errors, ${durationMs} ms`);
    }
  }
  for (const [traceId, own] of byTrace) {
    const startNs = own.map((span) => span.startTimeUnixNano).reduce((a, b) => a < b ? a : b);
    const endNs = own.map((span) => span.endTimeUnixNano).reduce((a, b) => a > b ? a : b);
    const isSlow = Number(endNs - startNs) >= SLOW_MS * 1e6;
    assert(isSlow || own.some(({ statusCode }) => statusCode === 2), `${traceId} was kept`);
  }
  assert(byTrace.size < truth.length, "something was left out");
}

Deno.test({
  name: `a real collector takes what is generated from the library's options${reason}`,
  ignore: binary === undefined,
  fn: () =>
    within(async (folder) => {
      const listen = { http: "127.0.0.1:0" };
      const keep = [
        ...TAIL.keep,
        hasAttribute("tier", "gold"),
        hasAttribute("retries", 3),
        hasAttribute("cached", true),
        hasAttribute("tenant"),
        hasAttribute("ratio", 0.5),
      ];
      const { config } = samplerConfig(
        listen,
        { tail: { keep, otherwise: 0.1 }, probability: 0.5 },
        { endpoint: "http://127.0.0.1:4318" },
      );
      const good = await validated(folder, binary!, config);
      assertEquals(good.code, 0, good.err);
      const wrong = { ...config, processors: { tail_sampling: { polices: [] }, batch: {} } };
      const refused = await validated(folder, binary!, wrong);
      assertMatch(refused.err, /polices/, "the check can fail");
    }),
});

Deno.test({
  name: `the demo behind a sampling collector: the right traces are kept${reason}`,
  ignore: binary === undefined,
  fn: () =>
    within(async (folder) => {
      // What a user is given is what a collector takes.
      const keep = ["--keep", "errors,slower-than:20", "--out", folder];
      assertEquals(await handOverMain(["--to", "collector", ...keep]), 0);
      const written = await run(binary!, ["validate", "--config", `${folder}/collector.yaml`]);
      assertEquals(written.code, 0, written.err);
      const port = freePort();
      const file = `${folder}/kept.ndjson`;
      const { config } = samplerConfig(
        { http: `127.0.0.1:${port}` },
        { tail: TAIL },
        { tracesFile: file },
      );
      let truth: Truth[];
      {
        await using collector = await startCollector({
          binary: binary!,
          config: JSON.stringify(config),
          port,
          folder,
        });
        truth = await demoTraces(folder, collector.url);
        await decided();
      }
      checkKept(truth, spansIn(file));
    }),
});

Deno.test({
  name: `the demo behind two tiers: all spans of a trace meet in one of two samplers${
    reason || balancerReason
  }`,
  ignore: binary === undefined || !hasBalancer,
  fn: () =>
    within(async (folder) => {
      const files = [`${folder}/one.ndjson`, `${folder}/two.ndjson`];
      const samplers = files.map((file) => {
        const [http, grpc] = [freePort(), freePort()];
        const listen = { http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` };
        return { http, grpc, ...samplerConfig(listen, { tail: TAIL }, { tracesFile: file }) };
      });
      const port = freePort();
      const hosts = samplers.map(({ grpc }) => `127.0.0.1:${grpc}`);
      const balancer = balancerConfig({ http: `127.0.0.1:${port}` }, { hosts }, {});
      let truth: Truth[];
      {
        const parts = { binary: WITH_BALANCER, folder };
        await using _one = await startCollector({
          ...parts,
          config: JSON.stringify(samplers[0].config),
          port: samplers[0].http,
        });
        await using _two = await startCollector({
          ...parts,
          config: JSON.stringify(samplers[1].config),
          port: samplers[1].http,
        });
        await using first = await startCollector({
          ...parts,
          config: JSON.stringify(balancer),
          port,
        });
        truth = await demoTraces(folder, first.url);
        await decided();
      }
      const [one, two] = files.map(spansIn);
      checkKept(truth, [...one, ...two]);
      const tracesOf = (spans: readonly DecodedSpan[]) =>
        new Set(spans.map((span) => span.traceId));
      assertEquals(tracesOf(one).intersection(tracesOf(two)).size, 0, "no trace is in both");
      assert(one.length > 0 && two.length > 0, "each has some");
    }),
});

/** The last traces are decided about so long after they began. */
async function decided(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, TAIL.deadlineMs + 2000));
}
