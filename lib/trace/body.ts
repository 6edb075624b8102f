import { isReadableStream } from "../core/platform.ts";
import { endFailed, type Ending, type Step } from "./settle.ts";

/**
 * Ends a span when a generator or a stream that its callback gave has been read to its end, was left
 * or has failed: for `createTracer`'s `bodies`. In `createTelemetry` it is always so.
 */
export function untilRead(span: Ending, result: unknown, step: Step): unknown {
  if (isReadableStream(result)) return endWithStream(span, result, step);
  return isBody(result) ? endWithGenerator(span, result as Generator, step) : undefined;
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
  step: Step,
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
  step: Step,
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
