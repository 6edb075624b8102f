/** A signal that is aborted by Ctrl-C or SIGTERM; `release` gives both back. */
export function untilSignal(): { readonly signal: AbortSignal; release(): void } {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  return {
    signal: stopping.signal,
    release() {
      Deno.removeSignalListener("SIGINT", stop);
      Deno.removeSignalListener("SIGTERM", stop);
    },
  };
}
