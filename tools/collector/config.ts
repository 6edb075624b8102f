/** What is told apart. */
export type CollectorSignal = "traces" | "logs" | "metrics";

/** What a collector does with what it receives. */
export interface CollectorOptions {
  /** Where OTLP over HTTP comes in, on 127.0.0.1. */
  readonly port: number;
  /** A folder for traces.ndjson, logs.ndjson and metrics.ndjson: OTLP JSON, a request a line. */
  readonly folder?: string;
  /** Whole traces are decided about: kept when one has an error, is slow, or by chance. */
  readonly tail?: TailOptions;
  /** The part of the traces kept by the traces' thresholds (OTEP 235), from 0 to 1. */
  readonly probability?: number;
  /** An OTLP/HTTP endpoint that everything goes on to. */
  readonly forward?: string;
  /** Endpoints that one signal goes on to: Tempo, Loki, Prometheus. */
  readonly forwardTo?: Readonly<Partial<Record<CollectorSignal, string>>>;
  /** Shows what comes in on the terminal. */
  readonly isVerbose?: boolean;
}

/** What the tail sampling keeps. */
export interface TailOptions {
  /** Milliseconds from a trace's first span to the decision; default 10,000. */
  readonly decisionWaitMs?: number;
  /** A trace that took so many milliseconds is kept; default 250. */
  readonly slowMs?: number;
  /** The part of the others that is kept, from 0 to 1; default 0.1. */
  readonly otherwise?: number;
}

/** The collector's configuration, which is YAML; JSON is YAML. */
export function configOf(options: CollectorOptions): string {
  const exporters: Record<string, unknown> = {};
  const ofSignal: Record<string, string[]> = { traces: [], logs: [], metrics: [] };
  for (const [signal, names] of Object.entries(ofSignal)) {
    if (options.folder === undefined) continue;
    exporters[`file/${signal}`] = {
      path: `${options.folder}/${signal}.ndjson`,
      // Whoever reads the file sees what has arrived.
      flush_interval: "100ms",
    };
    names.push(`file/${signal}`);
  }
  for (const [signal, endpoint] of Object.entries(options.forwardTo ?? {})) {
    if (endpoint === undefined) continue;
    exporters[`otlphttp/${signal}`] = { endpoint };
    ofSignal[signal].push(`otlphttp/${signal}`);
  }
  if (options.forward !== undefined) exporters.otlphttp = { endpoint: options.forward };
  if (options.isVerbose === true) exporters.debug = { verbosity: "detailed" };
  // A pipeline must lead somewhere.
  else if (options.folder === undefined && options.forward === undefined) {
    exporters.debug = { verbosity: "basic" };
  }
  for (const name of ["otlphttp", "debug"]) {
    if (name in exporters) { for (const names of Object.values(ofSignal)) names.push(name); }
  }
  const processors = processorsOf(options);
  const pipelines = Object.fromEntries(
    Object.entries(ofSignal).map(([signal, names]) => [signal, {
      receivers: ["otlp"],
      processors: signal === "traces" ? Object.keys(processors) : ["batch"],
      exporters: names,
    }]),
  );
  return JSON.stringify(
    {
      receivers: {
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${options.port}` } } },
      },
      processors,
      exporters,
      // Its own metrics would take another port.
      service: { telemetry: { metrics: { level: "none" } }, pipelines },
    },
    null,
    2,
  );
}

/** In the order in which traces meet them. */
function processorsOf({ tail, probability }: CollectorOptions): Record<string, unknown> {
  return {
    ...(tail === undefined ? {} : { tail_sampling: tailOf(tail) }),
    ...(probability === undefined ? {} : {
      // By the trace's threshold, so that what is kept counts for as many as it stands for.
      probabilistic_sampler: {
        mode: "proportional",
        sampling_percentage: probability * 100,
      },
    }),
    batch: { timeout: "200ms" },
  };
}

function tailOf({ decisionWaitMs = 10_000, slowMs = 250, otherwise = 0.1 }: TailOptions): unknown {
  return {
    decision_wait: `${decisionWaitMs}ms`,
    policies: [
      { name: "errors", type: "status_code", status_code: { status_codes: ["ERROR"] } },
      { name: "slow", type: "latency", latency: { threshold_ms: slowMs } },
      {
        name: "others",
        type: "probabilistic",
        probabilistic: { sampling_percentage: otherwise * 100 },
      },
    ],
  };
}
