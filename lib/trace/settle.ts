/** What is ended: a span, or what is known of one. */
export interface Ending {
  /** The work has failed; the end follows. */
  fail(thrown: unknown): unknown;
  /** It has come to its end. */
  end(): void;
  /** Something happened within. */
  addEvent(name: string): unknown;
}

/** Calls a part of the work with the span active. */
export type Step = <T>(work: () => T) => T;

/**
 * Ends a span with what is still to be read of `result`, and gives what the user is to have in its
 * place; undefined when that is all there is.
 */
export type EndWithBody = (span: Ending, result: unknown, step: Step) => unknown;

/**
 * Ends a span when what its callback gave is done: at once for a plain value, when a promise
 * settles, and by `ofBody` with what is still to be read. Gives back what the user is to have. An
 * error goes on as it is.
 */
export function endWith<R>(span: Ending, result: R, step: Step, ofBody?: EndWithBody): R {
  if (typeof (result as { then?: unknown } | undefined)?.then === "function") {
    return (result as unknown as PromiseLike<unknown>).then(
      // A promise may give a stream or a generator, which is where the work goes on.
      (value) => endWith(span, value, step, ofBody),
      (thrown) => {
        endFailed(span, thrown);
        throw thrown;
      },
    ) as R;
  }
  const body = ofBody?.(span, result, step);
  if (body) return body as R;
  span.end();
  return result;
}

/** What a thrown error does: the exception, status error, the end. */
export function endFailed(span: Ending, thrown: unknown): void {
  span.fail(thrown);
  span.end();
}
