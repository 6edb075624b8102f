import { type ExporterLimits } from "../pipeline/exporter.ts";
import { USER_AGENT } from "./protobuf_batch.ts";

/** Options of {@linkcode otlp}; what is absent comes from OpenTelemetry's variables. */
export interface OtlpOptions {
  /**
   * Where to: `/v1/traces` and `/v1/logs` are appended. Default OTEL_EXPORTER_OTLP_ENDPOINT, where
   * the runtime reads the environment.
   */
  readonly endpoint?: string | URL;
  /** Where spans go, as it is; default from `endpoint` or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT. */
  readonly tracesEndpoint?: string | URL;
  /** Where log records go, as it is; default from `endpoint` or OTEL_EXPORTER_OTLP_LOGS_ENDPOINT. */
  readonly logsEndpoint?: string | URL;
  /** Where metrics go, as it is; default from `endpoint` or OTEL_EXPORTER_OTLP_METRICS_ENDPOINT. */
  readonly metricsEndpoint?: string | URL;
  /** The encoding; default "http/protobuf", or OTEL_EXPORTER_OTLP_PROTOCOL. */
  readonly protocol?: "http/protobuf" | "http/json";
  /** Headers of every request; default OTEL_EXPORTER_OTLP_HEADERS. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The signals sent; default both. */
  readonly signals?: readonly ("traces" | "logs")[];
  /** What `health()` calls this destination; default "otlp". */
  readonly name?: string;
  /** The bounds of batch and queue. */
  readonly limits?: Partial<ExporterLimits>;
  /** Sends the requests; default the platform's fetch as it was when the library was loaded. */
  readonly fetch?: typeof fetch;
}

/** Options with everything resolved. */
export interface OtlpSettings {
  readonly tracesUrl: string;
  readonly logsUrl: string;
  readonly metricsUrl: string;
  readonly protocol: "http/protobuf" | "http/json";
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

const PROTOCOLS = ["http/protobuf", "http/json"] as const;
const SIGNALS: readonly string[] = ["traces", "logs"];

/**
 * Checks options and fills in the environment (OpenTelemetry Protocol Exporter specification).
 *
 * @throws {TypeError | RangeError} Naming the option or variable, what was given, what is allowed.
 */
export function resolveOtlp(
  options: OtlpOptions,
  env: (name: string) => string | undefined,
): OtlpSettings {
  checkSignals(options.signals);
  checkLimits(options.limits);
  const base = url(options.endpoint, "endpoint") ??
    url(env("OTEL_EXPORTER_OTLP_ENDPOINT"), "OTEL_EXPORTER_OTLP_ENDPOINT");
  const of = (signal: "traces" | "logs" | "metrics", given: string | URL | undefined): string => {
    const variable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
    const own = url(given, `${signal}Endpoint`) ??
      (options.endpoint === undefined ? url(env(variable), variable) : undefined);
    if (own !== undefined) return own.href;
    if (base === undefined) {
      throw new TypeError(
        'otlp(): no endpoint; give otlp({ endpoint: "http://127.0.0.1:4318" }), or set ' +
          "OTEL_EXPORTER_OTLP_ENDPOINT and a runtime that reads the environment",
      );
    }
    return `${base.origin}${base.pathname.replace(/\/+$/, "")}/v1/${signal}${base.search}`;
  };
  return {
    tracesUrl: of("traces", options.tracesEndpoint),
    logsUrl: of("logs", options.logsEndpoint),
    metricsUrl: of("metrics", options.metricsEndpoint),
    protocol: protocol(options.protocol, env),
    headers: {
      "user-agent": USER_AGENT,
      ...(options.headers === undefined
        ? parseHeaders(env("OTEL_EXPORTER_OTLP_HEADERS"))
        : checkHeaders(options.headers)),
    },
    timeoutMs: timeoutMs(env("OTEL_EXPORTER_OTLP_TIMEOUT")),
  };
}

function url(given: string | URL | undefined, name: string): URL | undefined {
  if (given === undefined || given === "") return undefined;
  let parsed: URL;
  try {
    parsed = new URL(given);
  } catch {
    throw new TypeError(`otlp(): ${name} is ${JSON.stringify(given)}, allowed is an absolute URL`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new TypeError(
      `otlp(): ${name} has the scheme ${JSON.stringify(parsed.protocol)}, ` +
        "allowed are http: and https:",
    );
  }
  return parsed;
}

function protocol(
  given: unknown,
  env: (name: string) => string | undefined,
): "http/protobuf" | "http/json" {
  const name = given === undefined ? "OTEL_EXPORTER_OTLP_PROTOCOL" : "protocol";
  const value = given ?? (env("OTEL_EXPORTER_OTLP_PROTOCOL") || PROTOCOLS[0]);
  const known = PROTOCOLS.find((one) => one === value);
  if (known !== undefined) return known;
  throw new RangeError(
    `otlp(): ${name} is ${JSON.stringify(value)}, allowed are ${PROTOCOLS.join(", ")}`,
  );
}

function checkSignals(signals: unknown): void {
  if (signals === undefined) return;
  if (
    Array.isArray(signals) && signals.length > 0 && signals.every((one) => SIGNALS.includes(one))
  ) return;
  throw new RangeError(
    `otlp(): signals is ${JSON.stringify(signals)}, allowed is a list of ${SIGNALS.join(", ")}`,
  );
}

function checkLimits(limits: Partial<ExporterLimits> | undefined): void {
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (typeof value !== "number" || !(value > 0)) {
      throw new RangeError(`otlp(): limits.${name} is ${String(value)}, allowed is above 0`);
    }
  }
}

function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers([[name, value]]);
    } catch {
      // The value may be a secret: it is not shown.
      throw new TypeError(
        `otlp(): headers has the entry ${JSON.stringify(name)}, which is no valid HTTP header`,
      );
    }
  }
  return headers;
}

/** Reads OTEL_EXPORTER_OTLP_HEADERS: `name=value` pairs with commas, values percent-encoded. */
export function parseHeaders(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? "").split(",")) {
    const at = pair.indexOf("=");
    if (pair.trim() === "") continue;
    const name = pair.slice(0, at).trim().toLowerCase();
    if (at < 1 || name === "") {
      throw new TypeError(
        "OTEL_EXPORTER_OTLP_HEADERS has an entry without a name, allowed is name=value,…",
      );
    }
    headers[name] = decode(pair.slice(at + 1).trim());
  }
  return { ...checkHeaders(headers) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function timeoutMs(text: string | undefined): number {
  if (text === undefined || text === "") return 10_000;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(
    `OTEL_EXPORTER_OTLP_TIMEOUT is ${JSON.stringify(text)}, allowed is milliseconds above 0`,
  );
}
