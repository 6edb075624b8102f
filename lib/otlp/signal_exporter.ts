import { type Resource, VERSION } from "../core/resource.ts";
import type { Sink, SinkHost } from "../core/seams.ts";
import type { BatchEncoder } from "../pipeline/encoder.ts";
import { Exporter } from "../pipeline/exporter.ts";
import { EXPORTER_LIMITS, type ExporterLimits } from "../pipeline/exporter_limits.ts";
import type { Spool } from "../pipeline/spool.ts";
import { httpTransport } from "../transport/http.ts";
import type { Compress } from "../transport/gzip.ts";
import type { ReadReply } from "../transport/partial_success.ts";

/** How long a batch may wait where timers don't outlive a request: less than `waitUntil` allows. */
const ISOLATE_BATCH_LIFE_MS = 20_000;

/** How the records of one signal are sent. */
export interface SignalParts<R> {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The bounds that are not the defaults. */
  readonly limits?: Partial<ExporterLimits> | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly compress?: Compress | undefined;
  readonly readReply: ReadReply;
  /** Opens the batches. */
  readonly encoder: (resource: Resource) => BatchEncoder<R>;
  readonly spool?: Spool | undefined;
  /** A batch is sent by the protocol that it was written in, so that a spool keeps them apart. */
  readonly protocol: "protobuf" | "json";
}

/**
 * A sink of one signal. `partsOf` is asked when the sink starts; `take` gives the methods that take
 * records.
 */
export function signalSink<R>(
  signal: "traces" | "logs" | "metrics",
  name: string,
  partsOf: (host: SinkHost) => SignalParts<R>,
  take: (offer: (record: R) => void) => Pick<Sink, "onSpan" | "onLog" | "onMetrics">,
): Sink {
  let exporter: Exporter<R> | undefined;
  return {
    name,
    start(host) {
      exporter = exporterOf(signal, name, partsOf(host), host);
    },
    ...take((record) => exporter!.offer(record)),
    flush: async () => await exporter?.flush(),
    shutdown: async () => await exporter?.shutdown(),
    health: () =>
      exporter ? [{ name, [signal === "traces" ? "spans" : signal]: exporter.health() }] : [],
  };
}

function exporterOf<R>(
  signal: string,
  name: string,
  parts: SignalParts<R>,
  { resource, clock, runtime, report }: SinkHost,
): Exporter<R> {
  const { encoder, limits, spool, protocol, headers } = parts;
  const hasBackgroundTimers = runtime.hasBackgroundTimers ?? true;
  return new Exporter({
    encoder: encoder(resource),
    transport: httpTransport({
      ...parts,
      clock,
      headers: { "user-agent": `OTel-OTLP-Exporter-Sextant/${VERSION}`, ...headers },
    }),
    limits: {
      ...EXPORTER_LIMITS,
      ...(!hasBackgroundTimers && { batchLifeMs: ISOLATE_BATCH_LIFE_MS }),
      ...limits,
    },
    clock,
    hasBackgroundTimers,
    spool: spool?.open(`${name}-${signal}-${protocol}`, () => clock.wallMs()),
    report,
    name: `${name} (${signal})`,
  });
}
