import type { Readable } from "node:stream";
import { Log, LogLevel, Miniflare } from "miniflare";
import { ROOT } from "../../build/entries.ts";
import type { CaseResult } from "../cases.ts";
import { drive, settle } from "../drive.ts";
import { moduleOf, type Runner } from "./runner.ts";

/** The part of a Worker, seen from outside, that its types leave out. */
interface Schedulable {
  scheduled(options: { cron: string }): Promise<unknown>;
}

/** Everything but what is imported from the platform, which the bundler does not know. */
const SUITE = `import { durableObject, workers } from "${ROOT}/dist/runtime/workers.js";
  // In the global scope, as a Worker's module has it.
  const early = recordEarly({ ...modules, runtime: workers() });
  const host = { ...modules, early, runtime: workers() };
  const loss = lossService(host);
  const plain = loss.telemetry.worker({
    fetch: (request, _env, context) => loss.plain(request, (promise) => context.waitUntil(promise)),
  });
  const app = loss.telemetry.worker(loss.hono);
  const other = sextant.createTelemetry({ service: "events", onLoss: false, runtime: workers(),
    sinks: [sextant.otlp({ endpoint: host.sink, signals: ["traces"] })] });
  const seen = [];
  export const objectOf = (Base) => durableObject(other, class Cart extends Base {
    items = 0;
    async add(count) { seen.push(other.current()?.name); return this.items += count; }
    async fetch() { seen.push(other.current()?.name); return new Response(String(this.items)); }
    async alarm() { seen.push(other.current()?.name); }
    async wake() { await this.ctx.storage.setAlarm(Date.now()); }
  }, { methods: ["add"] });
  const events = other.worker({
    async queue(batch) {
      seen.push(other.current()?.name);
      for (const message of batch.messages) message.ack();
    },
    scheduled() { seen.push(other.current()?.name); },
  });
  export default {
    ...events,
    async fetch(request, env, context) {
      const { pathname } = new URL(request.url);
      if (pathname === "/cases") return Response.json(await runCases(host));
      if (pathname === "/state") return Response.json(loss.state());
      if (pathname === "/send") {
        const headers = {};
        other.inject(headers, other.startSpan("sender"));
        await env.QUEUE.send({ sku: "tea", ...headers });
        const cart = env.CART.get(env.CART.idFromName("a"));
        const items = [await cart.add(2), await cart.add(3), await (await cart.fetch(request)).text()];
        await cart.wake();
        return Response.json(items);
      }
      if (pathname === "/seen") {
        const { spans } = other.health().destinations[0];
        return Response.json({ seen, spans });
      }
      const way = { plain, hono: app, only: loss.hono }[pathname.split("/")[1]];
      return await way.fetch(request, env, context);
    },
  };`;

const MAIN = `import { DurableObject } from "cloudflare:workers";
  import { objectOf } from "./suite.js";
  export { default } from "./suite.js";
  export const Cart = objectOf(DurableObject);`;

/** Cloudflare's runtime, through miniflare. */
export const inWorkerd: Runner = async (task) => {
  const path = await moduleOf(task, "workerd", SUITE);
  let said = "";
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "main.js", contents: MAIN },
      { type: "ESModule", path: "suite.js", contents: await Deno.readTextFile(path) },
    ],
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["nodejs_als"],
    queueProducers: { QUEUE: "orders" },
    queueConsumers: { orders: { maxBatchTimeout: 0.05 } },
    durableObjects: { CART: "Cart" },
    log: new Log(LogLevel.NONE),
    // It tells of every client that goes away.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume();
      stderr.on("data", (data: Uint8Array) => {
        said = (said + new TextDecoder().decode(data)).slice(-4000);
      });
    },
  });
  try {
    const url = (await miniflare.ready).href.replace(/\/$/, "");
    const cases: CaseResult[] = await (await fetch(`${url}/cases`)).json();
    const events = await eventsCase(url, async () => {
      const worker = await miniflare.getWorker() as unknown as Schedulable;
      await worker.scheduled({ cron: "*/5 * * * *" });
    });
    await drive(url, task.requests);
    const state = await settle(url, true);
    return {
      cases: [...cases, events],
      state,
      ending: "the isolate was disposed of, after what waitUntil was given",
    };
  } catch (error) {
    throw new Error(`workerd: ${error}; it said: ${said}`, { cause: error });
  } finally {
    await miniflare.dispose();
  }
};

const WANTED = [
  "Cart.add",
  "Cart.add",
  "Cart.alarm",
  "GET",
  "process orders",
  "scheduled */5 * * * *",
];

/** A message, a schedule and a Durable Object: each in a span of its own, and all of them sent. */
async function eventsCase(url: string, schedule: () => Promise<void>): Promise<CaseResult> {
  const name = "queue, schedule, Durable Object";
  const items = JSON.stringify(await (await fetch(`${url}/send`)).json());
  await schedule();
  const deadlineMs = performance.now() + 10_000;
  while (true) {
    const { seen, spans } = await (await fetch(`${url}/seen`)).json();
    const hasAll = JSON.stringify(seen.toSorted()) === JSON.stringify(WANTED) &&
      spans.delivered === WANTED.length;
    if (hasAll && items === '[2,5,"5"]') return { name, outcome: "ok" };
    if (performance.now() > deadlineMs) {
      const reason = JSON.stringify({ items, seen, spans });
      return { name, outcome: "failed", reason };
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}
