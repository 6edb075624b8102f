/** What a platform gives to end well by. */
export interface ProcessEnd {
  /** Calls `on` when a signal comes; gives what takes that back. */
  readonly listen: (signal: EndSignal, on: () => void) => () => void;
  /** Sends the signal to this process again. */
  readonly raise: (signal: EndSignal) => void;
}

/** The signals that ask a process to end. */
export type EndSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

type Last = () => void | Promise<void>;

/** What is to be done before the process ends by a signal: that of every telemetry in it. */
const lasts = new Map<EndSignal, Set<Last>>();

/**
 * Calls `last` when a signal comes, and when that of all who asked is done lets the signal do what it
 * would have done: the process ends by it, unless the program listens to it as well. A second signal
 * is not waited with.
 */
export function flushOnSignals(
  signals: readonly EndSignal[],
  last: Last,
  { listen, raise }: ProcessEnd,
): void {
  for (const signal of signals) {
    const others = lasts.get(signal);
    if (others !== undefined) {
      others.add(last);
      continue;
    }
    const all = new Set([last]);
    lasts.set(signal, all);
    const forget = listen(signal, async () => {
      // Taken back first: a second signal ends the process at once.
      forget();
      lasts.delete(signal);
      await Promise.allSettled([...all].map((one) => one()));
      raise(signal);
    });
  }
}
