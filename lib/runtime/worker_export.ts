import type { SpanContext } from "../core/span_context.ts";
import type {
  WorkerBatch,
  WorkerContext,
  WorkerHandlers,
  WorkerParts,
  WorkerSchedule,
  WorkerSpan,
  WrappedWorker,
} from "../core/worker.ts";

type Handler = (first: never, env: unknown, context: WorkerContext) => unknown;

/** Messages that a batch's span is linked to, at most. */
const LINKS_MAX = 32;

/** Wraps the handlers of a module Worker: spans, sent through `waitUntil`. */
export function wrapWorker<H extends WorkerHandlers>(
  handlers: H,
  parts: WorkerParts,
): WrappedWorker<H> {
  const { flush, serve, span } = parts;
  const wrapped: Partial<Record<keyof WorkerHandlers, Handler>> = {};
  const { queue, scheduled } = handlers;
  if (handlers.fetch !== undefined) {
    wrapped.fetch = serve(
      (request, env: unknown, context: WorkerContext) => handlers.fetch!(request, env, context),
      (_env, context) => context && ((promise) => context.waitUntil(promise)),
    );
  }
  if (queue !== undefined) {
    wrapped.queue = (batch: WorkerBatch, env, context) =>
      span(batchSpan(batch, parts), () => queue.call(handlers, batch, env, context));
  }
  if (scheduled !== undefined) {
    wrapped.scheduled = (schedule: WorkerSchedule, env, context) =>
      span(scheduleSpan(schedule), () => scheduled.call(handlers, schedule, env, context));
  }
  for (const name of Object.keys(wrapped) as (keyof WorkerHandlers)[]) {
    wrapped[name] = flushing(wrapped[name]!, flush);
  }
  return wrapped as WrappedWorker<H>;
}

/**
 * Sends what was recorded after a handler, and after each of the promises it leaves behind. The
 * platform cuts off a handler whose client goes away, unless it is waited for: then no span would end.
 */
function flushing(handle: Handler, flush: () => Promise<void>): Handler {
  return (first, env, context) => {
    // A test may call a handler without a context.
    const own = context && withFlushes(context, flush);
    const handled = (async () => {
      try {
        return await handle(first, env, own);
      } finally {
        context?.waitUntil(flush());
      }
    })();
    context?.waitUntil(handled.then(() => {}, () => {}));
    return handled;
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

/** Semantic conventions, "Messaging spans": one span for what is worked on together, with links. */
function batchSpan({ queue, messages }: WorkerBatch, { senderOf }: WorkerParts): WorkerSpan {
  const links: SpanContext[] = [];
  for (const { body } of messages) {
    if (typeof body !== "object" || body === null || !("traceparent" in body)) continue;
    const sender = senderOf(body as Record<string, string>);
    if (sender !== undefined && links.length < LINKS_MAX) links.push(sender);
  }
  return {
    name: `process ${queue}`,
    kind: 4,
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
function scheduleSpan({ cron, scheduledTime }: WorkerSchedule): WorkerSpan {
  return {
    name: `scheduled ${cron}`,
    kind: 0,
    links: [],
    attributes: {
      "faas.trigger": "timer",
      "faas.cron": cron,
      "faas.time": new Date(scheduledTime).toISOString(),
    },
  };
}
