/** A steady load. */
export interface SteadyLoad {
  readonly counts: () => { readonly answered: number; readonly failed: number };
  /** Sends no more, and waits for what is on its way. */
  stop(): Promise<void>;
}

/** How often requests are sent that have become due. */
const TICK_MS = 20;
/** On their way at most: when the server stalls, what is due meanwhile is let go. */
const AT_ONCE = 64;

/** Asks for a URL at a rate, with a core to spare for others: nothing is timed here. */
export function load(url: string, ratePerS: number): SteadyLoad {
  const startMs = performance.now();
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;
  let failed = 0;
  const ask = async () => {
    try {
      const response = await fetch(url);
      await response.bytes();
      if (response.ok) answered++;
      else failed++;
    } catch {
      failed++;
    }
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * ratePerS);
    for (; sent < due; sent++) {
      if (pending.size >= AT_ONCE) continue;
      const request = ask();
      pending.add(request);
      void request.then(() => pending.delete(request));
    }
  }, TICK_MS);
  return {
    counts: () => ({ answered, failed }),
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}
