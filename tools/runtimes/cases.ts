/**
 * One suite for every runtime, against the built modules: what is imported here is what users
 * import. It runs wherever there are Web APIs, and gives its results as data.
 */
import { Hono } from "hono";
import type { OtlpOptions, Runtime, Sink, Telemetry, TelemetryOptions } from "../../mod.ts";

/** What a runtime gives the suite. */
export interface Host {
  /** The built modules. */
  readonly sextant: typeof import("../../mod.ts");
  readonly hono: typeof import("../../lib/hono/mod.ts");
  /** Where OTLP goes. */
  readonly sink: string;
  /** What its entry of the library gives, or nothing. */
  readonly runtime?: Runtime;
  /** Sends requests; default the platform's. */
  readonly fetch?: typeof fetch;
  /** Limits of exporters. */
  readonly limits?: OtlpOptions["limits"];
  /** Made and used where the module was loaded, before any request: a Worker's global scope. */
  readonly early?: Telemetry;
}

/**
 * Makes a telemetry with a bit of everything, and records with it at once. Where a module is loaded
 * a Worker has no clock, no randomness, no timers and no network.
 */
export function recordEarly(host: Host): Telemetry {
  const { sextant } = host;
  const meter = sextant.createMeter();
  const layers = [
    sextant.redMetrics(meter),
    sextant.tail({ keep: [sextant.errors()], otherwise: 1 }),
  ];
  const telemetry = telemetryOf(host, {
    meter,
    transaction: {},
    sinks: [
      sextant.pipe(layers[0], layers[1], exporter(host)),
      sextant.otlpMetrics({ endpoint: host.sink, fetch: host.fetch }),
    ],
  });
  telemetry.log.info("early");
  telemetry.startSpan("early").end();
  meter.counter("early").add(1);
  meter.histogram("early.duration").record(1);
  return telemetry;
}

/** What became of a case. */
export interface CaseResult {
  readonly name: string;
  readonly outcome: "ok" | "skipped" | "failed";
  /** Why it was skipped, or what went wrong. */
  readonly reason?: string;
}

/** Says why a case can't be run here. */
class Skip extends Error {}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

/** A telemetry for a host. */
export function telemetryOf({ sextant, runtime }: Host, more: TelemetryOptions): Telemetry {
  return sextant.createTelemetry({ service: "runtimes", onLoss: false, runtime, ...more });
}

/** An exporter to the host's sink. */
export function exporter(host: Host, more: OtlpOptions = {}): Sink {
  return host.sextant.otlp({
    endpoint: host.sink,
    fetch: host.fetch,
    limits: host.limits,
    ...more,
  });
}

/** The law: created = delivered + dropped + queued, and all of it was delivered. */
function checkDelivered(telemetry: Telemetry, signal: "spans" | "logs", count: number) {
  const books = telemetry.health().destinations[0][signal]!;
  check(
    books.created === count && books.delivered === count,
    `${signal}: ${JSON.stringify(books)}, wanted are ${count} delivered`,
  );
}

/** What `recordEarly` records, by destination. */
const EARLY = [["otlp", "spans", 1], ["otlp", "logs", 1], ["otlpMetrics", "metrics", 2]] as const;

type Case = (host: Host) => Promise<void> | void;

