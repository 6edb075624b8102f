/** `deno task loadtest --preset soak`: does memory stay where it is, for as long as one likes? */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, resolve } from "@std/path";
import { ensureCollector } from "../../tools/collector/build.ts";
import { configOf } from "../../tools/collector/config.ts";
import { freePort, startCollector } from "../../tools/collector/start.ts";
import { load } from "./load.ts";
import { lawBreaks, type Look, type Sample, type Trend, trendOf } from "./series.ts";

const HELP = `Runs the shop with logs, traces and metrics for a while, and looks at its memory after
collecting garbage: flat with the collector up, bounded with it down.

  deno task loadtest --preset soak
      --minutes N                    (10)
      --collector up|real|down       one that only counts, the OpenTelemetry Collector, or none (up)
      --rate N                       requests a second (400)
      --queue-mib N                  what an exporter may hold of each signal, in MiB (32)
      --every N                      seconds between two looks (10)
      --out FOLDER                   where soak.json goes (results/)
      --json                         the result as JSON

Ctrl-C ends it and judges what there is. Exit code 1: memory grew, or something was lost uncounted.`;

/** What is run. */
interface Plan {
  readonly minutes: number;
  readonly collector: "up" | "real" | "down";
  readonly ratePerS: number;
  readonly queueMib: number;
  readonly everySeconds: number;
}

/** What a soak came to. */
interface Result extends Plan {
  readonly startedAt: string;
  readonly samples: readonly Sample[];
  /** After shutdown. */
  readonly last: Look;
  readonly errors: number;
  readonly heap: Trend;
  readonly rss: Trend;
  readonly lawBreaks: number;
  readonly isGood: boolean;
}

const MIB = 1024 * 1024;

class UsageError extends Error {}

function planOf(args: Record<string, unknown>): Plan {
  const number = (name: string, least: number): number => {
    const value = Number(args[name]);
    if (value >= least && Number.isFinite(value)) return value;
    throw new UsageError(`--${name} is ${args[name]}, allowed is a number from ${least}`);
  };
  const collector = String(args.collector);
  if (collector !== "up" && collector !== "real" && collector !== "down") {
    throw new UsageError(`--collector is ${collector}, allowed are up, real, down`);
  }
  return {
    minutes: number("minutes", 0.1),
    collector,
    ratePerS: number("rate", 1),
    queueMib: number("queue-mib", 1),
    everySeconds: number("every", 0.5),
  };
}

