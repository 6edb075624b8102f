/** Runtimes that are a process with a server in it: Deno, Node, Bun, edge-runtime. */
import { resolve } from "@std/path";
import { ROOT } from "../../build/entries.ts";
import type { CaseResult } from "../cases.ts";
import { drive, settle } from "../drive.ts";
import { installed, MissingRuntime, moduleOf, type Runner, type Task } from "./runner.ts";

const BUN = "1.4.5";
const EDGE_RUNTIME = "4.0.1";
/** For Node, whose server speaks another language than fetch. */
const NODE_SERVER = "npm:@hono/node-server@2.1.9";

/** How a process is ended. */
interface Ending {
  readonly text: string;
  readonly signal: Deno.Signal;
  /** True where the platform waits for what `waitUntil` was given. */
  readonly isSent: boolean;
}

const TERM: Ending = {
  text: "SIGTERM, with spans queued",
  signal: "SIGTERM",
  isSent: false,
};

/** What a process says when it is ready. */
interface Ready {
  readonly port: number;
  readonly cases: Awaited<ReturnType<Runner>>["cases"];
}

/** Starts a program that prints `{ port, cases }`, loads its server, and ends it. */
async function runServer(
  { requests }: Task,
  command: readonly string[],
  ending: Ending,
): Promise<Awaited<ReturnType<Runner>>> {
  const [program, ...args] = command;
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  try {
    const { port, cases } = await firstLine(child.stdout, errors);
    const url = `http://127.0.0.1:${port}`;
    await drive(url, requests);
    const state = await settle(url, ending.isSent);
    child.kill(ending.signal);
    const { code, signal } = await child.status;
    if (signal !== ending.signal) throw new Error(`it ended by ${signal ?? `code ${code}`}`);
    return { cases, state, ending: ending.text };
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await errors;
  }
}

const LAST_SPANS = 500;

/** A program that records and then has nothing left to do: nothing keeps it alive, nothing is lost. */
async function endsCase(
  task: Task,
  entry: string,
  name: string,
  command: readonly string[],
): Promise<CaseResult> {
  const service = "end";
  const path = await moduleOf(
    task,
    `${entry}-end`,
    `import { ${name} } from "${ROOT}/dist/runtime/${entry}.js";
    const meter = sextant.createMeter();
    const { startSpan } = sextant.createTelemetry({ service: "${service}", meter, onLoss: false,
      runtime: ${name}(), sinks: [sextant.otlp({ endpoint: modules.sink }),
      sextant.otlpMetrics({ endpoint: modules.sink })] });
    meter.counter("last").add(1);
    for (let index = 0; index < ${LAST_SPANS}; index++) startSpan("last").end();`,
  );
  const [program, ...args] = [...command, path];
  const startMs = performance.now();
  const { code, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  const seconds = (performance.now() - startMs) / 1000;
  const arrived = task.sink.spans(service);
  const isGood = code === 0 && arrived === LAST_SPANS;
  const reason = `code ${code} after ${seconds.toFixed(1)} s, ${arrived} of ${LAST_SPANS} spans; ` +
    new TextDecoder().decode(stderr);
  return {
    name: "a program that comes to its end",
    outcome: isGood ? "ok" : "failed",
    ...(isGood ? {} : { reason }),
  };
}

/** The suite in a server of its own, then a program that ends by itself. */
async function inProcess(
  task: Task,
  names: { readonly entry: string; readonly name: string },
  command: readonly string[],
  source: string,
): Promise<Awaited<ReturnType<Runner>>> {
  const path = await moduleOf(task, "server", source);
  const result = await runServer(task, [...command, path], TERM);
  const ends = await endsCase(task, names.entry, names.name, command);
  return { ...result, cases: [...result.cases, ends] };
}

async function firstLine(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  errors: Promise<string>,
): Promise<Ready> {
  let text = "";
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const line = text.split("\n").slice(0, -1).find((one) => one.startsWith("{"));
    if (line !== undefined) return JSON.parse(line) as Ready;
  }
  throw new Error(`it ended before its server was there: ${text}${await errors}`);
}

