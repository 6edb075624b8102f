/** `deno task bench:console`: how fast the console takes spans, and how fast it answers. */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { chromium } from "playwright-core";
import { createTelemetry, otlp, SpanKind } from "../mod.ts";
import { findChromium } from "./console/chromium.ts";

const HELP = `How fast the console takes spans over HTTP, and answers while and after it does.

  deno task bench:console
      --spans N     spans that are sent (1,000,000)
      --rate N      spans a second that are kept up meanwhile; 0: as fast as it takes them (0)
      --json        the figures as JSON

Senders wait for each answer, as an SDK does; what is answered 429 is sent again after Retry-After.`;

/** Spans of one request: what the OpenTelemetry SDKs send by default. */
const BATCH = 512;
const SENDERS = 4;

interface Batch {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly spans: number;
}

const ROUTES = ["GET /products/:sku", "GET /products", "POST /checkout", "GET /search"];

/** Requests as the library's exporter writes them: traces of five spans, five attributes each. */
async function* batches(count: number): AsyncGenerator<Batch> {
  let bodies: Uint8Array<ArrayBuffer>[] = [];
  const take: typeof fetch = async (input, init) => {
    bodies.push(await new Request(input, init).bytes());
    return new Response();
  };
  const sink = () => otlp({ endpoint: "http://bench", fetch: take });
  const services = ["gateway", "orders", "catalog", "payments", "shipping"].map((service) =>
    createTelemetry({ service, sinks: [sink()] })
  );
  // What calls the services sends nothing.
  const callers = createTelemetry({ service: "callers", sinks: [{ onSpan() {} }] });
  let index = 0;
  while (index < count) {
    // One service a batch, as senders have it; each trace has a span in all five.
    const traces = Array.from({ length: BATCH }, () => callers.startSpan("root"));
    for (const telemetry of services) {
      for (const parent of traces) recordSpan(telemetry, parent, index++);
      await telemetry.flush();
      for (const body of bodies) yield { body, spans: BATCH };
      bodies = [];
    }
    for (const root of traces) root.end();
  }
  await Promise.all([callers, ...services].map((telemetry) => telemetry.shutdown()));
}

type Telemetry = ReturnType<typeof createTelemetry>;

function recordSpan(
  telemetry: Telemetry,
  parent: ReturnType<Telemetry["startSpan"]>,
  index: number,
) {
  const endMs = Date.now();
  const span = telemetry.startSpan({
    name: ROUTES[index % ROUTES.length],
    kind: SpanKind.SERVER,
    parent,
    startTime: endMs - 2 ** (index % 10),
    attributes: {
      "http.request.method": "GET",
      "http.route": "/products/:sku",
      "http.response.status_code": index % 50 === 0 ? 500 : 200,
      "url.path": "/products/tea",
      "order.id": `o_${index % 1000}`,
    },
  });
  if (index % 50 === 0) span.setStatus({ code: 2, message: "broken" });
  span.end(endMs);
}

interface Sent {
  spans: number;
  bytes: number;
  again: number;
}

async function send(url: string, batch: Batch, sent: Sent): Promise<void> {
  while (true) {
    const response = await fetch(`${url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body: batch.body,
    });
    await response.body?.cancel();
    if (response.status === 200) break;
    if (response.status !== 429) throw new Error(`answered ${response.status}`);
    sent.again++;
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  sent.spans += batch.spans;
  sent.bytes += batch.body.length;
}

/** What the page asks, by name. */
const QUESTIONS: Readonly<Record<string, string>> = {
  "the page itself": "/",
  "trace list": "/api/traces?limit=100&minutes=15",
  "its histogram": "/api/traces/histogram?minutes=15",
  "traces of a service": "/api/traces?service=payments&limit=100",
  "traces with errors": "/api/traces?status=error&limit=100",
  "traces by attribute": "/api/traces?attribute=order.id%3Do_7&limit=20",
  "traces by attribute, none": "/api/traces?attribute=order.id%3Dnone&limit=20",
  "heatmap": "/api/heatmap?minutes=60",
  "service graph": "/api/graph",
  "routes": "/api/summary",
};

interface Times {
  readonly name: string;
  readonly ms: number[];
}

async function ask(url: string, path: string): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(url + path);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return performance.now() - startMs;
}

function at(ms: readonly number[], part: number): number {
  const sorted = ms.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

/** Runs a console until the work is done. */
async function withConsole<T>(work: (url: string) => Promise<T>): Promise<T> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      fromFileUrl(new URL("./main.ts", import.meta.url)),
      "console",
      "--port",
      "0",
      "--max-bytes",
      String(4 * 1024 ** 3),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = "";
    while (!/console {3}(\S+)\n/.test(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the console ended: ${text}`);
      text += value;
    }
    return await work(/console {3}(\S+)\n/.exec(text)![1]);
  } finally {
    child.kill("SIGTERM");
    while (!(await reader.read()).done);
    await child.status;
  }
}

