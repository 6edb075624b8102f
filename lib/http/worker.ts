import type { FetchHandler } from "./handler.ts";

/** The part of a Worker's execution context that is needed here. */
export interface WorkerContext {
  /** Keeps the isolate alive until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
}

/** The handlers that a module Worker exports. */
export interface WorkerHandlers<E> {
  /** Answers a request. */
  readonly fetch: (
    request: Request,
    env: E,
    context: WorkerContext,
  ) => Response | Promise<Response>;
}

/** Wraps the handlers of a module Worker: a span a request, sent through `waitUntil`. */
export function workerExport<E>(
  handlers: WorkerHandlers<E>,
  wrap: (
    handle: FetchHandler<[E, WorkerContext]>,
  ) => FetchHandler<[E, WorkerContext]>,
  flush: () => Promise<void>,
): WorkerHandlers<E> {
  const handle = wrap((request, env, context) => handlers.fetch(request, env, context));
  return {
    async fetch(request, env, context) {
      try {
        return await handle(request, env, context);
      } finally {
        context.waitUntil(flush());
      }
    },
  };
}
