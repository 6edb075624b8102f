import { cryptoRandom } from "../core/random.ts";
import type { SinkHost } from "../core/seams.ts";
import type { BatchEncoder } from "../pipeline/encoder.ts";
import { Exporter } from "../pipeline/exporter.ts";
import { EXPORTER_LIMITS } from "../pipeline/exporter_limits.ts";
import { httpTransport } from "../transport/http.ts";
import { type OtlpOptions, resolveOtlp, type SignalName } from "./options.ts";

/** How long a batch may wait where timers don't outlive a request: less than `waitUntil` allows. */
const ISOLATE_BATCH_LIFE_MS = 20_000;

/** The exporter of one signal. */
export function signalExporter<R>(
  options: OtlpOptions,
  signal: SignalName,
  name: string,
  host: SinkHost,
  encoderOf: (isJson: boolean) => BatchEncoder<R>,
): Exporter<R> {
  const { url, protocol, headers, timeoutMs, compression } = resolveOtlp(
    options,
    signal,
    host.runtime.env ?? (() => undefined),
  );
  const hasBackgroundTimers = host.runtime.hasBackgroundTimers ?? true;
  const isJson = protocol === "http/json";
  return new Exporter({
    encoder: encoderOf(isJson),
    transport: httpTransport({
      url,
      headers,
      compression,
      clock: host.clock,
      fetch: options.fetch,
    }),
    limits: {
      ...EXPORTER_LIMITS,
      ...(hasBackgroundTimers ? {} : { batchLifeMs: ISOLATE_BATCH_LIFE_MS }),
      attemptTimeoutMs: timeoutMs,
      ...options.limits,
    },
    clock: host.clock,
    random: cryptoRandom(),
    hasBackgroundTimers,
    // A batch is sent by the protocol that it was written in.
    spool: options.spool?.open(
      `${name}-${signal}-${isJson ? "json" : "protobuf"}`,
      () => host.clock.wallMs(),
    ),
    report: host.report,
    name: `${name} (${signal})`,
  });
}
