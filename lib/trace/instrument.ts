import type { Attributes } from "../core/attributes.ts";
import type { Level } from "../core/level.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { Active } from "../context/context.ts";
import type { Logger } from "../log/logger.ts";
import type { SpanKind } from "./options.ts";
import { isBody, untilRead } from "./body.ts";
import { type Ending, endWith } from "./settle.ts";
import type { Span } from "./span.ts";
import { timed } from "./timed.ts";
import type { Tracer } from "./tracer.ts";

/** What {@linkcode instrument} needs: a `Telemetry`. */
export interface InstrumentHost {
  /** Starts the spans. */
  readonly tracer: Tracer;
  /** Writes the lines, and says which levels are wanted. */
  readonly log: Logger;
  /** The same for a target. */
  logger(target: string): Logger;
}

/** A function of any kind. */
export type AnyFunction = (...args: never[]) => unknown;

/**
 * How a function is instrumented: the options of `#[instrument]` of Rust's tracing, as far as a
 * language without macros can have them.
 */
export interface InstrumentOptions<A extends unknown[] = unknown[]> {
  /** The span's name; default the function's. */
  readonly name?: string;
  /** The span's kind; default internal. */
  readonly kind?: SpanKind;
  /**
   * The part of the program: the scope of the spans, which sampling rules name, and the target of
   * `level` and of the lines; default the service.
   */
  readonly target?: string;
  /** No span is made where lines of this level are not written; default always. */
  readonly level?: Level;
  /**
   * The parent, in place of the active span: a context, or a function of the arguments. One that
   * throws or gives nothing leaves the active span.
   */
  readonly parent?: Active | SpanContext | ((...args: A) => Active | SpanContext | undefined);
  /** Spans this one follows from without being their child: links. */
  readonly followsFrom?: SpanContext | readonly SpanContext[];
  /** The names of the arguments in order; those named are recorded as attributes. */
  readonly args?: readonly string[];
  /** Names of arguments that are not recorded. */
  readonly skip?: readonly string[];
  /**
   * More attributes: an object, or a function of the arguments. A name whose value is undefined is
   * recorded later, by `span.setAttribute`; others may be set as well.
   */
  readonly fields?: Attributes | ((...args: A) => Attributes);
  /** Records how long it was busy and idle: see {@linkcode timed}. Default not. */
  readonly busy?: boolean;
  /** Writes a line when it fails, at this level; true: "error". The span has the error anyway. */
  readonly err?: boolean | Level;
  /**
   * Writes a line with what it returned, at this level; true: "info". Not when it fails, and not for
   * a generator or a stream.
   */
  readonly ret?: boolean | Level;
}

/**
 * Wraps a function so that each call is a span. It takes, returns and throws what it did before; the
 * span ends when a promise settles, or a generator or stream has been read.
 */
export function instrument<F extends AnyFunction>(
  host: InstrumentHost,
  fn: F,
  options: InstrumentOptions<Parameters<F>> = {},
): F {
  const { level, target, followsFrom } = options;
  const name = options.name ?? (fn.name || "anonymous");
  const tracer = target === undefined ? host.tracer : host.tracer.scoped(target);
  const log = target === undefined ? host.log : host.logger(target);
  const links = (followsFrom === undefined ? [] : [followsFrom].flat() as SpanContext[])
    .map((context) => ({ context }));
  const wrapped = function (this: unknown, ...args: Parameters<F>): unknown {
    if (level !== undefined && !log.isEnabled(level)) return fn.apply(this, args);
    const work = (span: Span) =>
      reported(log.within(span), name, () => fn.apply(this, args), options);
    return tracer.span(
      {
        name,
        kind: options.kind,
        context: parentOf(options, args),
        links,
        attributes: () => fieldsOf(options, args),
      },
      options.busy === true ? timed(work) : work,
    );
  };
  Object.defineProperty(wrapped, "name", { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, "length", { value: fn.length, configurable: true });
  return wrapped as F;
}

function parentOf<A extends unknown[]>(
  { parent }: InstrumentOptions<A>,
  args: A,
): Active | undefined {
  try {
    return (typeof parent === "function" ? parent(...args) : parent) as Active | undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf<A extends unknown[]>(options: InstrumentOptions<A>, args: A): Attributes {
  const fields: Record<string, unknown> = {};
  options.args?.forEach((name, index) => {
    if (options.skip?.includes(name) !== true) fields[name] = args[index];
  });
  const own = typeof options.fields === "function" ? options.fields(...args) : options.fields;
  return Object.assign(fields, own);
}

/** Calls the work and writes the lines that were asked for. */
function reported<A extends unknown[]>(
  log: Logger,
  name: string,
  work: () => unknown,
  { err, ret }: InstrumentOptions<A>,
): unknown {
  const onError = levelOf(err, "error");
  const onReturn = levelOf(ret, "info");
  if (onError === undefined && onReturn === undefined) return work();
  const ending: Ending = {
    fail: (thrown) => onError && log.log(onError, `${name} failed`, asFields(thrown)),
    addEvent() {},
    end() {},
  };
  const returned = (value: unknown) => {
    if (isBody(value)) return endWith(ending, value, (step) => step(), untilRead);
    if (onReturn !== undefined) log.log(onReturn, `${name} returned`, { return: value });
    return value;
  };
  try {
    const result = work();
    if (!isThenable(result)) return returned(result);
    return result.then(returned, (thrown) => {
      ending.fail(thrown);
      throw thrown;
    });
  } catch (thrown) {
    ending.fail(thrown);
    throw thrown;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}

function levelOf(given: boolean | Level | undefined, whenTrue: Level): Level | undefined {
  return given === true ? whenTrue : given === false ? undefined : given;
}

function asFields(thrown: unknown): Error | Attributes {
  return thrown instanceof Error ? thrown : { error: thrown };
}

/** A standard decorator of a method (ECMAScript decorators, stage 3). */
export type MethodDecorator = <F extends AnyFunction>(
  method: F,
  context: ClassMethodDecoratorContext,
) => F;

/** Makes `@instrument({ … })` for methods. */
export function instrumentDecorator(
  host: InstrumentHost,
  options: InstrumentOptions,
): MethodDecorator {
  return (method, context) => {
    if (context.kind !== "method") {
      throw new TypeError(`@instrument is on a ${context.kind}, allowed is a method`);
    }
    return instrument(host, method, {
      ...options as InstrumentOptions<Parameters<typeof method>>,
      name: options.name ?? String(context.name),
    });
  };
}
