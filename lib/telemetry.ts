import type { Attributes } from "./core/attributes.ts";
import { cryptoRandom, type Random } from "./core/random.ts";
import type { DestinationHealth } from "./core/seams.ts";
import type { WorkerHandlers, WrappedWorker } from "./core/worker.ts";
import { type Active, Context, parentOf } from "./context/context.ts";
import { Courier, type CourierCounts } from "./context/courier.ts";
import { acceptTransactionId, newTransactionId } from "./context/transaction.ts";
import { type TracedFetch, tracedFetch } from "./http/client.ts";
import { type FetchHandler, serverHandler, type ServerParts } from "./http/handler.ts";
import { RequestSpans } from "./http/request_spans.ts";
import { targetsOf } from "./http/targets.ts";
import { looksStreamed } from "./http/streamed_body.ts";
import type { LevelExplanation, SpanScope } from "./log/level_filter.ts";
import type { Logger } from "./log/logger.ts";
import { createLogging, type Logging } from "./log/logging.ts";
import { type CheckedOptions, checkOptions, type TelemetryOptions } from "./options.ts";
import { createPipeline, type Pipeline } from "./pipeline.ts";
import { ApiSpanContext } from "./propagation/api_span_context.ts";
import { Baggage } from "./propagation/baggage.ts";
import { type Carrier, getFrom } from "./propagation/carrier.ts";
import { propagatorFromNames } from "./propagation/propagator_names.ts";
import { samplerFromEnv } from "./sampling/env.ts";
import {
  type AnyFunction,
  instrument,
  instrumentDecorator,
  type InstrumentOptions,
  type MethodDecorator,
} from "./trace/instrument.ts";
import { activeOf } from "./trace/api_context.ts";
import { sampleBy } from "./trace/decide.ts";
import { leftOpen } from "./trace/left_open.ts";
import { spanLimitsOf } from "./trace/limits.ts";
import type { SpanOptions } from "./trace/options.ts";
import { untilRead } from "./trace/body.ts";
import { OpenSpans } from "./trace/open_spans.ts";
import { Span } from "./trace/span.ts";
import { Tracer, type TracerCounts } from "./trace/tracer.ts";

/** The books: what was recorded, and what became of it. */
export interface Health {
  /** Spans: recorded, open, not sampled, misused. */
  readonly spans: TracerCounts;
  /** Log lines written. */
  readonly logs: { readonly written: number };
  /** What did not get through between services. */
  readonly propagation: CourierCounts;
  /** How often a sink threw. */
  readonly sinkErrors: number;
  /** What of the environment was not understood, for people. */
  readonly warnings: readonly string[];
  /** Each destination: `created = delivered + sum(dropped) + queued` for each signal. */
  readonly destinations: readonly DestinationHealth[];
}

/** The methods that work without their object: `const { span } = telemetry`. */
const DETACHABLE = [
  "span",
  "startSpan",
  "instrument",
  "event",
  "current",
  "handler",
  "run",
] as const;

/** Logs and traces of one service. Made by {@linkcode createTelemetry}. */
export class Telemetry {
  /** Writes log lines; those within a span carry its ids. */
  readonly log: Logger;
  /** Starts spans; the `Tracer` behind `span` and `startSpan`. */
  readonly tracer: Tracer;
  /** A `fetch` that records a client span and sends the context along. */
  readonly fetch: TracedFetch;
  readonly #options: CheckedOptions;
  readonly #pipeline: Pipeline;
  readonly #random: Random;
  readonly #logging: Logging;
  readonly #server: ServerParts;
  readonly #courier: Courier;
  readonly #warnings: readonly string[];
  readonly #requestSpans = new RequestSpans();

