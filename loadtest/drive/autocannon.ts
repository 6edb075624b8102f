import autocannon from "autocannon";
import type { Driver, Load, Slot } from "./driver.ts";

/** The part of autocannon's client that is used here. */
interface Client {
  _doRequest(): void;
  readonly conn: { readonly connecting: boolean; once(event: "connect", on: () => void): void };
}

/** The part of autocannon's instance that is used here. */
interface Instance {
  on(event: "response", listener: (client: Client, status: number) => void): void;
  on(event: "reqError", listener: () => void): void;
  stop(): void;
}

type Start = (options: Record<string, unknown>, done: (error: Error | null) => void) => Instance;

/** Longer than any run: a slot is ended by its load. */
const FAR_SECONDS = 86_400;
/** autocannon looks whether it was stopped only when it samples. */
const STOP_CHECK_MS = 10;
/** A request that is not answered within this time after the slot's end is an error. */
const ANSWER_MS = 10_000;

/** A request that is sent later than this is the generator's fault. */
const LATE_MS = 1;

/** The slot that runs. */
interface Running {
  readonly load: Load;
  readonly startMs: number;
  readonly onLatencyUs: (latencyUs: number) => void;
  /** When the requests on their way were due. */
  readonly due: Map<Client, number>;
  /** The next arrival. */
  next: number;
  requests: number;
  errors: number;
  late: number;
  /** When there was last a request due and no connection free. */
  fullMs: number;
  lastMs: number;
  end: () => void;
}

/**
 * Drives a URL with autocannon's clients, and puts three faults of theirs right: a rate is sent as
 * arrivals instead of in bursts a second; latency counts from the moment a request was due, in
 * microseconds, instead of from when it was sent, in milliseconds; and nothing is "corrected" by
 * samples that were never taken. To pace them, each client's own method that sends is held until
 * the load wants a request.
 *
 * @throws {TypeError} When autocannon's client is not made as this expects.
 */
export async function autocannonDriver(url: string, connections: number): Promise<Driver> {
  const idle: Client[] = [];
  const send = new Map<Client, () => void>();
  let running: Running | undefined;
  let failed: Error | undefined;
  const ready: Promise<void>[] = [];
  const hold = (client: Client) => {
    if (typeof client._doRequest !== "function") {
      throw new TypeError("autocannon's client has no _doRequest, which pacing needs");
    }
    send.set(client, client._doRequest.bind(client));
    let isFirst = true;
    client._doRequest = () => {
      idle.push(client);
      if (isFirst && client.conn.connecting) {
        ready.push(new Promise((resolve) => client.conn.once("connect", resolve)));
      }
      isFirst = false;
      if (running?.load.mode === "closed") fill();
    };
  };
  let stopped: () => void;
  const hasStopped = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const instance = (autocannon as unknown as Start)(
    {
      url,
      connections,
      duration: FAR_SECONDS,
      timeout: FAR_SECONDS,
      sampleInt: STOP_CHECK_MS,
      setupClient: hold,
    },
    (error) => {
      if (error !== null && error !== undefined) failed = error;
      stopped();
    },
  );
  /** Sends what is due over connections that are free. */
  const fill = () => {
    const slot = running;
    if (slot === undefined) return;
    const nowMs = performance.now() - slot.startMs;
    const { load } = slot;
    if (load.mode === "closed") {
      while (idle.length > 0 && nowMs < load.durationMs) begin(slot, nowMs);
      return;
    }
    const { arrivalsMs } = load;
    while (slot.next < arrivalsMs.length && arrivalsMs[slot.next] <= nowMs && idle.length > 0) {
      const dueMs = arrivalsMs[slot.next++];
      // While every connection waits for the server, it is the server that is late.
      if (nowMs - Math.max(dueMs, slot.fullMs) > LATE_MS) slot.late++;
      begin(slot, dueMs);
    }
    if (idle.length === 0) slot.fullMs = nowMs;
  };
  const begin = (slot: Running, dueMs: number) => {
    const client = idle.pop()!;
    slot.due.set(client, dueMs);
    send.get(client)!();
  };
  instance.on("response", (client, status) => {
    const slot = running;
    const dueMs = slot?.due.get(client);
    if (slot === undefined || dueMs === undefined) return;
    slot.due.delete(client);
    slot.requests++;
    if (status >= 400) slot.errors++;
    slot.lastMs = performance.now() - slot.startMs;
    slot.onLatencyUs(Math.max(1, Math.round((slot.lastMs - dueMs) * 1000)));
  });
  instance.on("reqError", () => {
    if (running !== undefined) running.errors++;
  });
  await Promise.all(ready);
  if (failed !== undefined) throw failed;
  return {
    slot: async (load, onLatencyUs) => {
      const slot: Running = {
        load,
        onLatencyUs,
        startMs: performance.now(),
        due: new Map(),
        next: 0,
        requests: 0,
        errors: 0,
        late: 0,
        fullMs: -Infinity,
        lastMs: 0,
        end: () => {},
      };
      running = slot;
      await paced(slot, fill);
      running = undefined;
      return {
        requests: slot.requests,
        errors: slot.errors + slot.due.size,
        seconds: slot.lastMs / 1000,
        late: slot.late,
      };
    },
    close: async () => {
      instance.stop();
      await hasStopped;
    },
  };
}

/**
 * Runs a slot to its end. The generator has a core of its own and stays awake on it: a timer is no
 * finer than a millisecond, and a server that has to wake its client pays for that.
 */
function paced(slot: Running, fill: () => void): Promise<void> {
  const { load } = slot;
  const endMs = load.mode === "closed" ? load.durationMs : load.arrivalsMs.at(-1) ?? 0;
  return new Promise((resolve) => {
    const turn = () => {
      fill();
      const nowMs = performance.now() - slot.startMs;
      const isSent = load.mode === "closed"
        ? nowMs >= load.durationMs
        : slot.next === load.arrivalsMs.length;
      const isOver = isSent && (slot.due.size === 0 || nowMs > endMs + ANSWER_MS);
      if (isOver) resolve();
      else setImmediate(turn);
    };
    turn();
  });
}
