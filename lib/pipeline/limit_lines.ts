import type { Clock } from "../core/clock.ts";
import type { LogRecord } from "../core/records.ts";
import type { DestinationHealth, Layer, Sink, SinkHost } from "../core/seams.ts";
import { Tally } from "../core/tally.ts";
import { unref } from "../core/timer.ts";
import { namesOf, valueAt } from "../core/value.ts";

/** Options of {@linkcode limitLines}. */
export interface LimitLinesOptions {
  /** Lines of one key that pass in a window; default 1. */
  readonly first?: number;
  /** The length of a window in milliseconds; default 10,000. */
  readonly windowMs?: number;
  /** What makes lines the same; default their logger, level and message. */
  readonly by?: (record: LogRecord) => string;
  /** Keys that are watched at a time; lines of others pass. Default 10,000. */
  readonly keysMax?: number;
}

interface Window {
  readonly startMs: number;
  count: number;
  held: number;
  /** The last line that was held back. */
  last: LogRecord | undefined;
}

/**
 * Lets the first lines of a kind pass in each window and holds back the others; a line like the last
 * of them says how many they were: `payment failed (repeated 312 times in 10 s)`, with the fields
 * `repeated: 312` and `window_ms: 10000`. With `first: 1` it suppresses duplicates, with more it limits
 * the rate. What was held back is reported when its window is over, where the runtime has timers, or
 * else with the next line or flush.
 *
 * @throws {RangeError} When a number is not positive.
 */
export function limitLines(options: LimitLinesOptions = {}): Layer {
  const { first = 1, windowMs = 10_000, keysMax = 10_000 } = options;
  for (const [name, value] of Object.entries({ first, windowMs, keysMax })) {
    if (!(value > 0)) {
      throw new RangeError(`limitLines(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  const by = options.by ?? keyOf;
  return (next) => new LimitLines(next, { first, windowMs, keysMax, by });
}

class LimitLines implements Sink {
  readonly #next: Sink;
  readonly #options: Required<LimitLinesOptions>;
  readonly #windows = new Map<string, Window>();
  readonly #tally = new Tally();
  #clock: Clock | undefined;
  #hasTimers = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(next: Sink, options: Required<LimitLinesOptions>) {
    this.#next = next;
    this.#options = options;
  }

  start(host: SinkHost): void {
    this.#clock = host.clock;
    this.#hasTimers = host.runtime.hasBackgroundTimers === true;
    this.#next.start?.(host);
  }

  onLog(record: LogRecord): void {
    this.#tally.created++;
    const nowMs = this.#clock?.monotonicMs() ?? 0;
    this.#close(nowMs - this.#options.windowMs);
    const key = this.#keyOf(record);
    let window = this.#windows.get(key);
    if (window === undefined) {
      if (this.#windows.size >= this.#options.keysMax) return this.#pass(record);
      window = { startMs: nowMs, count: 0, held: 0, last: undefined };
      this.#windows.set(key, window);
    }
    if (++window.count <= this.#options.first) return this.#pass(record);
    window.held++;
    window.last = record;
    this.#tally.drop("sampled");
    if (this.#hasTimers && this.#timer === undefined) this.#startTimer();
  }

  /** Reports when nothing else comes. */
  #startTimer(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#close((this.#clock?.monotonicMs() ?? 0) - this.#options.windowMs);
      if (this.#windows.values().some(({ last }) => last !== undefined)) this.#startTimer();
    }, this.#options.windowMs);
    unref(this.#timer);
  }

  async flush(): Promise<void> {
    for (const window of this.#windows.values()) this.#report(window);
    await this.#next.flush?.();
  }

  async shutdown(): Promise<void> {
    clearTimeout(this.#timer);
    for (const window of this.#windows.values()) this.#report(window);
    await (this.#next.shutdown?.() ?? this.#next.flush?.());
  }

  health(): readonly DestinationHealth[] {
    const own = { name: "limitLines", logs: this.#tally.health(0, 0) };
    return [own, ...(this.#next.health?.() ?? [])];
  }

  #keyOf(record: LogRecord): string {
    try {
      return this.#options.by(record);
    } catch {
      return keyOf(record);
    }
  }

  #pass(record: LogRecord): void {
    this.#tally.delivered++;
    this.#next.onLog?.(record);
  }

  /** Windows that began before; the oldest come first. */
  #close(beforeMs: number): void {
    for (const [key, window] of this.#windows) {
      if (window.startMs > beforeMs) return;
      this.#report(window);
      this.#windows.delete(key);
    }
  }

  #report(window: Window): void {
    const { held, last } = window;
    if (last === undefined) return;
    window.held = 0;
    window.last = undefined;
    const { first, windowMs } = this.#options;
    const many = first === 1 ? `repeated ${held} times` : `${held} more held back`;
    const fields: Record<string, unknown> = Object.create(null);
    for (const name of namesOf(last.fields)) fields[name] = valueAt(last.fields!, name);
    this.#next.onLog?.({
      ...last,
      message: `${last.message} (${many} in ${windowMs / 1000} s)`,
      fields: Object.assign(fields, { repeated: held, window_ms: windowMs }),
    });
  }
}

function keyOf({ scope, severity, message }: LogRecord): string {
  return `${scope.name}\u0000${severity}\u0000${message}`;
}
