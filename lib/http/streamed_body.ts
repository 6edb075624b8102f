/** How a body came to its end. */
export type BodyEnd =
  /** It was read to its end. */
  | { readonly kind: "consumed" }
  /** Whoever read it has gone. */
  | { readonly kind: "cancelled" }
  /** Nobody has read it for so long that its reader must have gone. */
  | { readonly kind: "unread" }
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
  // By far the most common; a look at a header costs half a microsecond.
  if (type === "application/json") return false;
  const isLikely = (type === null ? isTypeTold() : STREAM_TYPE.test(type)) ||
    headers.has("transfer-encoding");
  return isLikely && response.url === "" && !headers.has("content-length");
}

let typeIsTold: boolean | undefined;

/** False in Bun, where a text has no Content-Type until it is sent: there none says nothing. */
function isTypeTold(): boolean {
  return typeIsTold ??= new Response("").headers.has("content-type");
}

/** A response whose body is watched. */
export interface WatchedResponse {
  /** The same response, with another body. */
  readonly response: Response;
  /**
   * Resolves when the body has ended. A piece that nobody has asked for after so long ends it: Workers
   * tell a stream nothing of a reader that goes away between two pieces, or before the first.
   */
  readonly ended: (unreadMs: number) => Promise<void>;
}

/**
 * Watches a response's body come to its end. Nothing is read before it is asked for.
 *
 * @param run Calls the body's source, with whatever is to be active in it.
 * @param onEnd Called once.
 */
export function watchBody(
  response: Response,
  run: <R>(work: () => R) => R,
  onEnd: (how: BodyEnd) => void,
): WatchedResponse {
  const body = new WatchedBody(response.body!.getReader(), run, onEnd);
  return {
    response: new Response(new ReadableStream<Uint8Array>(body, { highWaterMark: 0 }), response),
    ended: (unreadMs) => body.ended(unreadMs),
  };
}

class WatchedBody implements UnderlyingDefaultSource<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #run: <R>(work: () => R) => R;
  #onEnd: ((how: BodyEnd) => void) | undefined;
  #onSettled = () => {};
  /** How often a piece was asked for. */
  #pulls = 0;
  #isPulling = false;

  constructor(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    run: <R>(work: () => R) => R,
    onEnd: (how: BodyEnd) => void,
  ) {
    this.#reader = reader;
    this.#run = run;
    this.#onEnd = onEnd;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#pulls++;
    this.#isPulling = true;
    let chunk: ReadableStreamReadResult<Uint8Array>;
    try {
      chunk = await this.#run(() => this.#reader.read());
    } catch (error) {
      this.#end({ kind: "failed", error });
      throw error;
    }
    this.#isPulling = false;
    if (!chunk.done) return controller.enqueue(chunk.value);
    this.#end({ kind: "consumed" });
    controller.close();
  }

  async cancel(reason: unknown): Promise<void> {
    this.#end({ kind: "cancelled" });
    await this.#run(() => this.#reader.cancel(reason));
  }

  #end(how: BodyEnd): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(how);
    this.#onSettled();
  }

  async ended(unreadMs: number): Promise<void> {
    const settled = new Promise<void>((resolve) => {
      this.#onSettled = resolve;
    });
    while (this.#onEnd !== undefined) {
      const pulls = this.#pulls;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const waited = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, unreadMs);
      });
      await Promise.race([settled, waited]);
      clearTimeout(timer);
      // While its source takes its time, somebody waits for a piece.
      if (pulls === this.#pulls && !this.#isPulling) this.#end({ kind: "unread" });
    }
  }
}
