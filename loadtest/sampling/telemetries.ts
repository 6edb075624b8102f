import {
  type Clock,
  createTelemetry,
  type Layer,
  otlp,
  pipe,
  type Random,
  type Sink,
  type Telemetry,
} from "../../mod.ts";
import type { Strategy } from "./strategy.ts";

/** A clock that the replay sets. */
export class ReplayClock implements Clock {
  nowMs = 0;
  monotonicMs(): number {
    return this.nowMs;
  }
  wallMs(): number {
    return this.nowMs;
  }
}

/** Ids of a seed: the same ones, and so the same draws, in every replay (mulberry32, T. Ettinger). */
export function seededIds(seed: number): Random {
  let state = seed | 0;
  return {
    int32() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return mixed ^ (mixed >>> 14);
    },
  };
}

/** What the telemetries of a strategy are made with. */
export interface TelemetryParts {
  readonly strategy: Strategy;
  readonly clock: Clock;
  readonly seed: number;
  /** Notes what passes on its way to the exporter. */
  readonly note: Layer;
  readonly onBytes: (bytes: number) => void;
}

/** The name of the one process that all services are in, where they share one. */
const ALL = "replay";

/** The telemetries of a strategy: one for all services, or one for each, as it says. */
export class Telemetries {
  readonly #parts: TelemetryParts;
  readonly #random: Random;
  readonly #made = new Map<string, Telemetry>();
  readonly isPerService: boolean;
  /** The one for all services; undefined where each has its own. */
  readonly #shared: Telemetry | undefined;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
    this.#random = seededIds(parts.seed);
    this.isPerService = parts.strategy.topology === "services";
    this.#shared = this.isPerService ? undefined : this.#make(ALL);
  }

  /** That of a service. */
  of(service: string): Telemetry {
    return this.#shared ?? this.#made.get(service) ?? this.#make(service);
  }

  /** Bytes that wait for a decision: in what stands before the exporters. */
  waitingBytes(): number {
    let bytes = 0;
    for (const telemetry of this.#made.values()) {
      for (const { spans, logs } of telemetry.health().destinations.slice(0, -1)) {
        bytes += (spans?.queuedBytes ?? 0) + (logs?.queuedBytes ?? 0);
      }
    }
    return bytes;
  }

  /** Sends what the exporters hold. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#made.values(), (telemetry) => telemetry.flush()));
  }

  /**
   * Ends them.
   *
   * @throws {Error} When an exporter has lost something: scores would be of less than was kept.
   */
  async shutdown(): Promise<void> {
    for (const telemetry of this.#made.values()) {
      await telemetry.shutdown();
      const exporter = telemetry.health().destinations.at(-1);
      for (const signal of [exporter?.spans, exporter?.logs]) {
        const lost = Object.entries(signal?.dropped ?? {}).filter(([, count]) => count > 0);
        if (lost.length > 0) {
          throw new Error(
            `${this.#parts.strategy.name} lost ${JSON.stringify(lost)} in the replay`,
          );
        }
      }
    }
  }

  #make(service: string): Telemetry {
    const { strategy, clock, note, onBytes } = this.#parts;
    const { sampler, layers = [], level = "info" } = strategy.make(clock);
    const exporter: Sink = otlp({
      endpoint: "http://127.0.0.1",
      signals: strategy.signals === "both" ? ["traces", "logs"] : [strategy.signals],
      // The body is what would be sent; its bytes are counted, and nobody is asked.
      fetch: (_input, init) => {
        onBytes((init?.body as Uint8Array).length);
        return Promise.resolve(new Response());
      },
      // All of a chunk of the stream comes at one real moment.
      limits: { queueRecords: 1_000_000, queueBytes: 2 ** 28 },
    });
    const telemetry = createTelemetry({
      service,
      clock,
      random: this.#random,
      sampler,
      level,
      onLoss: false,
      sinks: [pipe(...[...layers, note] as [Layer], exporter)],
    });
    this.#made.set(service, telemetry);
    return telemetry;
  }
}
