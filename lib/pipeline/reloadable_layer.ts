import type { DestinationHealth, Layer, Sink, SinkHost } from "../core/seams.ts";
import type { DropReason, SignalHealth } from "../core/tally.ts";
import { pipe } from "./pipe.ts";

/** A layer that can be exchanged while it is in use. */
export type ReloadableLayer = Layer & {
  /** Puts another in its place, from the next record on; what the old one held back is decided. */
  reload(layer?: Layer): void;
};

/** A layer that changes nothing. */
const NOTHING: Layer = () => ({});

/**
 * A layer that can be exchanged at run time: `layer.reload(tail({ keep: [errors()] }))`, or removed
 * by `layer.reload()`. It serves one sink. The books of former layers are kept.
 *
 * @throws {TypeError} When it is used in two pipes, or what is given is not a layer.
 */
export function reloadableLayer(first: Layer = NOTHING): ReloadableLayer {
  let exchange: ((layer: Layer) => void) | undefined;
  check(first);
  let wanted = first;
  const layer: Layer = (next) => {
    if (exchange !== undefined) throw new TypeError("reloadableLayer(): serves one sink already");
    const sink = new Exchangeable(next, wanted);
    exchange = (other) => sink.exchange(other);
    return sink;
  };
  return Object.assign(layer, {
    reload(other: Layer = NOTHING) {
      check(other);
      wanted = other;
      exchange?.(other);
    },
  });
}

function check(layer: unknown): void {
  if (typeof layer !== "function") {
    throw new TypeError(
      `reloadableLayer(): layer is ${typeof layer}, allowed is a layer: (next: Sink) => Sink`,
    );
  }
}

class Exchangeable implements Sink {
  readonly onSpan: Sink["onSpan"];
  readonly onLog: Sink["onLog"];
  readonly onMetrics: Sink["onMetrics"];
  readonly #next: Sink;
  /** The next sink, without what only this layer may do: close it, start it, count it. */
  readonly #shielded: Sink;
  #host: SinkHost | undefined;
  #current: Sink;
  #former: DestinationHealth[] = [];

  constructor(next: Sink, first: Layer) {
    this.#next = next;
    this.#shielded = {
      name: next.name,
      onSpan: next.onSpan?.bind(next),
      onLog: next.onLog?.bind(next),
      onMetrics: next.onMetrics?.bind(next),
      flush: next.flush?.bind(next),
    };
    this.#current = pipe(first, this.#shielded);
    if (next.onSpan !== undefined) this.onSpan = (span) => this.#current.onSpan?.(span);
    if (next.onMetrics !== undefined) {
      this.onMetrics = (metrics) => this.#current.onMetrics?.(metrics);
    }
    if (next.onLog !== undefined) this.onLog = (record) => this.#current.onLog?.(record);
  }

  start(host: SinkHost): void {
    this.#host = host;
    this.#next.start?.(host);
    this.#current.start?.(host);
  }

  exchange(layer: Layer): void {
    const old = this.#current;
    const next = pipe(layer, this.#shielded);
    if (this.#host !== undefined) next.start?.(this.#host);
    this.#current = next;
    // What it decides is decided within the call; only I/O of its own, if any, goes on.
    void old.shutdown?.();
    this.#former = merged([...this.#former, ...(old.health?.() ?? [])]);
  }

  async flush(): Promise<void> {
    await this.#current.flush?.();
  }

  async shutdown(): Promise<void> {
    await this.#current.shutdown?.();
    await (this.#next.shutdown?.() ?? this.#next.flush?.());
  }

  health(): readonly DestinationHealth[] {
    const own = merged([...this.#former, ...(this.#current.health?.() ?? [])]);
    return [...own, ...(this.#next.health?.() ?? [])];
  }
}

/** Books of the same name as one. */
function merged(all: readonly DestinationHealth[]): DestinationHealth[] {
  const byName = new Map<string, DestinationHealth>();
  for (const one of all) {
    const other = byName.get(one.name);
    byName.set(
      one.name,
      other === undefined ? one : {
        name: one.name,
        spans: sum(other.spans, one.spans),
        logs: sum(other.logs, one.logs),
        metrics: sum(other.metrics, one.metrics),
      },
    );
  }
  return [...byName.values()];
}

function sum(a: SignalHealth | undefined, b: SignalHealth | undefined): SignalHealth | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const dropped = { ...a.dropped };
  for (const [reason, count] of Object.entries(b.dropped)) {
    const name = reason as DropReason;
    dropped[name] = (dropped[name] ?? 0) + count;
  }
  return {
    created: a.created + b.created,
    delivered: a.delivered + b.delivered,
    dropped,
    queued: a.queued + b.queued,
    queuedBytes: a.queuedBytes + b.queuedBytes,
    deliveredBytes: a.deliveredBytes + b.deliveredBytes,
    retries: a.retries + b.retries,
    repeated: a.repeated + b.repeated,
    lastError: b.lastError ?? a.lastError,
  };
}
