import { type Active, parentOf } from "./context/context.ts";
import { explicitStore } from "./context/explicit_store.ts";
import { Anchors, type Clock, systemClock } from "./core/clock.ts";
import { refuse } from "./core/refuse.ts";
import type { MetricSource } from "./core/metric_source.ts";
import type { Random } from "./core/random.ts";
import type { LogRecord, Scope, SpanRecord } from "./core/records.ts";
import { VERSION } from "./core/resource.ts";
import type { ContextStore, DestinationHealth, Runtime, Sink } from "./core/seams.ts";
import type { Logger } from "./log/logger.ts";
import { fanOut } from "./pipeline/dispatch.ts";

/** Options of {@linkcode createPipeline}. */
export interface PipelineOptions {
  /** The service's name (`service.name`). */
  readonly service: string;
  /** The service's version (`service.version`). */
  readonly version?: string;
  /** More about the service: resource attributes in OpenTelemetry's names. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Where records go; none means that nothing is recorded, at no cost. */
  readonly sinks: readonly Sink[];
  /** What measures: `createMeter()`; default nothing. */
  readonly meter?: MetricSource;
  /** The platform: `deno()`, `workers(env)`; default Web APIs alone, with explicit context. */
  readonly runtime?: Runtime;
  /**
   * Hears when records are lost, at most once a minute for each signal of a destination; default
   * `console.warn`. `false` is for nobody: `health()` counts every loss all the same.
   */
  readonly onLoss?: false | ((message: string) => void);
  /** Where time comes from; default the platform's clocks. */
  readonly clock?: Clock;
  /** Where ids come from; default the platform's `crypto`. */
  readonly random?: Random;
}

/**
 * The way of one service's records to their sinks, without anything that makes records: what
 * `createTelemetry` is built on, and with `createLogger` and `createTracer` the smallest bundle.
 */
export interface Pipeline {
  /** Who records, when nothing else is said. */
  readonly scope: Scope;
  /** Where time comes from. */
  readonly clock: Clock;
  /** Ties the monotonic clock to the wall clock. */
  readonly anchors: Anchors;
  /** Where ids come from; default the platform's `crypto`. */
  readonly random: Random | undefined;
  /** Keeps what is active. */
  readonly store: ContextStore;
  /** The platform. */
  readonly runtime: Runtime;
  /** True when milliseconds are fine enough for the log lines of all sinks. */
  readonly isTimeCoarse: boolean;
  /** Takes ended spans; undefined when no sink does. */
  readonly onSpan: ((span: SpanRecord) => void) | undefined;
  /** Takes log lines; undefined when no sink does. */
  readonly onLog: ((record: LogRecord) => void) | undefined;
  /** The logger whose lines `span.log` writes: the first that was made. */
  log?: Logger;
  /** Any value as the text of a line; default in few words. */
  textOf?: (value: unknown) => string;
  /** Log lines written so far. */
  written: number;
  /** How often a sink threw; the record was not lost to the other sinks. */
  sinkErrors: number;
  /** What of the setup was not understood, for people. */
  warnings(): readonly string[];
  /** The books of each destination: `created = delivered + sum(dropped) + queued` for each signal. */
  health(): readonly DestinationHealth[];
  /** Resolves when all that was recorded before has arrived or was counted as dropped. */
  flush(): Promise<void>;
  /** Flushes and closes the sinks, once; later records are counted as dropped. Never rejects. */
  shutdown(): Promise<void>;
}

/** Sinks that have started: one serves one pipeline. */
const owners = new WeakMap<Sink, string>();

/**
 * Makes the way of a service's records to their sinks. `createTelemetry` does everything; this, with
 * what is chosen by hand, is for where each kilobyte counts.
 *
 * @example A logger
 * ```ts
 * import { createLogger, createPipeline, json, lines } from "./mod.ts";
 *
 * const pipeline = createPipeline({ service: "orders", sinks: [lines(json)] });
 * const log = createLogger(pipeline);
 * log.info("starting", { port: 8000 });
 * await pipeline.flush();
 * ```
 *
 * @throws {TypeError} When there is no service, or a sink is none or serves another pipeline.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { service, version, sinks, meter, runtime = { name: "web" }, onLoss } = options;
  const { clock = systemClock, random } = options;
  if (typeof service !== "string" || service === "") refuse("service", service, "a name");
  const host = {
    resource: {
      service,
      attributes: {
        ...runtime.attributes,
        ...options.attributes,
        "service.name": service,
        "telemetry.sdk.name": "sextant",
        "telemetry.sdk.language": "webjs",
        "telemetry.sdk.version": VERSION,
        ...(version && { "service.version": version }),
      },
    },
    clock,
    runtime,
    report: (onLoss ?? warn) || undefined,
  };
  sinks.forEach((sink, index) => {
    const owner = owners.get(sink);
    if (owner) refuse(`sinks[${index}]`, `the sink of "${owner}"`, "one of its own");
    sink.start?.(host);
    owners.set(sink, service);
  });
  const store = runtime.context ?? explicitStore;
  const reader = meter?.attach({
    clock,
    runtime,
    sinks,
    activeSpan: () => parentOf(store.get() as Active | undefined),
  });
  const each = (call: (sink: Sink) => Promise<void> | undefined) => {
    reader?.read();
    return Promise.allSettled(sinks.map(call));
  };
  let closed: Promise<unknown> | undefined;
  const onError = () => {
    pipeline.sinkErrors++;
  };
  const pipeline: Pipeline = {
    scope: { name: service, version: version ?? "" },
    clock,
    anchors: new Anchors(clock),
    random,
    store,
    runtime,
    isTimeCoarse: sinks.every((sink) => !sink.onLog || sink.isTimeCoarse),
    onSpan: fanOut(sinks, "onSpan", onError),
    onLog: fanOut(sinks, "onLog", onError),
    written: 0,
    sinkErrors: 0,
    warnings: () => reader?.warnings ?? [],
    health: () => sinks.flatMap((sink) => sink.health?.() ?? []),
    async flush() {
      await each((sink) => sink.flush?.());
    },
    async shutdown() {
      reader?.stop();
      await (closed ??= each((sink) => sink.shutdown?.() ?? sink.flush?.()));
    },
  };
  runtime.onExit?.(pipeline.shutdown);
  runtime.onHide?.(() => void pipeline.flush());
  return pipeline;
}

/** Where there is a console, it is told. */
function warn(message: string): void {
  console.warn(`sextant: ${message}`);
}
