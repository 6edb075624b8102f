import { resolve } from "@std/path";
import { createTelemetry, otlp } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { paintWith } from "../console/text.ts";
import { traceTree } from "../console/tree.ts";
import { SERVICES } from "../services/model.ts";
import { type Shop, startShop } from "../shop.ts";
import { createCollector } from "../store/collector.ts";
import { type Queries, queriesOf, type TraceSummary } from "../store/queries.ts";
import { openStore, type Store } from "../store/store.ts";
import { summaryLines } from "./ask.ts";
import { readFlags, runFlags, UsageError } from "./options.ts";
import { traffic } from "./traffic.ts";

type Flags = ReturnType<typeof runFlags.parse>;

/** How often the live view looks for new traces. */
const LOOK_MS = 1000;
/** A trace that took longer is shown. */
const SLOW_MS = 100;

/** Runs the shop, its collector, traffic and the live view until the duration or a signal ends it. */
export async function run(args: readonly string[]): Promise<void> {
  const { flags, rest } = readFlags(runFlags, args);
  if (rest.length > 0) throw new UsageError(`Unknown command ${rest[0]}; see --help`);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  const folder = resolve(flags.data);
  await Deno.mkdir(folder, { recursive: true });
  const store = openStore(resolve(folder, "telemetry.sqlite"));
  try {
    await withCollector(store, flags, folder, stopping.signal);
  } finally {
    store.close();
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}

async function withCollector(
  store: Store,
  flags: Flags,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const collector = listen(flags["collector-port"], createCollector(store).fetch);
  try {
    const endpoint = `http://127.0.0.1:${collector.addr.port}`;
    const shop = await shopFor(flags, folder, endpoint);
    console.log(`gateway   ${shop.urls.gateway}\ncollector ${endpoint} (OTLP over HTTP)\n`);
    const queries = queriesOf(store.database);
    let sent = 0;
    try {
      sent = await drive(shop, flags, signal, liveView(queries, flags.quiet));
    } finally {
      await shop.stop();
    }
    console.log(`\n${sent} requests sent\n`);
    for (const line of summaryLines(queries)) console.log(line);
    console.log(`\nAsk more:
  deno task demo traces --error      deno task demo logs "declined"
  deno task demo trace ID            deno task demo graph`);
  } finally {
    await collector.shutdown();
  }
}

function listen(port: number, handler: (request: Request) => Response | Promise<Response>) {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Error(
      `Port ${port} for the collector is in use; choose another with --collector-port`,
    );
  }
}

function shopFor(flags: Flags, folder: string, endpoint: string): Promise<Shop> {
  const runtime = deno({ flushOnExit: false });
  const elsewhere = runtime.env?.("OTEL_EXPORTER_OTLP_ENDPOINT");
  return startShop({
    seed: flags.seed,
    faults: flags.faults,
    dataDirectory: folder,
    ports: Object.fromEntries(SERVICES.map((one) => [one, flags[`${one}-port`]])) as Record<
      typeof SERVICES[number],
      number
    >,
    telemetryFor: (service) =>
      createTelemetry({
        service,
        runtime,
        transaction: { header: "x-transaction-id" },
        sinks: [
          otlp({ endpoint, limits: { batchAgeMs: 250 } }),
          ...(elsewhere === undefined ? [] : [otlp({ endpoint: elsewhere, name: "elsewhere" })]),
        ],
      }),
  });
}

/** Sends the seeded traffic at its rate, until the signal or the duration. */
async function drive(
  shop: Shop,
  flags: Flags,
  signal: AbortSignal,
  look: () => void,
): Promise<number> {
  const startMs = performance.now();
  const endMs = flags.duration === undefined
    ? Number.POSITIVE_INFINITY
    : startMs + flags.duration * 1000;
  const plan = traffic(flags.seed);
  const open = new Set<Promise<void>>();
  const timer = setInterval(look, LOOK_MS);
  let sent = 0;
  try {
    while (!signal.aborted && performance.now() < endMs) {
      const { method, path, body } = plan.next().value!;
      const one = fetch(shop.urls.gateway + path, { method, body })
        .then(async (response) => void await response.body?.cancel())
        .finally(() => open.delete(one));
      open.add(one);
      sent++;
      const nextMs = startMs + sent * 1000 / flags.rate;
      await pause(Math.min(nextMs, endMs) - performance.now(), signal);
    }
    await Promise.all(open);
  } finally {
    clearInterval(timer);
  }
  await pause(flags.quiet ? 0 : 500, signal);
  look();
  return sent;
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done);
  });
}

/** Shows each trace worth a look once: errors, slow ones, and the first of each kind. */
function liveView(queries: Queries, isQuiet: boolean): () => void {
  const paint = paintWith(Deno.stdout.isTerminal() && !Deno.noColor);
  const shown = new Set<string>(queries.traces({ limit: 10_000 }).map(({ traceId }) => traceId));
  const kinds = new Set<string>();
  const isSettled = (trace: TraceSummary) =>
    Date.now() - Number(trace.startNs / 1_000_000n) - trace.durationMs > 600;
  return () => {
    if (isQuiet) return;
    for (const trace of queries.traces({ limit: 200 }).reverse()) {
      if (shown.has(trace.traceId) || !isSettled(trace)) continue;
      shown.add(trace.traceId);
      const isFirst = !kinds.has(trace.name);
      kinds.add(trace.name);
      // Shipping's traces are shown below the checkout that they link to.
      if (trace.service === "shipping") continue;
      if (!isFirst && trace.errors === 0 && trace.durationMs < SLOW_MS) continue;
      const spans = queries.trace(trace.traceId);
      const logs = [...new Set(spans.map(({ traceId }) => traceId))]
        .flatMap((traceId) => queries.logs({ traceId, limit: 200 }));
      console.log(paint.dim(`\ntrace ${trace.traceId}`));
      for (const line of traceTree(spans, logs, paint)) console.log(line);
    }
  };
}
