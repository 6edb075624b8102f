/** What is to be called before the process ends by an error that nobody handles. */
const lasts = new Set<() => void | Promise<void>>();
/** How long all of it may take. */
const LAST_MS = 3000;
let isListening = false;
let isEnding = false;

/**
 * Calls `last` when an error or rejection reaches the top and nobody handles it, then ends the
 * process as that would have: the error on standard error, exit code 1. Who listens to `error` or
 * `unhandledrejection` and prevents the default is left alone.
 */
export function flushOnErrors(last: () => void | Promise<void>): void {
  lasts.add(last);
  if (isListening) return;
  isListening = true;
  globalThis.addEventListener("error", onUncaught);
  globalThis.addEventListener("unhandledrejection", onUncaught);
}

function onUncaught(event: Event & { readonly error?: unknown; readonly reason?: unknown }): void {
  if (event.defaultPrevented || isEnding) return;
  let isHandled = false;
  const prevent = event.preventDefault.bind(event);
  // Prevented at once, since the process would end before anything could be sent; whether one of
  // the program's own listeners does so too is known when all were called.
  Object.defineProperty(event, "preventDefault", {
    value() {
      isHandled = true;
      prevent();
    },
  });
  prevent();
  queueMicrotask(async () => {
    if (isHandled || isEnding) return;
    isEnding = true;
    console.error("error: Uncaught", event.error ?? event.reason);
    const all = Promise.allSettled([...lasts].map((last) => last()));
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, LAST_MS))]);
    Deno.exit(1);
  });
}
