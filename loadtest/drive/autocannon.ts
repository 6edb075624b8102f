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
  /** Milliseconds of turns of the event loop in which there was something to do. */
  busyMs: number;
  /** When there was last a request due and no connection free. */
  fullMs: number;
  lastMs: number;
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
  const clients = new PacedClients();
  let failed: Error | undefined;
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
      setupClient: (client: Client) => clients.hold(client),
    },
    (error) => {
      if (error !== null && error !== undefined) failed = error;
      stopped();
    },
  );
  instance.on("response", (client, status) => clients.answered(client, status));
  instance.on("reqError", () => clients.failed());
  await clients.ready();
  if (failed !== undefined) throw failed;
  return {
    slot: (load, onLatencyUs) => clients.run(load, onLatencyUs),
    close: async () => {
      instance.stop();
      await hasStopped;
    },
  };
}

/** autocannon's clients, each held until the load wants a request of it. */
class PacedClients {
  readonly #idle: Client[] = [];
  readonly #send = new Map<Client, () => void>();
  readonly #connected: Promise<void>[] = [];
  #running: Running | undefined;

  /** Takes over when a client sends. */
  hold(client: Client): void {
    if (typeof client._doRequest !== "function") {
      throw new TypeError("autocannon's client has no _doRequest, which pacing needs");
    }
    this.#send.set(client, client._doRequest.bind(client));
    let isFirst = true;
    client._doRequest = () => {
      this.#idle.push(client);
      if (isFirst && client.conn.connecting) {
        this.#connected.push(new Promise((resolve) => client.conn.once("connect", resolve)));
      }
      isFirst = false;
      if (this.#running?.load.mode === "closed") this.#fill();
    };
  }

  /** Resolves when every client has its connection. */
  async ready(): Promise<void> {
    await Promise.all(this.#connected);
  }

  answered(client: Client, status: number): void {
    const slot = this.#running;
    const dueMs = slot?.due.get(client);
    if (slot === undefined || dueMs === undefined) return;
    slot.due.delete(client);
    slot.requests++;
    if (status >= 400) slot.errors++;
    slot.lastMs = performance.now() - slot.startMs;
    slot.onLatencyUs(Math.max(1, Math.round((slot.lastMs - dueMs) * 1000)));
  }

  failed(): void {
    if (this.#running !== undefined) this.#running.errors++;
  }

  async run(load: Load, onLatencyUs: (latencyUs: number) => void): Promise<Slot> {
    const slot: Running = {
      load,
      onLatencyUs,
      startMs: performance.now(),
      due: new Map(),
      next: 0,
      requests: 0,
      errors: 0,
      late: 0,
      busyMs: 0,
      fullMs: -Infinity,
      lastMs: 0,
    };
    this.#running = slot;
    await paced(slot, () => this.#fill());
    this.#running = undefined;
    const unsent = load.mode === "open" ? load.arrivalsMs.length - slot.next : 0;
    return {
      requests: slot.requests,
      errors: slot.errors + slot.due.size,
      seconds: slot.lastMs / 1000,
      late: slot.late,
      unsent,
      busy: Math.min(1, slot.busyMs / Math.max(1, slot.lastMs)),
    };
  }

  /** Sends what is due over connections that are free. */
  #fill(): void {
    const slot = this.#running;
    if (slot === undefined) return;
    const nowMs = performance.now() - slot.startMs;
    const { load } = slot;
    const idle = this.#idle;
    if (load.mode === "closed") {
      while (idle.length > 0 && nowMs < load.durationMs) this.#begin(slot, nowMs);
      return;
    }
    const { arrivalsMs } = load;
    while (slot.next < arrivalsMs.length && arrivalsMs[slot.next] <= nowMs && idle.length > 0) {
      const dueMs = arrivalsMs[slot.next++];
      // While every connection waits for the server, it is the server that is late.
      if (nowMs - Math.max(dueMs, slot.fullMs) > LATE_MS) slot.late++;
      this.#begin(slot, dueMs);
    }
    if (idle.length === 0) slot.fullMs = nowMs;
  }

  #begin(slot: Running, dueMs: number): void {
    const client = this.#idle.pop()!;
    slot.due.set(client, dueMs);
    this.#send.get(client)!();
  }
}

/**
 * Runs a slot to its end. The generator has a core of its own and stays awake on it: a timer is no
 * finer than a millisecond, and a server that has to wake its client pays for that.
 */
function paced(slot: Running, fill: () => void): Promise<void> {
  const { load } = slot;
  const endMs = load.mode === "closed" ? load.durationMs : load.arrivalsMs.at(-1) ?? 0;
  return new Promise((resolve) => {
    let eventsBefore = 0;
    let beforeMs = 0;
    const turn = () => {
      fill();
      const nowMs = performance.now() - slot.startMs;
      // It is always awake: what it had work for are the turns in which something was sent or came.
      const events = slot.requests * 2 + slot.due.size;
      if (events !== eventsBefore) slot.busyMs += nowMs - beforeMs;
      eventsBefore = events;
      beforeMs = nowMs;
      const isSent = load.mode === "closed"
        ? nowMs >= load.durationMs
        : slot.next === load.arrivalsMs.length;
      const isOver = (isSent && slot.due.size === 0) || nowMs > endMs + ANSWER_MS;
      if (isOver) resolve();
      else setImmediate(turn);
    };
    turn();
  });
}
