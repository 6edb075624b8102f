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
  if (typeof result !== "object" || result === null) {
    span.end();
    return result;
  }
  if (typeof (result as { then?: unknown }).then === "function") {
    return endWithPromise(span, result as unknown as PromiseLike<unknown>, step) as R;
  }
  if (isReadableStream(result)) return endWithStream(span, result, step) as R;
  switch (Object.prototype.toString.call(result)) {
    case "[object Generator]":
      return endWithGenerator(span, result as unknown as Generator, step) as R;
    case "[object AsyncGenerator]":
      return endWithAsyncGenerator(span, result as unknown as AsyncGenerator, step) as R;
  }
  span.end();
  return result;
}

/** What a thrown error does: the exception, status error, the end. */
export function endFailed(span: Ending, thrown: unknown): void {
  span.fail(thrown);
  span.end();
}

function endWithPromise(
  span: Ending,
  promise: PromiseLike<unknown>,
  step: <T>(work: () => T) => T,
): PromiseLike<unknown> {
  return promise.then(
    (value) => isBody(value) ? endWith(span, value, step) : (span.end(), value),
    (thrown) => {
      endFailed(span, thrown);
      throw thrown;
    },
  );
}

/** A promise may give a stream or a generator, which is where the work goes on. */
export function isBody(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isReadableStream(value)) return true;
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Generator]" || tag === "[object AsyncGenerator]";
}

function* endWithGenerator(
  span: Ending,
  source: Generator,
  step: <T>(work: () => T) => T,
): Generator {
  let isDone = false;
  try {
    let input: unknown;
    let failure: { thrown: unknown } | undefined;
    while (true) {
      const { done, value } = step(() =>
        failure === undefined ? source.next(input) : source.throw(failure.thrown)
      );
      if (done) {
        isDone = true;
        return value;
      }
      failure = undefined;
      try {
        input = yield value;
      } catch (thrown) {
        // The reader threw into the generator, which may catch it.
        failure = { thrown };
      }
    }
  } catch (thrown) {
    isDone = true;
    span.fail(thrown);
    throw thrown;
  } finally {
    if (!isDone) step(() => source.return(undefined));
    span.end();
  }
}

async function* endWithAsyncGenerator(
  span: Ending,
  source: AsyncGenerator,
  step: <T>(work: () => T) => T,
): AsyncGenerator {
  let isDone = false;
  try {
    let input: unknown;
    let failure: { thrown: unknown } | undefined;
    while (true) {
      const { done, value } = await step(() =>
        failure === undefined ? source.next(input) : source.throw(failure.thrown)
      );
      if (done) {
        isDone = true;
        return value;
      }
      failure = undefined;
      try {
        input = yield value;
      } catch (thrown) {
        failure = { thrown };
      }
    }
  } catch (thrown) {
    isDone = true;
    span.fail(thrown);
    throw thrown;
  } finally {
    if (!isDone) await step(() => source.return(undefined));
    span.end();
  }
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
