import { traffic } from "./traffic.ts";

/** What the traffic came to so far. */
export interface Driven {
  readonly sent: number;
  /** Not answered, or with a status from 402, but for 404: declined, out of stock, broken. */
  readonly failures: number;
}

/** Options of {@linkcode drive}. */
export interface DriveOptions {
  /** Where the shop is. */
  readonly url: string;
  readonly seed: number;
  /** Requests a second, at present. */
  readonly rate: () => number;
  /** Undefined: until the signal. */
  readonly durationMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Requests on their way at most: a shop that is too slow is not buried. */
const OPEN_MAX = 200;

/** Sends the seeded traffic at its rate, until the signal or the duration; counts into `driven`. */
export async function drive(
  { url, seed, rate, durationMs, signal }: DriveOptions,
  driven: { -readonly [K in keyof Driven]: Driven[K] },
): Promise<void> {
  const endMs = performance.now() + (durationMs ?? Number.POSITIVE_INFINITY);
  const plan = traffic(seed);
  const open = new Set<Promise<void>>();
  let nextMs = performance.now();
  while (!signal.aborted && performance.now() < endMs) {
    const { method, path, body } = plan.next().value!;
    const one = fetch(url + path, { method, body })
      .then(async (response) => {
        if (response.status >= 402 && response.status !== 404) driven.failures++;
        await response.body?.cancel();
      }, () => void driven.failures++)
      .finally(() => open.delete(one));
    open.add(one);
    driven.sent++;
    if (open.size >= OPEN_MAX) await Promise.race(open);
    // Behind by more than a second, it does not try to make up for it.
    nextMs = Math.max(nextMs + 1000 / rate(), performance.now() - 1000);
    await pause(Math.min(nextMs, endMs) - performance.now(), signal);
  }
  await Promise.all(open);
}

/** Waits, or until the signal. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done);
  });
}
