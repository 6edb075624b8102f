import type { Carrier } from "../propagation/carrier.ts";
import type { Context } from "../context/context.ts";
import { SpanKind, type SpanOptions } from "../trace/options.ts";
import type { Span } from "../trace/span.ts";
import { serverHandler, type ServerParts } from "./handler.ts";
import { endFailedSpan } from "./server_span.ts";

/** The part of a Worker's execution context that is needed here. */
export interface WorkerContext {
  /** Keeps the isolate alive until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
}

/** A batch of messages of a queue. */
export interface WorkerBatch {
  /** The queue's name. */
  readonly queue: string;
  /** The messages; a body that holds `traceparent` is linked to. */
  readonly messages: readonly { readonly body: unknown }[];
}

/** A scheduled run. */
export interface WorkerSchedule {
  /** The expression that it runs by. */
  readonly cron: string;
  /** When it was to run, in milliseconds since the epoch. */
  readonly scheduledTime: number;
}

/** The handlers that a module Worker exports; a worker has those that it needs. */
export interface WorkerHandlers {
  /** Answers a request. */
  fetch?(request: Request, env: unknown, context: WorkerContext): Response | Promise<Response>;
  /** Works on messages of a queue. */
  queue?(batch: WorkerBatch, env: unknown, context: WorkerContext): unknown;
  /** Runs at set times. */
  scheduled?(schedule: WorkerSchedule, env: unknown, context: WorkerContext): unknown;
}

/** The handlers that were given, as a plain object. */
export type WrappedWorker<H> = { [K in keyof H & keyof WorkerHandlers]: H[K] };

/** What wrapping needs. */
export interface WorkerParts {
  readonly server: ServerParts;
  readonly startSpan: (options: SpanOptions) => Span;
  readonly extract: (carrier: Carrier) => Context;
  readonly flush: () => Promise<void>;
}

type Handler = (first: never, env: unknown, context: WorkerContext) => unknown;

/** Messages that a batch's span is linked to, at most. */
const LINKS_MAX = 32;

/** Wraps the handlers of a module Worker: spans, sent through `waitUntil`. */
export function workerExport<H extends WorkerHandlers>(
  handlers: H,
  parts: WorkerParts,
): WrappedWorker<H> {
  const { flush, server } = parts;
  const wrapped: Partial<Record<keyof WorkerHandlers, Handler>> = {};
  if (handlers.fetch !== undefined) {
    const handle = (request: Request, env: unknown, context: WorkerContext) =>
      handlers.fetch!(request, env, context);
    wrapped.fetch = server.isEnabled
      ? serverHandler(server, handle, (_env, context) => context?.waitUntil(flush()))
      : handle;
  }
  const { queue, scheduled } = handlers;
  if (queue !== undefined) {
    wrapped.queue = spanning(
      parts,
      (batch: WorkerBatch) => batchSpan(batch, parts),
      (batch: WorkerBatch, env: unknown, context) => queue.call(handlers, batch, env, context),
    );
  }
  if (scheduled !== undefined) {
    wrapped.scheduled = spanning(
      parts,
      scheduleSpan,
      (schedule: WorkerSchedule, env: unknown, context) =>
        scheduled.call(handlers, schedule, env, context),
    );
  }
  for (const name of Object.keys(wrapped) as (keyof WorkerHandlers)[]) {
    wrapped[name] = flushing(wrapped[name]!, flush);
  }
  return wrapped as WrappedWorker<H>;
}

/** Sends what was recorded after a handler, and after each of the promises it leaves behind. */
function flushing(handle: Handler, flush: () => Promise<void>): Handler {
  return async (first, env, context) => {
    try {
      return await handle(first, env, context && withFlushes(context, flush));
    } finally {
      // A test may call a handler without one.
      context?.waitUntil(flush());
    }
  };
}

/**
 * A context whose `waitUntil` also sends what is recorded until the promise settles. The platform's
 * own object stays as it is: patching it has been the end of others' Durable Objects.
 */
function withFlushes(context: WorkerContext, flush: () => Promise<void>): WorkerContext {
  const waitUntil = (promise: Promise<unknown>) => {
    context.waitUntil(promise);
    context.waitUntil(Promise.resolve(promise).then(flush, flush));
  };
  return new Proxy(context, {
    get(target, name) {
      if (name === "waitUntil") return waitUntil;
      const value: unknown = Reflect.get(target, name, target);
      // Methods of the platform's objects know their own object alone.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function spanning<F>(
  { startSpan, server }: WorkerParts,
  optionsOf: (first: F) => SpanOptions,
  handle: (first: F, env: unknown, context: WorkerContext) => unknown,
): Handler {
  return async (first, env, context) => {
    const span = startSpan(optionsOf(first as F));
    try {
      const result = await server.store.run(span, handle, first as F, env, context);
      span.end();
      return result;
    } catch (thrown) {
      endFailedSpan(span, thrown);
      throw thrown;
    }
  };
}

/** Semantic conventions, "Messaging spans": one span for what is worked on together, with links. */
function batchSpan({ queue, messages }: WorkerBatch, { extract }: WorkerParts): SpanOptions {
  const links = [];
  for (const { body } of messages) {
    if (typeof body !== "object" || body === null || !("traceparent" in body)) continue;
    const { parent } = extract(body as Record<string, string>);
    if (parent !== undefined && links.length < LINKS_MAX) links.push({ context: parent });
  }
  return {
    name: `process ${queue}`,
    kind: SpanKind.CONSUMER,
    root: true,
    links,
    attributes: {
      "messaging.system": "cloudflare_queues",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": queue,
      "messaging.batch.message_count": messages.length,
    },
  };
}

/** Semantic conventions, "FaaS spans": a timer. */
function scheduleSpan({ cron, scheduledTime }: WorkerSchedule): SpanOptions {
  return {
    name: `scheduled ${cron}`,
    root: true,
    attributes: {
      "faas.trigger": "timer",
      "faas.cron": cron,
      "faas.time": new Date(scheduledTime).toISOString(),
    },
  };
}
