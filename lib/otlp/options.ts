import type { ExporterLimits } from "../pipeline/exporter_limits.ts";
import type { Spool } from "../pipeline/spool.ts";

/** How requests are compressed. */
export type Compression = "gzip" | "none";

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
  /**
   * "gzip" makes requests about a tenth as large, at a cost in CPU that the bench shows; default
   * "none", or OTEL_EXPORTER_OTLP_COMPRESSION.
   */
  readonly compression?: Compression;
  /** Keeps what can't be delivered beyond the end of the process: `fileSpool()`. Default none. */
  readonly spool?: Spool;
  /** What `health()` calls this destination; default "otlp". */
  readonly name?: string;
  /** The bounds of batch and queue. */
  readonly limits?: Partial<ExporterLimits>;
  /** Sends the requests; default the platform's fetch as it was when the library was loaded. */
  readonly fetch?: typeof fetch;
}

/** The three signals, as they are in paths. */
export type SignalName = "traces" | "logs" | "metrics";

/** How one signal is sent, with everything resolved. */
export interface OtlpSettings {
  readonly url: string;
  readonly protocol: "http/protobuf" | "http/json";
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: Compression;
}

const PROTOCOLS = ["http/protobuf", "http/json"] as const;
const COMPRESSIONS = ["gzip", "none"] as const;
const SIGNALS: readonly string[] = ["traces", "logs"];

type Env = (name: string) => string | undefined;

/**
 * Checks options and fills in the environment for one signal: its own variables come before the
 * general ones (OpenTelemetry Protocol Exporter specification, "Configuration Options").
 *
 * @throws {TypeError | RangeError} Naming the option or variable, what was given, what is allowed.
 */
export function resolveOtlp(options: OtlpOptions, signal: SignalName, env: Env): OtlpSettings {
  checkSignals(options.signals);
  checkLimits(options.limits);
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`;
  /** The variable that is set, and its value. */
  const variable = (name: string): [name: string, value: string | undefined] => {
    const value = env(`${own}_${name}`);
    return value ? [`${own}_${name}`, value] : [
      `OTEL_EXPORTER_OTLP_${name}`,
      env(`OTEL_EXPORTER_OTLP_${name}`),
    ];
  };
  const [headersName, headers] = variable("HEADERS");
  return {
    url: urlOf(options, signal, env),
    protocol: oneOf("protocol", PROTOCOLS, options.protocol, variable("PROTOCOL"), "http/protobuf"),
    compression: oneOf(
      "compression",
      COMPRESSIONS,
      options.compression,
      variable("COMPRESSION"),
      "none",
    ),
    headers: {
      ...(options.headers === undefined
        ? parseHeaders(headers, headersName)
        : checkHeaders(options.headers)),
    },
    timeoutMs: timeoutMs(...variable("TIMEOUT")),
  };
}

/**
 * Checks what can be checked before the environment is known.
 *
 * @throws {TypeError | RangeError} As {@linkcode resolveOtlp}.
 */
export function checkOtlp(options: OtlpOptions): void {
  const endpoint = options.endpoint ?? "http://127.0.0.1";
  for (const signal of ["traces", "logs", "metrics"] as const) {
    resolveOtlp({ ...options, endpoint }, signal, () => undefined);
  }
}

function urlOf(options: OtlpOptions, signal: SignalName, env: Env): string {
  const variable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
  const own = url(options[`${signal}Endpoint`], `${signal}Endpoint`) ??
    (options.endpoint === undefined ? url(env(variable), variable) : undefined);
  if (own !== undefined) return own.href;
  const base = url(options.endpoint, "endpoint") ??
    url(env("OTEL_EXPORTER_OTLP_ENDPOINT"), "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (base === undefined) {
    throw new TypeError(
      'otlp(): no endpoint; give otlp({ endpoint: "http://127.0.0.1:4318" }), or set ' +
        "OTEL_EXPORTER_OTLP_ENDPOINT and a runtime that reads the environment",
    );
  }
  return `${base.origin}${base.pathname.replace(/\/+$/, "")}/v1/${signal}${base.search}`;
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

function oneOf<T extends string>(
  option: string,
  allowed: readonly T[],
  given: unknown,
  [variable, fromEnv]: readonly [string, string | undefined],
  otherwise: T,
): T {
  const value = given ?? (fromEnv || otherwise);
  const known = allowed.find((one) => one === value);
  if (known !== undefined) return known;
  const name = given === undefined ? variable : option;
  throw new RangeError(
    `otlp(): ${name} is ${JSON.stringify(value)}, allowed are ${allowed.join(", ")}`,
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
function parseHeaders(text: string | undefined, variable: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? "").split(",")) {
    const at = pair.indexOf("=");
    if (pair.trim() === "") continue;
    const name = pair.slice(0, at).trim().toLowerCase();
    if (at < 1 || name === "") {
      throw new TypeError(
        `${variable} has an entry without a name, allowed is name=value,…`,
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

function timeoutMs(variable: string, text: string | undefined): number {
  if (text === undefined || text === "") return 10_000;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(
    `${variable} is ${JSON.stringify(text)}, allowed is milliseconds above 0`,
  );
}
