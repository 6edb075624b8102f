import autocannon from "autocannon";

/** What a slot of load came to. */
export interface Slot {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
}

/** The part of autocannon's instance that is used here. */
interface Instance {
  on(
    event: "response",
    listener: (client: unknown, status: number, bytes: number, responseMs: number) => void,
  ): void;
  on(event: "reqError", listener: () => void): void;
  stop(): void;
}

type Start = (options: Record<string, unknown>, done: (error: Error | null) => void) => Instance;

/** Longer than any slot: the slot's own timer ends it. */
const FAR_SECONDS = 3600;
/** autocannon looks whether it was stopped only when it samples. */
const STOP_CHECK_MS = 10;

/**
 * Drives a URL in a closed loop for `slotMs`. Latencies are taken from the client's own event in
 * microseconds, since autocannon's histogram holds whole milliseconds. Without a rate autocannon
 * does not correct for coordinated omission, which is well: its correction invents samples.
 */
export function driveSlot(
  url: string,
  slotMs: number,
  connections: number,
  onLatencyUs: (latencyUs: number) => void,
): Promise<Slot> {
  return new Promise((resolve, reject) => {
    let requests = 0;
    let errors = 0;
    const startMs = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined = undefined;
    const instance = (autocannon as unknown as Start)(
      {
        url,
        connections,
        duration: FAR_SECONDS,

        sampleInt: STOP_CHECK_MS,
      },
      (error) => {
        clearTimeout(timer);
        if (error !== null && error !== undefined) reject(error);
        else resolve({ requests, errors, seconds: (performance.now() - startMs) / 1000 });
      },
    );
    instance.on("response", (_client, status, _bytes, responseMs) => {
      requests++;
      if (status >= 400) errors++;
      onLatencyUs(Math.max(1, Math.round(responseMs * 1000)));
    });
    instance.on("reqError", () => errors++);
    timer = setTimeout(() => instance.stop(), slotMs);
  });
}
