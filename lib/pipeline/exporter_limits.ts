/** The bounds of an exporter. */
export interface ExporterLimits {
  /** A batch is sent when it holds this many records; default 4096. */
  readonly batchRecords: number;
  /** A batch is sent when it has this many bytes; default 512 KiB. */
  readonly batchBytes: number;
  /** A batch is sent this many milliseconds after its first record; default 1000. */
  readonly batchAgeMs: number;
  /** Records waiting or on their way at most; default 65,536. More are dropped and counted. */
  readonly queueRecords: number;
  /** Bytes waiting or on their way at most; default 32 MiB. */
  readonly queueBytes: number;
  /** Requests on their way at once; default 2. */
  readonly concurrency: number;
  /** Milliseconds for one attempt; default 10,000 (OTEL_EXPORTER_OTLP_TIMEOUT). */
  readonly attemptTimeoutMs: number;
  /**
   * Milliseconds a batch may wait for its delivery, retries included; default 300,000, and 20,000
   * where timers don't outlive a request.
   */
  readonly batchLifeMs: number;
  /** Milliseconds `shutdown` may take; default 5,000. */
  readonly shutdownMs: number;
}

/** The defaults of {@linkcode ExporterLimits}. */
export const EXPORTER_LIMITS: ExporterLimits = {
  batchRecords: 4096,
  batchBytes: 512 * 1024,
  batchAgeMs: 1000,
  queueRecords: 65_536,
  queueBytes: 32 * 1024 * 1024,
  concurrency: 2,
  attemptTimeoutMs: 10_000,
  batchLifeMs: 300_000,
  shutdownMs: 5_000,
};
