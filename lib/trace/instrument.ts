import type { Attributes } from "../core/attributes.ts";
import type { Level } from "../core/level.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { Active } from "../context/context.ts";
import type { SpanKind, SpanOptions } from "./options.ts";
import type { Span } from "./span.ts";

/** What {@linkcode instrument} needs of a telemetry. */
export interface InstrumentHost {
  /** Runs a callback in a span. */
  span<R>(options: SpanOptions, callback: (span: Span) => R): R;
  /** Asked whether spans of a level are wanted. */
  readonly log: { isEnabled(level: Level): boolean };
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
  /** The part of the program, as attribute `code.namespace`. */
  readonly target?: string;
  /** No span is made where lines of this level are not written; default always. */
  readonly level?: Level;
  /** The parent, in place of the active span: a context, or a function of the arguments. */
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
  /** Writes a line when it fails, at this level; true: "error". The span has the error anyway. */
  readonly err?: boolean | Level;
  /** Writes a line with what it returned, at this level; true: "info". Not when it fails. */
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
  const { level, err, ret, parent, followsFrom } = options;
  const name = options.name ?? (fn.name || "anonymous");
  const links = followsFrom === undefined
    ? undefined
    : (Array.isArray(followsFrom)
      ? followsFrom as readonly SpanContext[]
      : [followsFrom as SpanContext])
      .map((context) => ({ context }));
  const wrapped = function (this: unknown, ...args: Parameters<F>): unknown {
    if (level !== undefined && !host.log.isEnabled(level)) return fn.apply(this, args);
    const context = typeof parent === "function" ? parent(...args) : parent;
    return host.span(
      {
        name,
        kind: options.kind,
        context: context as Active | undefined,
        links,
        attributes: () => fieldsOf(options, args),
      },
      (span) => reported(span, () => fn.apply(this, args), err, ret),
    );
  };
  Object.defineProperty(wrapped, "name", { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, "length", { value: fn.length, configurable: true });
  return wrapped as F;
}

function fieldsOf<A extends unknown[]>(options: InstrumentOptions<A>, args: A): Attributes {
  const fields: Record<string, unknown> = {};
  if (options.target !== undefined) fields["code.namespace"] = options.target;
  options.args?.forEach((name, index) => {
    if (options.skip?.includes(name) !== true) fields[name] = args[index];
  });
  const own = typeof options.fields === "function" ? options.fields(...args) : options.fields;
  return Object.assign(fields, own);
}

/** Calls the work and writes the lines that were asked for. */
function reported(
  span: Span,
  work: () => unknown,
  err: InstrumentOptions["err"],
  ret: InstrumentOptions["ret"],
): unknown {
  const onError = levelOf(err, "error");
  const onReturn = levelOf(ret, "info");
  if (onError === undefined && onReturn === undefined) return work();
  const failed = (thrown: unknown) => {
    if (onError !== undefined) {
      span.log.log(onError, `${span.name} failed`, asFields(thrown));
    }
  };
  const returned = (value: unknown) => {
    if (onReturn !== undefined) span.log.log(onReturn, `${span.name} returned`, { return: value });
  };
  let result: unknown;
  try {
    result = work();
  } catch (thrown) {
    failed(thrown);
    throw thrown;
  }
  if (!(result instanceof Promise)) {
    returned(result);
    return result;
  }
  return result.then((value) => {
    returned(value);
    return value;
  }, (thrown) => {
    failed(thrown);
    throw thrown;
  });
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
