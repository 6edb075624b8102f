import * as api from "npm:@opentelemetry/api@^1.9.0";
import type { ContextStore } from "../core/seams.ts";
import { type Active, Context } from "../context/context.ts";
import { ApiSpanContext } from "../propagation/api_span_context.ts";
import type { Baggage } from "../propagation/baggage.ts";
import { activeOf } from "../trace/api_context.ts";
import { Span } from "../trace/span.ts";

/** OpenTelemetry's context manager over the store that our spans are active in. */
export class StoreContextManager implements api.ContextManager {
  readonly #store: ContextStore;

  /** Takes the runtime's store. */
  constructor(store: ContextStore) {
    this.#store = store;
  }

  /** What is active, as the API sees it. */
  active(): api.Context {
    return apiContextOf(this.#store.get() as Active | undefined);
  }

  /** Calls a function with a context active. */
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: api.Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#store.run(
      activeOf(context),
      () => fn.call(thisArg as ThisParameterType<F>, ...args),
    );
  }

  /** A function that is always called with this context active; anything else stays as it is. */
  bind<T>(context: api.Context, target: T): T {
    if (typeof target !== "function") return target;
    const store = this.#store;
    const active = activeOf(context);
    return function (this: unknown, ...args: unknown[]): unknown {
      return store.run(active, () => target.apply(this, args));
    } as T;
  }

  /** Nothing to switch on. */
  enable(): this {
    return this;
  }

  /** Nothing to switch off. */
  disable(): this {
    return this;
  }
}

/** What is active, as a context of the API: with its span, its baggage and the API's own values. */
export function apiContextOf(active: Active | undefined): api.Context {
  if (active === undefined) return api.ROOT_CONTEXT;
  let context = (active.foreign as api.Context | undefined) ?? api.ROOT_CONTEXT;
  if (active instanceof Span) context = api.trace.setSpan(context, active);
  else if (
    active instanceof Context && active.foreign === undefined && active.parent !== undefined
  ) {
    context = api.trace.setSpanContext(context, new ApiSpanContext(active.parent));
  }
  return active.baggage === undefined
    ? context
    : api.propagation.setBaggage(context, apiBaggageOf(active.baggage));
}

/** Baggage as the API makes it: its properties are branded there. */
export function apiBaggageOf(baggage: Baggage): api.Baggage {
  const entries: Record<string, api.BaggageEntry> = Object.create(null);
  for (const [name, { value, metadata }] of baggage.getAllEntries()) {
    entries[name] = metadata === ""
      ? { value }
      : { value, metadata: api.baggageEntryMetadataFromString(metadata) };
  }
  return api.propagation.createBaggage(entries);
}
