import { asyncContextStore } from "./context/async_context_store.ts";
import type { Clock } from "./core/clock.ts";
import type { MetricSource } from "./core/metric_source.ts";
import type { Random } from "./core/random.ts";
import type { Runtime, Sink } from "./core/seams.ts";
import type { PropagateTo } from "./http/targets.ts";
import { parseDirectives } from "./log/directives.ts";
import type { Propagator } from "./propagation/propagator.ts";
import type { Sampler } from "./sampling/sampler.ts";
import type { SpanLimits } from "./trace/limits.ts";

/** Options of {@linkcode createTelemetry}. */
export interface TelemetryOptions {
  /** The service's name (`service.name`); default OTEL_SERVICE_NAME where the runtime reads it. */
  readonly service?: string;
  /** The service's version (`service.version`). */
  readonly version?: string;
  /** More about the service: resource attributes in OpenTelemetry's names. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /**
   * Which lines are written: a level, or directives such as `info,orders.payments=debug`. Default
   * OTEL_LOG_LEVEL, else "info"; SEXTANT_LOG comes first, where the runtime reads the environment.
   */
  readonly level?: string;
  /** Decides which traces are recorded; default `parentOr(alwaysOn())`. */
  readonly sampler?: Sampler;
  /** What measures: `createMeter()`; default nothing. */
  readonly meter?: MetricSource;
  /** Where records go; none means that nothing is recorded, at no cost. */
  readonly sinks?: readonly Sink[];
  /** The platform: `deno()`, `workers(env)`; default Web APIs alone, with explicit context. */
  readonly runtime?: Runtime;
  /** Transaction ids, which outlive a trace; default none are made. */
  readonly transaction?: TransactionOptions;
  /**
   * The formats that carry a context between services: `composite([traceContext(), b3()])`; default
   * OTEL_PROPAGATORS where the runtime reads it, else W3C Trace Context and Baggage.
   */
  readonly propagator?: Propagator;
  /**
   * Which origins are sent propagation headers by `telemetry.fetch`; default all. A list names
   * origins, `https://api.example.com`, with `*` for any run of characters.
   */
  readonly propagateTo?: PropagateTo;
  /** What `telemetry.fetch` sends requests with; default the platform's fetch. */
  readonly fetch?: typeof fetch;
  /**
   * Says which responses have bodies that are still being made when their handler returns: a server
   * span ends with such a body. Default: those without Content-Length and Content-Type, of a type
   * for streams (text/event-stream, NDJSON, multipart), or with Transfer-Encoding.
   */
  readonly isStreamed?: (response: Response) => boolean;
  /**
   * Hears when records are lost, at most once a minute for each signal of a destination, and once what
   * of the environment was not understood; default `console.warn`. `false` is for nobody: `health()` counts every loss all the same.
   */
  readonly onLoss?: false | ((message: string) => void);
  /** How much a span may hold. */
  readonly spanLimits?: Partial<SpanLimits>;
  /** Where time comes from; default the platform's clocks. */
  readonly clock?: Clock;
  /** Where ids come from; default the platform's `crypto`. */
  readonly random?: Random;
}

/** How transaction ids come and go. */
export interface TransactionOptions {
  /**
   * The request header that an id is taken from, 1 to 64 letters, digits, `.`, `_` or `-`; default
   * none. An id in baggage (`transaction.id`) comes first.
   */
  readonly header?: string;
}

/** The names that may be given, for the error that says so. */
const NAMES: ReadonlySet<string> = new Set([
  "service",
  "version",
  "attributes",
  "level",
  "sampler",
  "meter",
  "sinks",
  "runtime",
  "transaction",
  "propagator",
  "propagateTo",
  "fetch",
  "isStreamed",
  "onLoss",
  "spanLimits",
  "clock",
  "random",
]);

