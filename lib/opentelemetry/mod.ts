/**
 * Puts a telemetry behind `@opentelemetry/api`: what libraries record through the API becomes spans
 * and lines of the telemetry. Its spans and tracers are the API's by their own methods; nothing is
 * translated.
 *
 * @module
 */
import * as api from "npm:@opentelemetry/api@^1.9.0";
import { logs } from "npm:@opentelemetry/api-logs@^0.223.0";
import type { ContextStore } from "../core/seams.ts";
import type { Tracer } from "../trace/tracer.ts";
import { StoreContextManager } from "./context_manager.ts";
import { ApiLoggerProvider, type HasLoggers } from "./logs.ts";
import type { Meter } from "../metric/meter.ts";
import { ApiMeterProvider } from "./meters.ts";
import { type Carrying, TelemetryPropagator } from "./propagator.ts";

export type { Carrying, HasLoggers };

/** What is registered: a `Telemetry`. */
export interface RegisteredTelemetry extends Carrying, HasLoggers {
  /** Starts spans. */
  readonly tracer: Tracer;
  /** The server instrumentation, whose store keeps what is active. */
  readonly server: { readonly store: ContextStore };
}

/** More that is registered. */
export interface RegisterOptions {
  /** The meter that was given to `createTelemetry`; default no meter provider is registered. */
  readonly meter?: Meter;
}

/** What became of a registration. */
export interface Registration {
  /** What did not work and why, for people; empty when all did. */
  readonly problems: readonly string[];
  /** Takes back what this registration had put into place. */
  unregister(): void;
}

/**
 * Registers a telemetry as the tracer provider, context manager, propagator and logger provider of
 * `@opentelemetry/api` and `@opentelemetry/api-logs`.
 *
 * As the API rules, the first registration of each wins: a second one changes nothing and is named
 * in `problems`. So is a runtime without ambient context, where the API knows no active span.
 */
export function register(
  telemetry: RegisteredTelemetry,
  options: RegisterOptions = {},
): Registration {
  const problems: string[] = [];
  const undo: (() => void)[] = [];
  const attempt = (what: string, isSet: boolean, takeBack: () => void) => {
    if (isSet) undo.push(takeBack);
    else problems.push(`another ${what} is registered already${registeredBy()}, and stays`);
  };
  attempt(
    "tracer provider",
    api.trace.setGlobalTracerProvider({
      getTracer: (name, version) => telemetry.tracer.scoped(name, version),
    }),
    () => api.trace.disable(),
  );
  if (isAmbient(telemetry.server.store)) {
    attempt(
      "context manager",
      api.context.setGlobalContextManager(new StoreContextManager(telemetry.server.store)),
      () => api.context.disable(),
    );
  } else {
    problems.push(
      "the runtime has no ambient context, so the API knows no active span; give createTelemetry " +
        "a runtime such as deno()",
    );
  }
  attempt(
    "propagator",
    api.propagation.setGlobalPropagator(new TelemetryPropagator(telemetry)),
    () => api.propagation.disable(),
  );
  const provider = new ApiLoggerProvider(telemetry);
  attempt(
    "logger provider",
    logs.setGlobalLoggerProvider(provider) === provider,
    () => logs.disable(),
  );
  if (options.meter !== undefined) {
    attempt(
      "meter provider",
      api.metrics.setGlobalMeterProvider(new ApiMeterProvider(options.meter)),
      () => api.metrics.disable(),
    );
  }
  for (const problem of problems) api.diag.warn(`sextant: ${problem}`);
  return {
    problems,
    unregister() {
      for (const takeBack of undo.splice(0)) takeBack();
    },
  };
}

/** Which copy of the API holds what is registered: a newer copy than that finds nothing in it. */
function registeredBy(): string {
  const held = (globalThis as Record<symbol, { readonly version?: string } | undefined>)[
    Symbol.for("opentelemetry.js.api.1")
  ];
  return held?.version === undefined ? "" : ` (by @opentelemetry/api ${held.version})`;
}

/** Says whether a store keeps what is active within a call. */
function isAmbient(store: ContextStore): boolean {
  const probe = {};
  return store.run(probe, () => store.get() === probe);
}