/** Where the shop exports to. */
async function startTarget(
  { collector }: Plan,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  if (collector === "down") {
    return { url: `http://127.0.0.1:${freePort()}`, close: () => Promise.resolve() };
  }
  if (collector === "real") {
    const binary = await ensureCollector({ onProgress: (text) => console.error(text) });
    const [folder, port] = [await Deno.makeTempDir(), freePort()];
    const running = await startCollector({ binary, config: configOf({ port }), port, folder });
    const close = async () => {
      await running.stop();
      await Deno.remove(folder, { recursive: true });
    };
    return { url: running.url, close };
  }
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.bytes();
      return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
    },
  );
  return { url: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

/** The shop's process, with its ports. */
async function startShop(endpoint: string, queueMib: number) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--v8-flags=--expose-gc",
      fromFileUrl(new URL("./server.ts", import.meta.url)),
      endpoint,
      String(queueMib),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the shop ended before it was ready");
    text += value;
  }
  const { gateway, control } = JSON.parse(text) as { gateway: number; control: number };
  return {
    gateway: `http://127.0.0.1:${gateway}`,
    look: async (method = "GET"): Promise<Look> =>
      await (await fetch(`http://127.0.0.1:${control}/`, { method })).json(),
    async stop() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

/** Runs a soak and judges it. */
export async function soak(
  plan: Plan,
  signal: AbortSignal,
  onSample: (sample: Sample) => void,
): Promise<Result> {
  const startedAt = new Date().toISOString();
  const target = await startTarget(plan);
  const shop = await startShop(target.url, plan.queueMib);
  try {
    const running = load(`${shop.gateway}/products/tea`, plan.ratePerS);
    const samples: Sample[] = [];
    const startMs = performance.now();
    while (!signal.aborted && performance.now() - startMs < plan.minutes * 60_000) {
      await new Promise((done) => {
        const timer = setTimeout(done, plan.everySeconds * 1000);
        signal.addEventListener("abort", () => (clearTimeout(timer), done(undefined)), {
          once: true,
        });
      });
      const atSeconds = (performance.now() - startMs) / 1000;
      const sample = { ...await shop.look(), atSeconds, requests: running.counts().answered };
      samples.push(sample);
      onSample(sample);
    }
    await running.stop();
    const last = await shop.look("POST");
    const heap = trendOf(samples, ({ heapBytes }) => heapBytes);
    const rss = trendOf(samples, ({ rssBytes }) => rssBytes);
    const end = { ...last, atSeconds: Infinity, requests: running.counts().answered };
    const breaks = lawBreaks([...samples, end]).length;
    const isDelivered = plan.collector === "down" || last.books.dropped === 0;
    const isGood = heap.isFlat && breaks === 0 && isDelivered;
    const { failed } = running.counts();
    return {
      ...plan,
      startedAt,
      samples,
      last,
      errors: failed,
      heap,
      rss,
      lawBreaks: breaks,
      isGood,
    };
  } finally {
    await shop.stop();
    await target.close();
  }
}

function lineOf({ atSeconds, requests, heapBytes, rssBytes, books }: Sample): string {
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
  return `${atSeconds.toFixed(0).padStart(5)} s ${requests.toLocaleString("en").padStart(10)} ` +
    `requests, heap ${mib(heapBytes)}, resident ${mib(rssBytes)}, queued ` +
    `${books.queued.toLocaleString("en")} (${mib(books.queuedBytes)}), dropped ` +
    `${books.dropped.toLocaleString("en")}`;
}

function tableOf({ heap, rss, last, samples, lawBreaks, errors, isGood }: Result): string[] {
  const mib = (bytes: number) => (bytes / MIB).toFixed(2);
  const trend = (name: string, one: Trend) =>
    `${name}: mean ${mib(one.meanBytes)} MiB, most ${mib(one.maxBytes)}, growth ` +
    `${mib(one.growthBytes)} ± ${mib(one.halfWidthBytes)} MiB after the warm-up ` +
    `(${one.isFlat ? "flat" : "not flat"}: allowed are ${mib(one.allowedBytes)})`;
  const { created, delivered, dropped, queued } = last.books;
  const count = (value: number) => value.toLocaleString("en");
  return [
    "",
    `${count(samples.at(-1)!.requests)} requests, ${errors} failed`,
    trend("heap", heap),
    trend("resident", rss),
    `queue: most ${mib(Math.max(...samples.map(({ books }) => books.queuedBytes)))} MiB`,
    `created ${count(created)} = delivered ${count(delivered)} + dropped ${count(dropped)} + ` +
    `queued ${count(queued)}; ${lawBreaks} looks at which it did not add up`,
    isGood ? "good" : "NOT GOOD",
  ];
}

/** The command. */
export async function soakMain(given: readonly string[]): Promise<number> {
  const unknown: string[] = [];
  const texts = ["preset", "minutes", "collector", "rate", "queue-mib", "every", "out"];
  const args = parseArgs([...given], {
    string: texts,
    boolean: ["json", "help"],
    default: {
      minutes: "10",
      collector: "up",
      rate: "400",
      "queue-mib": "32",
      every: "10",
      out: "results",
    },
    unknown: (arg: string) => {
      unknown.push(arg);
      return false;
    },
  });
  if (args.help) {
    console.log(HELP);
    return 0;
  }
  try {
    if (unknown.length > 0) {
      throw new UsageError(`${unknown[0]} is not known to a soak; see --help`);
    }
    return await run(planOf(args), resolve(String(args.out)), args.json);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function run(plan: Plan, out: string, isJson: boolean): Promise<number> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    const result = await soak(
      plan,
      stopping.signal,
      (sample) => console.error(lineOf(sample)),
    );
    const stamp = result.startedAt.replaceAll(/[:.]/g, "-").slice(0, 19);
    const folder = resolve(out, `${stamp}-soak-${plan.collector}`);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/soak.json`, JSON.stringify(result, null, 2));
    if (isJson) console.log(JSON.stringify(result, null, 2));
    else {
      for (const line of tableOf(result)) console.log(line);
      console.log(`\nResults in ${folder.replace(`${Deno.cwd()}/`, "")}`);
    }
    return result.isGood ? 0 : 1;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}