/** Options with what is required in place. */
export interface CheckedOptions extends TelemetryOptions {
  readonly service: string;
  readonly sinks: readonly Sink[];
  readonly runtime: Runtime;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {TypeError | RangeError} Naming the option, what was given and what is allowed.
 */
export function checkOptions(options: TelemetryOptions): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    fail(TypeError, "options", options, 'an object such as { service: "orders" }');
  }
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) {
      throw new TypeError(
        `createTelemetry(): there is no option ${JSON.stringify(name)}, allowed are ${
          [...NAMES].join(", ")
        }`,
      );
    }
  }
  const runtime = options.runtime ?? { name: "web", context: asyncContextStore() };
  check(typeof runtime === "object", "runtime", options.runtime, "deno(), workers(env) or none");
  const service = options.service ?? runtime.env?.("OTEL_SERVICE_NAME");
  check(
    typeof service === "string" && service !== "",
    "service",
    service,
    "a name that is not empty, or OTEL_SERVICE_NAME and a runtime that reads it",
  );
  check(isOptional(options.version, "string"), "version", options.version, "text");
  check(
    options.meter === undefined || typeof options.meter?.attach === "function",
    "meter",
    options.meter,
    "createMeter()",
  );
  check(isOptional(options.sampler, "function"), "sampler", options.sampler, "a sampler");
  check(
    options.propagator === undefined || typeof options.propagator?.inject === "function",
    "propagator",
    options.propagator,
    "a propagator such as traceContext()",
  );
  check(isOptional(options.fetch, "function"), "fetch", options.fetch, "a fetch function");
  check(
    isOptional(options.isStreamed, "function"),
    "isStreamed",
    options.isStreamed,
    "a function of a response",
  );
  check(
    options.onLoss === false || isOptional(options.onLoss, "function"),
    "onLoss",
    options.onLoss,
    "a function that takes a message, or false",
  );
  checkLevel(options.level);
  checkAttributes(options.attributes);
  checkTransaction(options.transaction);
  return {
    ...options,
    service: service as string,
    runtime,
    sinks: checkSinks(options.sinks ?? []),
  };
}

function checkLevel(level: unknown): void {
  if (level === undefined) return;
  check(typeof level === "string", "level", level, "a level or directives");
  const [error] = parseDirectives(level as string).errors;
  if (error !== undefined) {
    fail(
      RangeError,
      "level",
      level,
      `a level or directives: column ${error.column}, ${error.message}`,
    );
  }
}

function isOptional(value: unknown, type: string): boolean {
  return value === undefined || typeof value === type;
}

function checkAttributes(attributes: unknown): void {
  if (attributes === undefined) return;
  check(
    typeof attributes === "object" && attributes !== null,
    "attributes",
    attributes,
    "an object",
  );
  for (const [key, value] of Object.entries(attributes as object)) {
    check(
      ["string", "number", "boolean"].includes(typeof value),
      `attributes[${JSON.stringify(key)}]`,
      value,
      "text, a number or a boolean",
    );
  }
}

function checkSinks(sinks: readonly Sink[]): readonly Sink[] {
  check(Array.isArray(sinks), "sinks", sinks, "a list of sinks such as [otlp()]");
  sinks.forEach((sink, index) => {
    check(
      typeof sink === "object" && sink !== null &&
        (typeof sink.onSpan === "function" || typeof sink.onLog === "function" ||
          typeof sink.onMetrics === "function"),
      `sinks[${index}]`,
      sink,
      "a sink: an object with onSpan, onLog or onMetrics",
    );
    check(sinks.indexOf(sink) === index, `sinks[${index}]`, sink.name, "each sink once");
  });
  return sinks;
}

function checkTransaction(transaction: TransactionOptions | undefined): void {
  if (transaction === undefined) return;
  check(
    typeof transaction === "object" && transaction !== null,
    "transaction",
    transaction,
    '{} or { header: "x-transaction-id" }',
  );
  const { header } = transaction;
  check(
    header === undefined || /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(header),
    "transaction.header",
    header,
    "an HTTP header name",
  );
}

function check(isRight: boolean, name: string, given: unknown, allowed: string): void {
  if (!isRight) fail(TypeError, name, given, allowed);
}

function fail(
  Kind: typeof TypeError | typeof RangeError,
  name: string,
  given: unknown,
  allowed: string,
): never {
  throw new Kind(`createTelemetry(): ${name} is ${show(given)}, allowed is ${allowed}`);
}

function show(given: unknown): string {
  if (typeof given === "string") return JSON.stringify(given.slice(0, 80));
  if (typeof given === "object" && given !== null) {
    return Array.isArray(given) ? "a list" : "an object";
  }
  if (typeof given === "function") return "a function";
  return String(given);
}
