/** How a body came to its end. */
export type BodyEnd =
  /** It was read to its end. */
  | { readonly kind: "consumed" }
  /** Whoever read it has gone. */
  | { readonly kind: "cancelled" }
  /** Making it failed. */
  | { readonly kind: "failed"; readonly error: unknown };

const STREAM_TYPE = /^(?:text\/event-stream|multipart\/|application\/(?:x-)?(?:ndjson|jsonl))/i;

/**
 * Guesses whether a response's body is still being made. Its `body` can't be asked: in Deno a look at
 * it turns a text into a stream, at the cost of all else that the server does for it. So: one without
 * Content-Length that has no Content-Type, as a `ReadableStream` has none by itself, one of a type
 * that is made for streams, or one that says it comes in chunks. What `fetch` gave passes untouched.
 */
export function looksStreamed(response: Response): boolean {
  const { headers } = response;
  const type = headers.get("content-type");
  const isLikely = (type === null ? isTypeTold() : STREAM_TYPE.test(type)) ||
    headers.has("transfer-encoding");
  return isLikely && response.url === "" && !headers.has("content-length");
}

let typeIsTold: boolean | undefined;

/** False in Bun, where a text has no Content-Type until it is sent: there none says nothing. */
function isTypeTold(): boolean {
  return typeIsTold ??= new Response("").headers.has("content-type");
}

/**
 * The same response, whose body says when it has come to its end. Nothing is read before it is asked
 * for.
 *
 * @param run Calls the body's source, with whatever is to be active in it.
 * @param onEnd Called once.
 */
export function withBodyEnd(
  response: Response,
  run: <R>(work: () => R) => R,
  onEnd: (how: BodyEnd) => void,
): Response {
  const reader = response.body!.getReader();
  let hasEnded = false;
  const end = (how: BodyEnd) => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(how);
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let chunk: ReadableStreamReadResult<Uint8Array>;
      try {
        chunk = await run(() => reader.read());
      } catch (error) {
        end({ kind: "failed", error });
        throw error;
      }
      if (!chunk.done) return controller.enqueue(chunk.value);
      end({ kind: "consumed" });
      controller.close();
    },
    async cancel(reason) {
      end({ kind: "cancelled" });
      await run(() => reader.cancel(reason));
    },
  }, { highWaterMark: 0 });
  return new Response(body, response);
}