interface Figures {
  readonly spans: number;
  readonly bytesPerSpan: number;
  readonly seconds: number;
  readonly spansPerSecond: number;
  /** Requests that were answered 429 and sent again. */
  readonly again: number;
  /** What the page waited while all this came. */
  readonly meanwhile: readonly Times[];
  readonly after: readonly Times[];
  /** From the address to the first rows, in a browser that was just started; empty without one. */
  readonly firstView: Times;
  readonly stored: unknown;
}

async function measure(url: string, count: number, rate: number): Promise<Figures> {
  const sent: Sent = { spans: 0, bytes: 0, again: 0 };
  const meanwhile = ["the page itself", "trace list", "its histogram"]
    .map((name): Times => ({ name, ms: [] }));
  // Made beforehand: what is measured is the console, not the sender.
  const made: Batch[] = [];
  for await (const batch of batches(count)) made.push(batch);
  let isSending = true;
  const page = (async () => {
    while (isSending) {
      for (const { name, ms } of meanwhile) ms.push(await ask(url, QUESTIONS[name]));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  const startMs = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: SENDERS }, async () => {
    while (next < made.length) {
      const index = next++;
      if (rate > 0) {
        const waitMs = index * BATCH / rate * 1000 - (performance.now() - startMs);
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
      await send(url, made[index], sent);
    }
  }));
  const seconds = (performance.now() - startMs) / 1000;
  isSending = false;
  await page;
  const after: Times[] = [];
  for (const [name, path] of Object.entries(QUESTIONS)) {
    const ms: number[] = [];
    for (let round = 0; round < 5; round++) ms.push(await ask(url, path));
    after.push({ name, ms });
  }
  const stored = await (await fetch(`${url}/api/store`)).json();
  return {
    spans: sent.spans,
    bytesPerSpan: sent.bytes / sent.spans,
    seconds,
    spansPerSecond: sent.spans / seconds,
    again: sent.again,
    meanwhile,
    after,
    firstView: await firstView(url),
    stored: stored.store,
  };
}

/** How long one waits for the first view: each time in a browser without anything kept. */
async function firstView(url: string): Promise<Times> {
  const ms: number[] = [];
  const executablePath = await findChromium();
  for (let round = 0; executablePath !== undefined && round < 5; round++) {
    const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const startMs = performance.now();
      await page.goto(url);
      await page.waitForSelector("tbody tr");
      ms.push(performance.now() - startMs);
    } finally {
      await browser.close();
    }
  }
  return { name: "first view in Chromium", ms };
}

function linesOf(figures: Figures): string[] {
  const times = ({ name, ms }: Times) =>
    `  ${name.padEnd(28)} ${at(ms, 0.5).toFixed(1).padStart(8)} ms  ${
      at(ms, 0.95).toFixed(1).padStart(8)
    } ms  ${Math.max(...ms).toFixed(1).padStart(8)} ms  ${ms.length}`;
  const header = `${"".padEnd(30)} ${"p50".padStart(8)}     ${"p95".padStart(8)}     ${
    "max".padStart(8)
  }     asked`;
  return [
    `${figures.spans} spans of ${figures.bytesPerSpan.toFixed(0)} bytes in ${
      figures.seconds.toFixed(1)
    } s: ${figures.spansPerSecond.toFixed(0)} a second, ${figures.again} times 429`,
    "",
    "while they came",
    header,
    ...figures.meanwhile.map(times),
    "",
    "afterwards",
    header,
    ...figures.after.map(times),
    figures.firstView.ms.length > 0 ? times(figures.firstView) : "  first view: no Chromium here",
  ];
}

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, { string: ["spans", "rate"], boolean: ["json", "help"] });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const [spans, rate] = [Number(flags.spans ?? 1_000_000), Number(flags.rate ?? 0)];
  if (!(spans >= 1) || !(rate >= 0)) {
    console.error("--spans must be 1 or more and --rate 0 or more");
    return 2;
  }
  const figures = await withConsole((url) => measure(url, spans, rate));
  console.log(flags.json ? JSON.stringify(figures) : linesOf(figures).join("\n"));
  return 0;
}

if (import.meta.main) Deno.exit(await main());
