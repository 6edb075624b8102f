import { resolve } from "@std/path";
import {
  createMeter,
  createTelemetry,
  healthMetrics,
  json,
  type LogMetricRule,
  logMetrics,
  otlp,
  otlpMetrics,
  pipe,
  redMetrics,
  type Sink,
} from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { file } from "../../lib/runtime/file.ts";
import { SERVICES } from "../services/model.ts";
import { type Shop, startShop } from "../shop.ts";
import { openStoreThread, type StoreThread } from "../store/thread.ts";
import { summaryLines } from "./ask.ts";
import { type RunningConsole, startConsole } from "./console.ts";
import { drive, type Driven, pause } from "./drive.ts";
import { liveView } from "./live_view.ts";
import { LOG_RULES_FILE, readLogRules } from "./log_rules.ts";
import { readFlags, RESULTS_FOLDER, runFlags, UsageError } from "./options.ts";
import { createSettings, playOf, type Settings } from "./play.ts";
import { untilSignal } from "./signals.ts";

type Flags = ReturnType<typeof runFlags.parse>;

/** How often the live view looks for new traces. */
const LOOK_MS = 1000;
/** How often metrics are read. */
const METRICS_MS = 2000;

/** Runs the shop, its collector, traffic and the live view until the duration or a signal ends it. */
export async function run(args: readonly string[]): Promise<void> {
  const { flags, rest } = readFlags(runFlags, args);
  if (rest.length > 0) throw new UsageError(`Unknown command ${rest[0]}; see --help`);
  const folder = resolve(flags.data);
  await Deno.mkdir(folder, { recursive: true });
  const stopping = untilSignal();
  try {
    const store = await openStoreThread(resolve(folder, "telemetry.sqlite"));
    try {
      await withConsole(store, flags, folder, stopping.signal);
    } finally {
      await store.close();
    }
  } finally {
    stopping.release();
  }
}

async function withConsole(
  store: StoreThread,
  flags: Flags,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { queries } = store;
  const settings = createSettings({
    level: "info",
    sampling: 1,
    sampler: "ratio",
    tail: "off",
    faults: flags.faults,
    rate: flags.rate,
  });
  const driven: { -readonly [K in keyof Driven]: Driven[K] } = { sent: 0, failures: 0 };
  let shop: Shop | undefined;
  const health = () => shop?.health() ?? {};
  const running = await startConsole({
    store,
    what: "collector",
    host: flags.host,
    port: flags["collector-port"],
    token: flags.token,
    health,
    play: playOf(settings, driven, health, queries),
    resultsFolder: resolve(RESULTS_FOLDER),
    cacheFolder: resolve(folder, "console"),
  });
  try {
    const rules = await readLogRules(flags["log-rules"] ?? LOG_RULES_FILE);
    shop = await shopFor(flags, settings, folder, running, rules);
    console.log(
      `console   ${running.address}\ngateway   ${shop.urls.gateway}\n` +
        `collector ${running.endpoint} (OTLP over HTTP)\n`,
    );
    const look = flags.quiet ? async () => {} : await liveView(queries);
    const timer = setInterval(look, LOOK_MS);
    try {
      await drive({
        url: shop.urls.gateway,
        seed: flags.seed,
        rate: () => settings.now.rate,
        durationMs: flags.duration === undefined ? undefined : flags.duration * 1000,
        signal,
      }, driven);
      await pause(flags.quiet ? 0 : 500, signal);
      await look();
    } finally {
      clearInterval(timer);
      await shop.stop();
    }
    console.log(`\n${driven.sent} requests sent\n`);
    for (const line of summaryLines(await queries.routes())) console.log(line);
    console.log(`\nAsk more:
  deno task demo traces --error      deno task demo logs "declined"
  deno task demo trace ID            deno task demo graph`);
  } finally {
    await running.stop();
  }
}

function shopFor(
  flags: Flags,
  settings: Settings,
  folder: string,
  { endpoint, token }: RunningConsole,
  rules: readonly LogMetricRule[],
): Promise<Shop> {
  const runtime = deno({ flushOnExit: false });
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const elsewhere = runtime.env?.("OTEL_EXPORTER_OTLP_ENDPOINT");
  return startShop({
    seed: flags.seed,
    faults: () => settings.now.faults,
    dataDirectory: folder,
    ports: Object.fromEntries(SERVICES.map((one) => [one, flags[`${one}-port`]])) as Record<
      typeof SERVICES[number],
      number
    >,
    telemetryFor: (service) => {
      const meter = createMeter({
        intervalMs: METRICS_MS,
        temporality: "delta",
        views: [{ instrument: "http.*.duration", buckets: "exponential" }],
      });
      const telemetry = createTelemetry({
        meter,
        service,
        runtime,
        sampler: settings.sampler,
        transaction: { header: "x-transaction-id" },
        sinks: [
          // Before the tail: rates must not depend on what is kept.
          pipe(
            redMetrics(meter),
            logMetrics(meter, rules),
            settings.tail(),
            otlp({ endpoint, headers, limits: { batchAgeMs: 250 } }),
          ),
          otlpMetrics({ endpoint, headers }),
          ...linesInto(flags.logs, service),
          ...(elsewhere === undefined ? [] : [otlp({ endpoint: elsewhere, name: "elsewhere" })]),
        ],
      });
      healthMetrics(meter, () => telemetry.health());
      settings.follow(telemetry);
      return telemetry;
    },
  });
}

/** A service's lines in a file of a folder, each written at once; nowhere without one. */
function linesInto(folder: string | undefined, service: string): readonly Sink[] {
  if (folder === undefined) return [];
  Deno.mkdirSync(folder, { recursive: true });
  return [file({ path: resolve(folder, `${service}.ndjson`), format: json })];
}
