/** The service of the loss tests: what it records and what arrives must be the same. */
import { type Context, Hono } from "hono";
import type { Telemetry } from "../../mod.ts";
import { exporter, type Host, streamOf, telemetryOf } from "./cases.ts";

/** What the service has counted on its own side. */
export interface LossState {
  /** Requests that reached a handler. */
  readonly handled: number;
  /** Spans that its code has made. */
  readonly made: number;
  /** Spans that have not ended yet. */
  readonly open: number;
  /** Their names. */
  readonly openNames: Readonly<Record<string, number>>;
  /** Spans that wait to be sent. */
  readonly queued: number;
  /** The books. */
  readonly books: unknown;
}

/** Keeps a promise alive past the response: `waitUntil` where there is one. */
export type Later = (promise: Promise<unknown>) => void;

/** A service as a team has it. */
export interface LossService {
  readonly telemetry: Telemetry;
  /** Answers `/plain/INDEX`; to be wrapped by `telemetry.handler` or `telemetry.worker`. */
  readonly plain: (request: Request, later: Later) => Promise<Response>;
  /** Answers `/hono/INDEX` and, where the middleware is alone, `/only/INDEX`. */
  readonly hono: Hono;
  readonly state: () => LossState;
}

const sleep = (durationMs: number) => new Promise((done) => setTimeout(done, durationMs));

/** A stream that ends only when its reader goes away. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await sleep(5);
      controller.enqueue(new Uint8Array(64));
    },
  });
}

/** Makes the service. Which answer a request gets is in its index. */
export function lossService(host: Host): LossService {
  const telemetry = telemetryOf(host, {
    service: "loss",
    sinks: [exporter(host, { signals: ["traces"] })],
  });
  let handled = 0;
  let made = 0;
  const work = async (request: Request, parent: ReturnType<Telemetry["current"]>, later: Later) => {
    handled++;
    made++;
    const index = Number(new URL(request.url).pathname.split("/").at(-1));
    made++;
    const child = telemetry.startSpan({ name: "work", parent: parent?.spanContext() });
    if (index % 3 === 0) await sleep(index % 4);
    child.end();
    if (index % 4 === 1 && !request.url.includes("/only/")) {
      made++;
      later(telemetry.span("later", () => sleep(5)));
    }
    if (index % 10 === 0) throw new Error("as planned");
    if (index % 7 === 0) return new Response(index % 2 === 0 ? endless() : streamOf(3), EVENTS);
    return new Response("ok");
  };
  const app = new Hono();
  app.use(host.hono.sextant(telemetry));
  app.get("/:kind/:index", (context) => work(context.req.raw, spanOf(context), laterOf(context)));
  app.onError((_error, context) => context.text("as planned", 500));
  return {
    telemetry,
    hono: app,
    plain: (request, later) => work(request, telemetry.current(request), later),
    state: () => {
      const books = telemetry.health().destinations[0].spans!;
      const { open, openNames } = telemetry.health().spans;
      return { handled, made, open, openNames, queued: books.queued, books };
    },
  };
}

const EVENTS = { headers: { "content-type": "text/event-stream" } };

function spanOf(context: Context): ReturnType<Telemetry["current"]> {
  return (context as Context<{ Variables: { span: ReturnType<Telemetry["current"]> } }>).var.span;
}

function laterOf(context: Context): Later {
  try {
    const { executionCtx } = context;
    return (promise) => executionCtx.waitUntil(promise);
  } catch {
    return () => {};
  }
}

/** The whole service as one handler for servers: `/state` says what it has counted. */
export function serve({ telemetry, plain, hono, state }: LossService): (
  request: Request,
) => Promise<Response> {
  const handle = telemetry.handler((request) => plain(request, () => {}));
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/state") return Response.json(state());
    return await (pathname.startsWith("/plain/") ? handle(request) : hono.fetch(request));
  };
}

/** Which of the three ways a request takes. */
export function pathOf(index: number): string {
  return `${["plain", "hono", "only"][index % 3]}/${index}`;
}

/**
 * Where there is no server: makes the requests itself, fifty at a time. Answers are read or
 * cancelled; nothing is shut down at the end, but what they have recorded is waited for.
 */
export async function loseNothing(host: Host, requests: number): Promise<LossState> {
  const service = lossService(host);
  const handle = serve(service);
  const ask = async (index: number) => {
    try {
      const response = await handle(new Request(`http://x.test/${pathOf(index)}`));
      if (index % 14 === 0 || index % 3 === 1) await response.body?.cancel();
      else await response.text();
    } catch {
      // As planned: the handler's own.
    }
  };
  for (let from = 0; from < requests; from += 50) {
    const count = Math.min(50, requests - from);
    await Promise.all(Array.from({ length: count }, (_, offset) => ask(from + offset)));
  }
  // A page that is left with more than browsers let outlive it has lost the rest.
  while (service.state().open > 0 || service.state().queued > 0) await sleep(5);
  return service.state();
}
