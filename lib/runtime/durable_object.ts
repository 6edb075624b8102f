/** A span, as far as it is used here. */
export interface ObjectSpan {
  /** Records an error. */
  fail(thrown: unknown): unknown;
  /** Ends it. */
  end(): void;
}

/** What the wrapping of a Durable Object needs: a `Telemetry`. */
export interface DurableObjectTelemetry<S extends ObjectSpan = ObjectSpan> {
  /** Wraps a fetch handler. */
  handler(handle: (request: Request) => Promise<Response>): (request: Request) => unknown;
  /** Runs a callback in a span. */
  span<R>(
    options: { readonly name: string; readonly root?: boolean },
    attributes: Readonly<Record<string, unknown>>,
    callback: (span: S) => R,
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

/**
 * A class of Durable Objects whose requests, alarms, socket messages and chosen methods are spans:
 * `export const Cart = durableObject(telemetry, class extends DurableObject { … })`.
 *
 * What was recorded is sent after each of them. In a Durable Object `waitUntil` does nothing, and is
 * not needed: it lives for as long as it waits for something.
 *
 * @throws {TypeError} When a method that is named is not there.
 */
export function durableObject<C extends DurableObjectClass, S extends ObjectSpan>(
  telemetry: DurableObjectTelemetry<S>,
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
    put("fetch", async function (request) {
      const handle = telemetry.handler(async (given) =>
        await own("fetch").call(this, given) as Response
      );
      try {
        return await handle(request as Request);
      } finally {
        void telemetry.flush();
      }
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
