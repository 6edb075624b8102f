/** `deno task collector`: a real OpenTelemetry Collector on loopback. */
import { parseArgs } from "@std/cli/parse-args";
import { relative, resolve } from "@std/path";
import { ROOT } from "../build/entries.ts";
import { ensureCollector, NoCollector } from "./build.ts";
import { type CollectorOptions, configOf } from "./config.ts";
import { MORE, VERSION } from "./manifest.ts";
import { startCollector } from "./start.ts";

const HELP =
  `Builds the OpenTelemetry Collector ${VERSION} from its Go modules, once, and runs it on
127.0.0.1: OTLP over HTTP in; batches, tail and probability sampling; files, another collector or
the terminal out.

  deno task collector
      --port N             where OTLP comes in (4318)
      --out FOLDER         traces.ndjson, logs.ndjson and metrics.ndjson (.cache/collector/out)
      --tail               keeps whole traces: those with errors, slow ones, some of the others
      --tail-wait-ms N       from a trace's first span to the decision (10000)
      --tail-slow-ms N       a trace that took so long is kept (250)
      --tail-others P        the part of the others that is kept, 0 to 1 (0.1)
      --probability P      keeps this part of the traces, 0 to 1
      --forward URL        sends everything on to this OTLP/HTTP endpoint
      --forward-traces URL, --forward-logs URL, --forward-metrics URL
                           sends one signal on: to Tempo, Loki, Prometheus
      --verbose            shows what comes in
      --config FILE        a configuration of your own; the other flags but --port are then void
      --with NAME          builds in one more part, again and again: ${Object.keys(MORE).join(", ")}
      --print-config       the configuration, and nothing is started
      --build              the binary's path, and nothing is started

Go 1.25 or newer builds it; GO names one that is not on the path. Ctrl-C ends it.`;

const TEXTS = [
  "port",
  "out",
  "tail-wait-ms",
  "tail-slow-ms",
  "tail-others",
  "probability",
  "forward",
  "forward-traces",
  "forward-logs",
  "forward-metrics",
  "config",
] as const;
const FLAGS = ["tail", "verbose", "print-config", "build", "help"] as const;

/** What a shell sees of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

class UsageError extends Error {}

type Args = ReturnType<typeof read>;

function read(args: readonly string[]) {
  const unknown: string[] = [];
  const parsed = parseArgs([...args], {
    string: [...TEXTS, "with"],
    boolean: [...FLAGS],
    collect: ["with"],
    unknown: (arg: string) => {
      unknown.push(arg);
      return false;
    },
  });
  if (unknown.length > 0) {
    throw new UsageError(`${unknown[0]} is not known; deno task collector --help has all flags`);
  }
  return parsed;
}

function numberOf(args: Args, name: (typeof TEXTS)[number], least: number, most: number) {
  const text = args[name] as string | undefined;
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most)) {
    throw new UsageError(`--${name} is ${text}, allowed is a number from ${least} to ${most}`);
  }
  return value;
}

/** What the command line asks for. */
export function optionsOf(args: Args): CollectorOptions {
  const tail = {
    decisionWaitMs: numberOf(args, "tail-wait-ms", 1, 3_600_000),
    slowMs: numberOf(args, "tail-slow-ms", 0, 3_600_000),
    otherwise: numberOf(args, "tail-others", 0, 1),
  };
  const isTail = args.tail || Object.values(tail).some((value) => value !== undefined);
  const urlOf = (name: (typeof TEXTS)[number]): string | undefined => {
    const url = args[name] as string | undefined;
    if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? "")) return url;
    throw new UsageError(`--${name} is ${url}, allowed is an http or https URL`);
  };
  return {
    port: numberOf(args, "port", 1, 65_535) ?? 4318,
    folder: resolve(args.out ?? resolve(ROOT, ".cache/collector/out")),
    tail: isTail ? tail : undefined,
    probability: numberOf(args, "probability", 0, 1),
    forward: urlOf("forward"),
    forwardTo: {
      traces: urlOf("forward-traces"),
      logs: urlOf("forward-logs"),
      metrics: urlOf("forward-metrics"),
    },
    isVerbose: args.verbose,
  };
}

async function main(given: readonly string[]): Promise<number> {
  const args = read(given);
  if (args.help) {
    console.log(HELP);
    return 0;
  }
  const options = optionsOf(args);
  const config = args.config === undefined
    ? configOf(options)
    : await Deno.readTextFile(args.config);
  if (args["print-config"]) {
    console.log(config);
    return 0;
  }
  const stopping = new AbortController();
  let stop = () => stopping.abort();
  const onSignal = () => stop();
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  const onProgress = (text: string) => console.error(text);
  const more = args.with as string[];
  let binary: string;
  try {
    binary = await ensureCollector({ onProgress, more, signal: stopping.signal });
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    console.error("the build was ended; what it fetched is kept");
    return INTERRUPTED;
  }
  if (args.build) {
    console.log(binary);
    return 0;
  }
  const folder = options.folder!;
  await Deno.mkdir(folder, { recursive: true });
  const { port } = options;
  const isLoud = options.isVerbose === true;
  const collector = await startCollector({ binary, config, port, folder, isLoud });
  stop = () => void collector.stop();
  console.log(`OTLP over HTTP on ${collector.url}`);
  if (args.config === undefined) {
    console.log(`traces, logs, metrics in ${relative(Deno.cwd(), folder)}`);
  }
  console.log("Ctrl-C ends it");
  const code = await collector.ended;
  if (code !== 0) console.error(collector.said());
  return code;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (
      !(error instanceof UsageError || error instanceof RangeError ||
        error instanceof NoCollector || error instanceof Deno.errors.NotFound)
    ) throw error;
    console.error(error.message);
    Deno.exit(error instanceof NoCollector ? 1 : 2);
  }
}
