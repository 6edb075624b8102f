import type { Clock } from "./core/clock.ts";
import { type Resource, SDK } from "./core/resource.ts";
import type { Runtime, Sink } from "./core/seams.ts";
import type { CheckedOptions } from "./options.ts";
import { Baggage } from "./propagation/baggage.ts";

/** Sinks that have started; one serves one telemetry. */
const started = new WeakMap<Sink, string>();

/** Starts every sink; one serves one telemetry. */
export function startSinks(options: CheckedOptions, clock: Clock): void {
  const resource = resourceOf(options, options.runtime);
  const { onLoss } = options;
  const report = onLoss === false ? undefined : onLoss ?? warn;
  options.sinks.forEach((sink, index) => {
    const owner = started.get(sink);
    if (owner !== undefined) {
      throw new TypeError(
        `createTelemetry(): sinks[${index}] is in use by the telemetry of ${
          JSON.stringify(owner)
        }, allowed is a sink of its own`,
      );
    }
    sink.start?.({ resource, clock, runtime: options.runtime, report });
    started.set(sink, options.service);
  });
}

function resourceOf(options: CheckedOptions, runtime: Runtime): Resource {
  const attributes: Record<string, string | number | boolean> = {
    ...parseResourceAttributes(runtime.env?.("OTEL_RESOURCE_ATTRIBUTES")),
    ...runtime.attributes,
    ...options.attributes,
    "service.name": options.service,
    "telemetry.sdk.name": SDK.name,
    "telemetry.sdk.language": SDK.language,
    "telemetry.sdk.version": SDK.version,
  };
  if (options.version !== undefined) attributes["service.version"] = options.version;
  return { service: options.service, attributes };
}

/** Reads OTEL_RESOURCE_ATTRIBUTES: `name=value` pairs with commas, as in baggage. */
function parseResourceAttributes(text: string | undefined): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [key, value] of Baggage.parse(text ?? "").entries()) attributes[key] = value;
  return attributes;
}

/** Where there is a console, it is told. */
function warn(message: string): void {
  console.warn(`sextant: ${message}`);
}