  /** Use {@linkcode createTelemetry}. */
  constructor(given: TelemetryOptions) {
    const options = checkOptions(given);
    this.#options = options;
    const { runtime } = options;
    const shared = new OpenSpans();
    const pipeline = createPipeline({
      ...options,
      sinks: [...options.sinks, leftOpen(shared)],
      // Baggage's form: `name=value` pairs with commas.
      attributes: {
        ...Object.fromEntries(
          Baggage.parse(runtime.env?.("OTEL_RESOURCE_ATTRIBUTES") ?? "").entries(),
        ),
        ...options.attributes,
      },
    });
    this.#pipeline = pipeline;
    this.#random = pipeline.random ?? cryptoRandom();
    const named = propagatorFromNames(runtime.env?.("OTEL_PROPAGATORS"));
    this.#courier = new Courier(options.propagator ?? named.propagator);
    const sampling = options.sampler === undefined ? samplerFromEnv(runtime.env) : undefined;
    this.#warnings = [
      ...(options.propagator === undefined ? named.warnings : []),
      ...(sampling?.warnings ?? []),
    ];
    this.#logging = createLogging(pipeline, options.level);
    this.log = pipeline.log = this.#logging.log;
    this.tracer = new Tracer({
      pipeline,
      random: this.#random,
      decide: sampleBy(options.sampler ?? sampling!.sampler),
      limits: spanLimitsOf(options.spanLimits, runtime.env),
      shared,
      bodies: untilRead,
      foreign: { activeOf, contextOf: (span) => new ApiSpanContext(span) },
    });
    this.fetch = this.#makeFetch();
    this.#server = this.#serverParts();
    for (const name of DETACHABLE) {
      Object.defineProperty(this, name, { value: this[name].bind(this) });
    }
    const { onLoss = (message: string) => console.warn(`sextant: ${message}`) } = options;
    // In the books alone nobody would look for a misspelt variable.
    if (onLoss !== false) this.health().warnings.forEach((warning) => onLoss(warning));
  }

  /** Runs `callback` in a span, which ends when it returns or its promise settles. */
  span<R>(options: SpanOptions | string, callback: (span: Span) => R): R;
  /** Runs `callback` in a span that starts with attributes. */
  span<R>(
    options: SpanOptions | string,
    attributes: Attributes,
    callback: (span: Span) => R,
  ): R;
  span<R>(
    options: SpanOptions | string,
    second: Attributes | ((span: Span) => R),
    third?: (span: Span) => R,
  ): R {
    return this.tracer.span(options, second as Attributes, third!);
  }

  /** Wraps a function so that each call is a span. */
  instrument<F extends AnyFunction>(fn: F, options?: InstrumentOptions<Parameters<F>>): F;
  /** A decorator of a method, so that each call is a span: `@telemetry.instrument({ ret: true })`. */
  instrument(options?: InstrumentOptions): MethodDecorator;
  instrument<F extends AnyFunction>(
    first?: F | InstrumentOptions,
    options?: InstrumentOptions<Parameters<F>>,
  ): F | MethodDecorator {
    return typeof first === "function"
      ? instrument(this, first, options)
      : instrumentDecorator(this, first ?? {});
  }

  /** Starts a span that you end yourself, or `using s = startSpan("x")` does. */
  startSpan(options: SpanOptions | string, attributes?: Attributes): Span {
    return this.tracer.start(this.#active(), options, attributes);
  }

  /** Records that something happened: on the active span, or as an event line when there is none. */
  event(name: string, fields?: Attributes): void {
    const span = this.current();
    if (span === undefined) this.log.event(name, fields);
    else span.addEvent(name, fields);
  }

  /**
   * The active span. Where there is no ambient context, that of a request which `handler` was
   * given.
   */
  current(request?: Request): Span | undefined {
    const parent = parentOf(this.#active());
    if (parent instanceof Span) return parent;
    return request === undefined ? undefined : this.#requestSpans.get(request);
  }

  /** Calls `callback` with a span or context active in it, where there is ambient context. */
  run<R>(active: Active, callback: () => R): R {
    return this.#pipeline.store.run(active, callback);
  }

  /**
   * Wraps a fetch handler: each request is a server span, in the trace that it came with; that of a
   * streamed response ends with the stream.
   */
  handler<A extends unknown[]>(handle: FetchHandler<A>): FetchHandler<A> {
    return this.#isIdle() ? handle : serverHandler(this.#server, handle);
  }

  /**
   * Wraps the handlers of a module Worker: each request, batch of messages and scheduled run is a
   * span, and what was recorded is sent through `waitUntil` after the response, after the end of a
   * stream, and after whatever the handler itself gave to `waitUntil`.
   *
   * @throws {TypeError} When the telemetry was made without `runtime: workers()`.
   */
  worker<H extends WorkerHandlers>(handlers: H): WrappedWorker<H> {
    const { runtime } = this.#options;
    if (runtime.wrapWorker === undefined) {
      throw new TypeError(
        `telemetry.worker(): the runtime is "${runtime.name}", wanted is runtime: workers()`,
      );
    }
    return runtime.wrapWorker(handlers, {
      serve: (handle, waitUntilOf) =>
        this.#isIdle() ? handle : serverHandler(this.#server, handle, waitUntilOf),
      span: ({ links, ...start }, callback) =>
        this.span({ ...start, root: true, links: links.map((context) => ({ context })) }, callback),
      senderOf: (message) => this.extract(message).parent,
      flush: () => this.flush(),
    });
  }

  /** What the server instrumentation of frameworks needs. */
  get server(): ServerParts {
    return this.#server;
  }

  /** Writes the propagation headers of the active context into headers or message metadata. */
  inject(carrier: Carrier, active: Active | undefined = this.#active()): void {
    if (active !== undefined) this.#courier.inject(carrier, active);
  }

  /** Reads a context from headers or message metadata; what is malformed is left out. */
  extract(carrier: Carrier): Context {
    return this.#courier.extract(carrier);
  }

  /** The names of the headers that `inject` writes. */
  get propagationFields(): readonly string[] {
    return this.#courier.fields;
  }

  /** The logger of a part of the program: its target, which directives name. */
  logger(target: string, version?: string): Logger {
    return this.#logging.logger(target, version);
  }

  /**
   * Reloads the log directives: a level or other directives are in place at once, in every logger
   * there is. Gives what was not understood, with its column; that is in `health()` as well.
   */
  setLevel(directives: string): readonly string[] {
    return this.#logging.setLevel(directives);
  }

  /** Explains which directive decides about the lines of a target, in a span when one is given. */
  explainLevel(target: string, span?: SpanScope): LevelExplanation {
    return this.#logging.explain(target, span);
  }

  /** Resolves when all that was recorded before has arrived or was counted as dropped. */
  flush(): Promise<void> {
    return this.#pipeline.flush();
  }

  /** Flushes and closes the sinks, once; later records are counted as dropped. Never rejects. */
  shutdown(): Promise<void> {
    return this.#pipeline.shutdown();
  }

  /** The books. */
  health(): Health {
    return {
      spans: this.tracer.counts(),
      logs: { written: this.#pipeline.written },
      propagation: this.#courier.counts(),
      sinkErrors: this.#pipeline.sinkErrors,
      warnings: [...this.#warnings, ...this.#logging.warnings(), ...this.#pipeline.warnings()],
      destinations: this.#pipeline.health(),
    };
  }

  /** Flushes and closes: `await using telemetry = createTelemetry(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #active(): Active | undefined {
    return this.#pipeline.store.get() as Active | undefined;
  }

  #isIdle(): boolean {
    return this.#pipeline.onSpan === undefined && this.#pipeline.onLog === undefined;
  }

  /** The context of a request: a transaction id is taken from it, or made. */
  #atEdge(headers: Headers): Context {
    const context = this.extract(headers);
    const { transaction } = this.#options;
    if (transaction === undefined || context.transactionId !== undefined) return context;
    const given = transaction.header === undefined
      ? undefined
      : acceptTransactionId(getFrom(headers, transaction.header));
    return new Context(
      context.parent,
      context.baggage,
      given ?? newTransactionId(this.#random),
    );
  }

  #serverParts(): ServerParts {
    const { runtime, isStreamed } = this.#options;
    return {
      host: this.tracer,
      store: this.#pipeline.store,
      isEnabled: !this.#isIdle(),
      extract: (headers) => this.#atEdge(headers),
      remember: (request, span) => this.#requestSpans.set(request, span),
      spanOf: (request) => this.#requestSpans.get(request),
      isStreamed: isStreamed ?? looksStreamed,
      flush: runtime.hasBackgroundTimers === false ? () => this.flush() : undefined,
    };
  }

  #makeFetch(): TracedFetch {
    const isTarget = targetsOf(this.#options.propagateTo);
    const send = this.#options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    if (this.#isIdle()) return (input, init) => send(input, init);
    return tracedFetch({
      host: this.tracer,
      fetch: send,
      active: () => this.#active(),
      inject: (carrier, active) => this.inject(carrier, active),
      isTarget,
    });
  }
}

/**
 * Makes the logs and traces of one service.
 *
 * @example Logs and a span
 * ```ts
 * import { createTelemetry, memory } from "./mod.ts";
 *
 * const sink = memory();
 * const telemetry = createTelemetry({ service: "orders", sinks: [sink] });
 * const { log, span } = telemetry;
 *
 * const total = span("price order", { items: 3 }, (order) => {
 *   order.log.info("priced", { total: 42 });
 *   return 42;
 * });
 * log.info("done", { total });
 * await telemetry.shutdown();
 * ```
 *
 * @throws {TypeError | RangeError} When an option is wrong: it says which, what was given, and what
 * is allowed. Nothing throws after this.
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  return new Telemetry(options);
}
