import type { Attributes } from "./attributes.ts";
import type { SpanContext } from "./span_context.ts";

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

/** The handlers that were given, as a plain object; each gives a promise. */
export type WrappedWorker<H> = {
  [K in keyof H & keyof WorkerHandlers]: H[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : H[K];
};

/** What a runtime is given to wrap a Worker's handlers with. */
export interface WorkerParts {
  /** Wraps a fetch handler in server spans; `waitUntilOf` says what keeps a request alive. */
  readonly serve: <A extends unknown[]>(
    handle: (request: Request, ...rest: A) => Response | Promise<Response>,
    waitUntilOf: (...rest: A) => ((promise: Promise<unknown>) => void) | undefined,
  ) => (request: Request, ...rest: A) => Response | Promise<Response>;
  /** Runs a callback in a span of a new trace. */
  readonly span: <R>(start: WorkerSpan, callback: () => R) => R;
  /** The context that a message was sent in. */
  readonly senderOf: (message: Readonly<Record<string, string>>) => SpanContext | undefined;
  /** Sends what was recorded. */
  readonly flush: () => Promise<void>;
}

/** The span of a batch or of a scheduled run. */
export interface WorkerSpan {
  /** What it is about. */
  readonly name: string;
  /** OpenTelemetry's span kind: 0 internal, 4 consumer. */
  readonly kind: 0 | 4;
  /** Details. */
  readonly attributes: Attributes;
  /** Where messages came from. */
  readonly links: readonly SpanContext[];
}

/** Wraps the handlers of a module Worker. */
export type WrapWorker = <H extends WorkerHandlers>(
  handlers: H,
  parts: WorkerParts,
) => WrappedWorker<H>;