/** The program: the cases, then the service on a free port, whose number `listen` gives. */
function program(entry: string, name: string, listen: string): string {
  return `import { ${name} } from "${ROOT}/dist/runtime/${entry}.js";
    const early = recordEarly({ ...modules, runtime: ${name}() });
    const host = { ...modules, early, runtime: ${name}() };
    const cases = await runCases(host);
    const handle = serve(lossService(host));
    const port = await (${listen})(handle);
    console.log(JSON.stringify({ port, cases }));`;
}

async function isHere(command: string): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

/** Deno, by its own server. */
export const inDeno: Runner = async (task) => {
  const listen = `(handle) => Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {},
    onError: () => new Response("error", { status: 500 }) }, handle).addr.port`;
  const command = [Deno.execPath(), "run", "-A", "--quiet", "--no-config"];
  const names = { entry: "deno", name: "deno" };
  return await inProcess(task, names, command, program("deno", "deno", listen));
};

/** Node, by Hono's adapter of its server. */
export const inNode: Runner = async (task) => {
  if (!await isHere("node")) throw new MissingRuntime("apt-get install -y nodejs");
  const listen = `(fetch) => new Promise((done) =>
    serveNode({ fetch, hostname: "127.0.0.1", port: 0 }, (info) => done(info.port)))`;
  const source = `import { serve as serveNode } from "${NODE_SERVER}";\n${
    program("node", "node", listen)
  }`;
  return await inProcess(task, { entry: "node", name: "node" }, ["node"], source);
};

/** Bun, by its own server. */
export const inBun: Runner = async (task) => {
  const folder = await installed("bun", BUN);
  const listen = `(fetch) => Bun.serve({ hostname: "127.0.0.1", port: 0, fetch,
    error: () => new Response("error", { status: 500 }) }).port`;
  const command = [resolve(folder, "node_modules/.bin/bun")];
  const names = { entry: "node", name: "node" };
  return await inProcess(task, names, command, program("node", "node", listen));
};

/** Vercel's edge-runtime, by its own server; each request is a fetch event. */
export const inEdgeRuntime: Runner = async (task) => {
  if (!await isHere("node")) throw new MissingRuntime("apt-get install -y nodejs");
  const folder = await installed("edge-runtime", EDGE_RUNTIME);
  const path = await moduleOf(
    task,
    "edge",
    `import { edge } from "${ROOT}/dist/runtime/edge.js";
    const early = recordEarly({ ...modules, runtime: edge() });
    const host = { ...modules, early, runtime: edge() };
    const { telemetry, plain, hono: app, state } = lossService(host);
    const worker = telemetry.worker({
      fetch: (request, _env, event) => plain(request, (promise) => event.waitUntil(promise)),
    });
    const wrapped = telemetry.worker(app);
    addEventListener("fetch", (event) => {
      const { pathname } = new URL(event.request.url);
      if (pathname === "/cases") {
        event.respondWith(runCases(host).then((cases) => Response.json(cases)));
      } else if (pathname === "/state") event.respondWith(Response.json(state()));
      else {
        const way = { plain: worker, hono: wrapped, only: app }[pathname.split("/")[1]];
        event.respondWith(way.fetch(event.request, undefined, event)
          .catch(() => new Response("error", { status: 500 })));
      }
    });`,
  );
  const main = `${task.folder}/edge.cjs`;
  await Deno.writeTextFile(
    main,
    `const { EdgeRuntime, runServer } = require(${
      JSON.stringify(resolve(folder, "node_modules/edge-runtime"))
    });
    const initialCode = require("node:fs").readFileSync(${JSON.stringify(path)}, "utf8");
    runServer({ runtime: new EdgeRuntime({ initialCode }), host: "127.0.0.1", port: 0 })
      .then(async ({ url }) => {
        const { port } = new URL(url);
        const cases = await (await fetch(\`http://127.0.0.1:\${port}/cases\`)).json();
        console.log(JSON.stringify({ port, cases }));
      });`,
  );
  return await runServer(task, ["node", main], {
    text: "SIGKILL, after what waitUntil was given",
    signal: "SIGKILL",
    isSent: true,
  });
};
