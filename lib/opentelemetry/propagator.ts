import * as api from "npm:@opentelemetry/api@^1.9.0";
import type { Active, Context } from "../context/context.ts";
import { activeOf } from "../trace/api_context.ts";
import { ApiSpanContext } from "../propagation/api_span_context.ts";
import { apiBaggageOf } from "./context_manager.ts";

/** The part of a telemetry that carries contexts. */
export interface Carrying {
  /** Writes a context into headers. */
  inject(carrier: Record<string, string>, active?: Active): void;
  /** Reads a context from headers. */
  extract(carrier: Record<string, string>): Context;
  /** The names that are written and read. */
  readonly propagationFields: readonly string[];
}

/** OpenTelemetry's propagator over a telemetry's own formats. */
export class TelemetryPropagator implements api.TextMapPropagator {
  readonly #telemetry: Carrying;

  /** Takes the telemetry. */
  constructor(telemetry: Carrying) {
    this.#telemetry = telemetry;
  }

  /** Writes what a context carries. */
  inject(context: api.Context, carrier: unknown, setter: api.TextMapSetter): void {
    const active = activeOf(context);
    if (active === undefined) return;
    const headers: Record<string, string> = {};
    this.#telemetry.inject(headers, active);
    for (const [name, value] of Object.entries(headers)) setter.set(carrier, name, value);
  }

  /** The context with what the carrier holds. */
  extract(context: api.Context, carrier: unknown, getter: api.TextMapGetter): api.Context {
    const headers: Record<string, string> = {};
    for (const name of this.#telemetry.propagationFields) {
      const value = getter.get(carrier, name);
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
    }
    const { parent, baggage } = this.#telemetry.extract(headers);
    const withSpan = parent === undefined
      ? context
      : api.trace.setSpanContext(context, new ApiSpanContext(parent));
    return baggage === undefined
      ? withSpan
      : api.propagation.setBaggage(withSpan, apiBaggageOf(baggage));
  }

  /** The names that are written and read. */
  fields(): string[] {
    return [...this.#telemetry.propagationFields];
  }
}