const CASES: Readonly<Record<string, Case>> = {
  "JSON lines": (host) => {
    const { sextant } = host;
    const lines: string[] = [];
    const sink = sextant.lines(sextant.json, { write: (line) => lines.push(line) });
    const { log } = telemetryOf(host, { sinks: [sink] });
    log.child({ tenant: "a" }).warn("low \u2713", { left: 2 });
    const line = JSON.parse(lines[0]);
    check(line.message === "low \u2713" && line.tenant === "a" && line.left === 2, lines[0]);
  },
  "spans, explicit context": (host) => {
    const { sextant } = host;
    const sink = sextant.memory();
    const telemetry = telemetryOf(host, { sinks: [sink] });
    const parent = telemetry.startSpan("parent");
    parent.startSpan("child").end();
    parent.end();
    const [child, root] = sink.spans;
    check(child.parentSpanId === root.spanId && child.traceId === root.traceId, "no child");
    check(/^[0-9a-f]{32}$/.test(root.traceId) && root.durationMs >= 0, root.traceId);
  },
  "ambient context across awaits": async (host) => {
    const { sextant } = host;
    if (host.runtime?.context === undefined) throw new Skip("it has no AsyncLocalStorage");
    const telemetry = telemetryOf(host, { sinks: [sextant.memory()] });
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        telemetry.span(`span ${index}`, async (span) => {
          await new Promise((resolve) => setTimeout(resolve, index % 5));
          return telemetry.current() === span;
        })),
    );
    check(seen.every(Boolean), "another request's span was active");
  },
  "OTLP protobuf": async (host) => {
    const telemetry = telemetryOf(host, { sinks: [exporter(host)] });
    for (let index = 0; index < 100; index++) telemetry.startSpan("p", { index }).end();
    telemetry.log.info("line");
    await telemetry.shutdown();
    checkDelivered(telemetry, "spans", 100);
    checkDelivered(telemetry, "logs", 1);
  },
  "OTLP JSON": async (host) => {
    const telemetry = telemetryOf(host, { sinks: [exporter(host, { protocol: "http/json" })] });
    for (let index = 0; index < 100; index++) telemetry.startSpan("j", { index }).end();
    await telemetry.shutdown();
    checkDelivered(telemetry, "spans", 100);
  },
  "OTLP gzip": async (host) => {
    if (typeof CompressionStream === "undefined") throw new Skip("it has no CompressionStream");
    const telemetry = telemetryOf(host, { sinks: [exporter(host, { compression: "gzip" })] });
    for (let index = 0; index < 500; index++) telemetry.startSpan("z", { index }).end();
    await telemetry.shutdown();
    checkDelivered(telemetry, "spans", 500);
    const { deliveredBytes } = telemetry.health().destinations[0].spans!;
    check(deliveredBytes < 500 * 60, `${deliveredBytes} bytes`);
  },
  "propagation": (host) => {
    const { sextant } = host;
    const telemetry = telemetryOf(host, { sinks: [sextant.memory()] });
    const headers = new Headers();
    const span = telemetry.startSpan("client");
    telemetry.inject(headers, span);
    const { parent } = telemetry.extract(headers);
    check(parent?.spanId === span.spanId, headers.get("traceparent") ?? "no traceparent");
  },
  "sampling: a tail keeps errors": (host) => {
    const { sextant } = host;
    const sink = sextant.memory();
    const layer = sextant.tail({ keep: [sextant.errors()] });
    const telemetry = telemetryOf(host, { sinks: [sextant.pipe(layer, sink)] });
    telemetry.startSpan("fine").end();
    const bad = telemetry.startSpan("bad");
    bad.fail(new Error("no"));
    bad.end();
    check(sink.spans.length === 1 && sink.spans[0].name === "bad", `${sink.spans.length} kept`);
  },
  "metrics": async (host) => {
    const { sextant } = host;
    const meter = sextant.createMeter();
    const sink = sextant.otlpMetrics({ endpoint: host.sink, fetch: host.fetch });
    const telemetry = telemetryOf(host, { meter, sinks: [sink] });
    meter.counter("orders").add(3, { kind: "tea" });
    meter.histogram("latency").record(12);
    await telemetry.shutdown();
    const books = telemetry.health().destinations[0].metrics!;
    check(books.delivered === 2, JSON.stringify(books));
  },
  "a fetch handler": async (host) => {
    const { sextant } = host;
    const sink = sextant.memory();
    const telemetry = telemetryOf(host, { sinks: [sink] });
    const handle = telemetry.handler((request) => {
      if (request.url.endsWith("/throw")) throw new RangeError("too far");
      return new Response("ok", { status: 201 });
    });
    check((await handle(new Request("http://x.test/a?b=1"))).status === 201, "status");
    let thrown: unknown;
    try {
      await handle(new Request("http://x.test/throw"));
    } catch (error) {
      thrown = error;
    }
    check(thrown instanceof RangeError, "the error of the handler is not its own");
    const [fine, failed] = sink.spans;
    check(fine.attribute("http.response.status_code") === 201, "no status code");
    check(failed.statusCode === 2, "no error");
  },
  "Hono": async (host) => {
    const { sextant } = host;
    const sink = sextant.memory();
    const telemetry = telemetryOf(host, { sinks: [sink] });
    const app = new Hono().use(host.hono.sextant(telemetry))
      .get("/orders/:id", (context) => context.text("ok"));
    await (await app.request("/orders/7")).text();
    check(sink.spans[0]?.name === "GET /orders/:id", sink.spans[0]?.name ?? "no span");
  },
  "a stream's span ends with it": async (host) => {
    const { sextant } = host;
    const sink = sextant.memory();
    const telemetry = telemetryOf(host, { isStreamed: () => true, sinks: [sink] });
    const handle = telemetry.handler(() => new Response(streamOf(5)));
    const ask = () => handle(new Request("http://x.test/"));
    const read = await ask();
    check(sink.spans.length === 0, "it has ended before its stream");
    check((await read.text()).length === 5, "body");
    await (await ask()).body!.cancel();
    const broken = telemetry.handler(() => new Response(streamOf(3, new RangeError("planned"))));
    const failed = await (await broken(new Request("http://x.test/"))).text()
      .then(() => "no error", () => "failed");
    check(failed === "failed", failed);
    const statuses = sink.spans.map(({ statusCode }) => statusCode);
    check(JSON.stringify(statuses) === "[0,0,2]", JSON.stringify(statuses));
  },
  "recorded where the module loads": async (host) => {
    if (host.early === undefined) throw new Skip("the suite was not loaded with it");
    await host.early.flush();
    const { destinations } = host.early.health();
    for (const [name, signal, count] of EARLY) {
      const books = destinations.find((one) => one.name === name)?.[signal];
      check(books?.delivered === count, `${signal}: ${JSON.stringify(books)}`);
    }
  },
};

/** A body of so many pieces, which then ends or fails. */
export function streamOf(pieces: number, error?: Error): ReadableStream<Uint8Array> {
  let left = pieces;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array([46]));
      else if (error !== undefined) throw error;
      else controller.close();
    },
  });
}

/** Runs every case. */
export async function runCases(host: Host): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [name, run] of Object.entries(CASES)) {
    try {
      await run(host);
      results.push({ name, outcome: "ok" });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      results.push({ name, outcome: error instanceof Skip ? "skipped" : "failed", reason });
    }
  }
  return results;
}
