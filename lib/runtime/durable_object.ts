import type { WorkerHandlers, WrappedWorker } from "../core/worker.ts";

/** What the wrapping of a Durable Object needs: a `Telemetry`. */
export interface DurableObjectTelemetry {
  /** Wraps the handlers of a Worker. */
  worker<H extends WorkerHandlers>(handlers: H): WrappedWorker<H>;
  /** Runs a callback in a span. */
  span<R>(
    options: { readonly name: string; readonly root?: boolean },
    attributes: Readonly<Record<string, unknown>>,
    callback: () => R,
  ): R;
  /** Sends what was recorded. */
  flush(): Promise<void>;
}

/** Options of {@linkcode durableObject}. */
export interface DurableObjectOptions {
  /** Methods that are called from outside (RPC) and get a span each; default none. */
  readonly methods?: readonly string[];
  /** What spans call the class; default its name, which bundlers may change. */
  readonly name?: string;
}

/** A class of Durable Objects. */
export type DurableObjectClass = abstract new (...args: never[]) => object;

/** What the platform calls, besides `fetch`. */
const EVENTS = ["alarm", "webSocketMessage", "webSocketClose", "webSocketError"] as const;

/** It lives for as long as it waits for something, whoever asked. */
const LIVES_ON = { waitUntil: (_promise: Promise<unknown>) => {} };

/**
 * A class of Durable Objects whose requests, alarms, socket messages and chosen methods are spans:
 * `export const Cart = durableObject(telemetry, class extends DurableObject { … })`.
 *
 * What was recorded is sent after each of them. In a Durable Object `waitUntil` does nothing, and is
 * not needed: it lives for as long as it waits for something.
 *
 * @throws {TypeError} When a method that is named is not there.
 */
export function durableObject<C extends DurableObjectClass>(
  telemetry: DurableObjectTelemetry,
  Base: C,
  options: DurableObjectOptions = {},
): C {
  const name = options.name ?? Base.name;
  const methods = options.methods ?? [];
  const missing = methods.find((method) => typeof Base.prototype[method] !== "function");
  if (missing !== undefined) {
    throw new TypeError(`durableObject(): ${name} has no method ${JSON.stringify(missing)}`);
  }
  // A subclass, for the platform looks at the prototypes of what is exported.
  const Wrapped = class extends (Base as unknown as new (...args: unknown[]) => object) {};
  type Method = (this: object, ...args: unknown[]) => unknown;
  const own = (method: string) => Base.prototype[method] as Method;
  const put = (method: string, value: Method) =>
    Object.defineProperty(Wrapped.prototype, method, {
      value,
      writable: true,
      configurable: true,
    });
  if (typeof Base.prototype.fetch === "function") {
    put("fetch", function (request) {
      const fetch = (given: Request, _env: unknown, _context: typeof LIVES_ON) =>
        own("fetch").call(this, given) as Promise<Response>;
      return telemetry.worker({ fetch }).fetch(request as Request, undefined, LIVES_ON);
    });
  }
  for (const method of [...EVENTS, ...methods]) {
    if (typeof Base.prototype[method] !== "function") continue;
    put(method, async function (...args) {
      // A call from elsewhere carries no context.
      const start = { name: `${name}.${method}`, root: true };
      const attributes = { "code.function.name": `${name}.${method}` };
      try {
        return await telemetry.span(start, attributes, () => own(method).apply(this, args));
      } finally {
        void telemetry.flush();
      }
    });
  }
  return Wrapped as unknown as C;
}
