// Classes of the platform, looked up once: each look at such a global costs 15 ns in Deno. Not when
// this is loaded, since some platforms have not all of them.
let headers: typeof Headers | undefined;
let stream: typeof ReadableStream | undefined;
let request: typeof Request | undefined;

/** Says whether a value is the platform's `Headers`. */
export function isHeaders(value: unknown): value is Headers {
  return value instanceof (headers ??= Headers);
}

/** Says whether a value is the platform's `ReadableStream`. */
export function isReadableStream(value: unknown): value is ReadableStream {
  return value instanceof (stream ??= ReadableStream);
}

/** Says whether a value is the platform's `Request`. */
export function isRequest(value: unknown): value is Request {
  return value instanceof (request ??= Request);
}
