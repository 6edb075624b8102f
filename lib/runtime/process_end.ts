/** What a platform gives to end well by. */
export interface ProcessEnd {
  /** Calls `on` when a signal comes; gives what takes that back. */
  readonly listen: (signal: EndSignal, on: () => void) => () => void;
  /** Sends the signal to this process again. */
  readonly raise: (signal: EndSignal) => void;
}

/** The signals that ask a process to end. */
export type EndSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

/**
 * Calls `last` when a signal comes, and when that is done lets the signal do what it would have
 * done: the process ends by it, unless the program listens to it as well. A second signal is not
 * waited with.
 */
export function flushOnSignals(
  signals: readonly EndSignal[],
  last: () => void | Promise<void>,
  { listen, raise }: ProcessEnd,
): void {
  for (const signal of signals) {
    const forget = listen(signal, async () => {
      // Taken back first: a second signal ends the process at once.
      forget();
      await last();
      raise(signal);
    });
  }
}
