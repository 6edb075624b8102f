import { type CollectorSampling, processorsOf } from "./sampling.ts";

/** Where the second tier is. */
export type Samplers =
  /** All that a name resolves to, as the headless service of a cluster. */
  | { readonly hostname: string; readonly port: number }
  /** `host:port` of each. */
  | { readonly hosts: readonly string[] };

/** Where telemetry goes in the end; a file for each signal, an OTLP/HTTP endpoint, or the log. */
export interface Destination {
  readonly endpoint?: string;
  readonly tracesFile?: string;
}

/** The address on which a tier receives, as `0.0.0.0:4318`. */
export interface Listen {
  readonly http?: string;
  readonly grpc?: string;
}

/** A collector's configuration. */
export type CollectorConfig = Readonly<Record<string, unknown>>;

function receiverOf({ http, grpc }: Listen): unknown {
  return {
    protocols: {
      ...(http === undefined ? {} : { http: { endpoint: http } }),
      ...(grpc === undefined ? {} : { grpc: { endpoint: grpc } }),
    },
  };
}

function exportersOf({ endpoint, tracesFile }: Destination): Record<string, unknown> {
  if (tracesFile !== undefined) return { file: { path: tracesFile, flush_interval: "100ms" } };
  if (endpoint !== undefined) return { otlphttp: { endpoint } };
  return { debug: { verbosity: "basic" } };
}

/** Its own metrics would take a port, and are asked for by nobody here. */
const TELEMETRY = { metrics: { level: "none" } };

/**
 * The first tier: takes everything, and sends all spans of a trace to the same sampler of the second
 * tier, since a decision about a trace needs the whole of it. Lines and metrics go to where they
 * belong.
 */
export function balancerConfig(
  listen: Listen,
  samplers: Samplers,
  destination: Destination,
): CollectorConfig {
  const resolver = "hosts" in samplers
    ? { static: { hostnames: samplers.hosts } }
    : { dns: { hostname: samplers.hostname, port: String(samplers.port) } };
  const exporters = exportersOf({ endpoint: destination.endpoint });
  const others = Object.keys(exporters);
  return {
    receivers: { otlp: receiverOf(listen) },
    processors: { batch: { timeout: "200ms" } },
    exporters: {
      ...exporters,
      loadbalancing: {
        routing_key: "traceID",
        protocol: { otlp: { tls: { insecure: true } } },
        resolver,
      },
    },
    service: {
      telemetry: TELEMETRY,
      pipelines: {
        traces: { receivers: ["otlp"], exporters: ["loadbalancing"] },
        logs: { receivers: ["otlp"], processors: ["batch"], exporters: others },
        metrics: { receivers: ["otlp"], processors: ["batch"], exporters: others },
      },
    },
  };
}

/** The second tier: decides about whole traces. `notes` say where it differs from the library. */
export function samplerConfig(
  listen: Listen,
  sampling: CollectorSampling,
  destination: Destination,
): { readonly config: CollectorConfig; readonly notes: readonly string[] } {
  const { processors, notes } = processorsOf(sampling);
  const exporters = exportersOf(destination);
  const all = { ...processors, batch: { timeout: "200ms" } };
  return {
    notes,
    config: {
      receivers: { otlp: receiverOf(listen) },
      processors: all,
      exporters,
      service: {
        telemetry: TELEMETRY,
        pipelines: {
          traces: {
            receivers: ["otlp"],
            processors: Object.keys(all),
            exporters: Object.keys(exporters),
          },
        },
      },
    },
  };
}
