import { isReadableStream } from "../core/platform.ts";

/** What is ended: a span, or what is known of one. */
export interface Ending {
  /** The work has failed; the end follows. */
  fail(thrown: unknown): unknown;
  /** It has come to its end. */
  end(): void;
  /** Something happened within. */
  addEvent(name: string): unknown;
}

/**
 * Ends a span when what its callback gave is done: at once for a plain value, when a promise
 * settles, when a generator or a stream has been read to its end, was left or has failed. Gives back
 * what the user is to have. An error goes on as it is.
 *
 * @param step Calls a part of the work with the span active.
 */
export function endWith<R>(span: Ending, result: R, step: <T>(work: () => T) => T): R {
  if (typeof (result as { then?: unknown } | undefined)?.then === "function") {
    return (result as unknown as PromiseLike<unknown>).then(
      // A promise may give a stream or a generator, which is where the work goes on.
      (value) => endWith(span, value, step),
      (thrown) => {
        endFailed(span, thrown);
        throw thrown;
      },
    ) as R;
  }
  if (!isBody(result)) {
    span.end();
    return result;
  }
  return isReadableStream(result)
    ? endWithStream(span, result, step) as R
    : endWithGenerator(span, result as unknown as Generator, step) as R;
}

/** What a thrown error does: the exception, status error, the end. */
export function endFailed(span: Ending, thrown: unknown): void {
  span.fail(thrown);
  span.end();
}

/** True for a stream or a generator, of either kind: what is still to be read. */
export function isBody(value: unknown): boolean {
  return isReadableStream(value) ||
    /Generator\]$/.test(Object.prototype.toString.call(value));
}

/** The same generator, of either kind, and the span ends with it. */
function endWithGenerator(
  span: Ending,
  source: Generator | AsyncGenerator,
  step: <T>(work: () => T) => T,
): Generator | AsyncGenerator {
  let isDone = false;
  const settle = (result: IteratorResult<unknown>) => {
    if (result.done && !isDone) {
      isDone = true;
      span.end();
    }
    return result;
  };
  const failed = (thrown: unknown): never => {
    if (!isDone) endFailed(span, thrown);
    isDone = true;
    throw thrown;
  };
  const call = (method: "next" | "return" | "throw") => (value: unknown) => {
    try {
      const result = step(() => source[method](value));
      return "then" in result ? result.then(settle, failed) : settle(result);
    } catch (thrown) {
      return failed(thrown);
    }
  };
  // To who asks it is still a generator: what it stands for is its prototype.
  return Object.assign(Object.create(source), {
    next: call("next"),
    return: call("return"),
    throw: call("throw"),
  });
}

/** The same chunks, and the span ends with them: at the end, at an error, or when it is cancelled. */
function endWithStream(
  span: Ending,
  source: ReadableStream,
  step: <T>(work: () => T) => T,
): ReadableStream {
  const reader = source.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await step(() => reader.read());
        if (!done) {
          controller.enqueue(value);
          return;
        }
        span.end();
        controller.close();
      } catch (thrown) {
        endFailed(span, thrown);
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      span.addEvent("cancelled");
      span.end();
      await step(() => reader.cancel(reason));
    },
  }, { highWaterMark: 0 });
}
