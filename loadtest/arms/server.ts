/** The process under test: one in-process shop an arm, each behind its own listener. */
import { createTelemetry, type Health, type Telemetry } from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { createInProcessShop } from "../../demo/services/in_process.ts";
import { sqliteStorage } from "../../demo/services/storage_sqlite.ts";
import { ARMS } from "./arms.ts";

/** What the server says first on its standard output. */
export interface ServerReady {
  readonly control: number;
  readonly arms: Readonly<Record<string, number>>;
}

/** What it answers to a flush. */
export interface FlushReply {
  readonly rssBytes: number;
  readonly cpuUs: number;
  readonly dropped: number;
}

const [sinkUrl] = Deno.args;

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

const telemetries = new Map<string, Telemetry[]>();
const ports: Record<string, number> = {};
ARMS.forEach((arm, index) => {
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
  telemetries.set(arm.name, made);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    arm.spinUs === undefined ? (request) => shop.fetch(request) : (request) => {
      spin(arm.spinUs!);
      return shop.fetch(request);
    },
  );
  ports[arm.name] = server.addr.port;
});

const control = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    const made = telemetries.get(new URL(request.url).searchParams.get("arm") ?? "") ?? [];
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
const ready: ServerReady = { control: control.addr.port, arms: ports };
console.log(JSON.stringify(ready));
