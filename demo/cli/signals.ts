/** What ends a program. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** Settles when the signal is aborted. */
  readonly aborted: Promise<void>;
  /** Gives the signals of the system back. */
  release(): void;
}

/** A signal that is aborted by Ctrl-C or SIGTERM. */
export function untilSignal(): Stopping {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  return {
    signal: stopping.signal,
    aborted: new Promise((resolve) => stopping.signal.addEventListener("abort", () => resolve())),
    release() {
      Deno.removeSignalListener("SIGINT", stop);
      Deno.removeSignalListener("SIGTERM", stop);
    },
  };
}
