/** The process under test: the shop of one arm behind its listener. */
import { createTelemetry, type Health, type Telemetry } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import { ARMS } from "./arms.ts";

/** What the server says first on its standard output. */
export interface ServerReady {
  /** The port that flushes it and reads what it has used. */
  readonly control: number;
  /** The port of the gateway. */
  readonly gateway: number;
}

/** What it answers to a flush. */
export interface FlushReply {
  readonly rssBytes: number;
  readonly cpuUs: number;
  readonly dropped: number;
}

const [sinkUrl, name] = Deno.args;
const index = ARMS.findIndex((one) => one.name === name);
const arm = ARMS[index];

function droppedOf(health: Health): number {
  return health.destinations
    .flatMap(({ spans, logs, metrics }) => [spans, logs, metrics])
    .flatMap((signal) => Object.entries(signal?.dropped ?? {}))
    // What a decision leaves out is no loss.
    .reduce((sum, [reason, count]) => reason === "sampled" ? sum : sum + count, 0);
}

/** Keeps a core busy for so long. */
function spin(durationUs: number): void {
  const untilMs = performance.now() + durationUs / 1000;
  while (performance.now() < untilMs);
}

// Ctrl-C reaches the whole process group; the parent measures to the end of its block, then ends us.
Deno.addSignalListener("SIGINT", () => {});

const made: Telemetry[] = [];
const runtime = deno({ flushOnExit: false });
const shop = createInProcessShop({
  seed: 1,
  faults: "off",
  storage: sqliteStorage(":memory:"),
  telemetryFor(service, fetch) {
    const endpoint = `${sinkUrl}/${index}`;
    const telemetry = createTelemetry({ service, runtime, fetch, ...arm.options(endpoint) });
    made.push(telemetry);
    return telemetry;
  },
});
const { spinUs } = arm;
const gateway = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  spinUs === undefined ? (request) => shop.fetch(request) : (request) => {
    spin(spinUs);
    return shop.fetch(request);
  },
);

const control = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async () => {
    await Promise.all(made.map((telemetry) => telemetry.flush()));
    const usage = Deno.memoryUsage();
    const { user, system } = (await import("node:process")).default.cpuUsage();
    const reply: FlushReply = {
      rssBytes: usage.rss,
      cpuUs: user + system,
      dropped: made.map((telemetry) => droppedOf(telemetry.health())).reduce((a, b) => a + b, 0),
    };
    return Response.json(reply);
  },
);
const ready: ServerReady = { control: control.addr.port, gateway: gateway.addr.port };
console.log(JSON.stringify(ready));
