import type { Attributes } from "../core/attributes.ts";
import { type Level, SEVERITY } from "../core/level.ts";
import type { LogRecord, SpanRecord } from "../core/records.ts";
import type { DestinationHealth, Layer, Sink } from "../core/seams.ts";
import { Tally } from "../core/tally.ts";
import { jsonValue, MAX_TEXT, namesOf, plainValue, valueAt } from "../core/value.ts";

/** Options of {@linkcode fingersCrossed}. */
export interface FingersCrossedOptions {
  /** A line of this level or above lets out what was held back; default "error". */
  readonly trigger?: Level | ((record: LogRecord) => boolean);
  /** Lines of this level or above are never held back; default "info". */
  readonly pass?: Level;
  /**
   * What goes together: the lines of a "trace", which is a request in this process, or of one "span".
   * Default "trace".
   */
  readonly within?: "trace" | "span";
  /**
   * True: after lines were let out, the next ones are held back again. Default false: the rest of
   * the trace or span passes.
   */
  readonly rearms?: boolean;
  /** Bytes of lines held back for one trace, estimated; the oldest go first. Default 64 KiB. */
  readonly bytesMax?: number;
  /** Traces with lines held back at a time; the oldest go first. Default 1000. */
  readonly tracesMax?: number;
}

/** What is held back of one trace. */
interface Held {
  lines: LogRecord[];
  bytes: number;
  dropped: number;
  /** True once it was let out: the rest of the trace passes. */
  isOpen: boolean;
}

/**
 * Holds back the detailed lines of each trace or span, and lets them out in their order when something
 * goes wrong: debug lines cost little while all is well, and are there when it is not. The level must
 * let them through: `level: "debug"`. Wrong is a line of level `trigger`, and where that is "error", a
 * span that ends with status error. It is armed again for each trace; what is held back is forgotten
 * when its local root, or the span, ends. Lines outside of traces below `pass` are left out, and
 * counted. Lines are kept as they were: what the caller changes later does not show.
 *
 * @throws {RangeError} When a level or number is not allowed.
 */
export function fingersCrossed(options: FingersCrossedOptions = {}): Layer {
  const { trigger = "error", pass = "info", bytesMax = 64 * 1024, tracesMax = 1000 } = options;
  const { within = "trace", rearms = false } = options;
  if (within !== "trace" && within !== "span") {
    throw new RangeError(
      `fingersCrossed(): within is ${JSON.stringify(within)}, allowed are "trace", "span"`,
    );
  }
  for (const [name, level] of Object.entries({ trigger, pass })) {
    if (typeof level === "string" && !Object.hasOwn(SEVERITY, level)) {
      throw new RangeError(
        `fingersCrossed(): ${name} is ${JSON.stringify(level)}, allowed are ${
          Object.keys(SEVERITY).join(", ")
        }`,
      );
    }
  }
  for (const [name, value] of Object.entries({ bytesMax, tracesMax })) {
    if (!(value > 0)) {
      throw new RangeError(`fingersCrossed(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  const least = SEVERITY[pass];
  const isTrigger = typeof trigger === "function"
    ? trigger
    : ({ severity }: LogRecord) => severity >= SEVERITY[trigger];
  const settings = {
    least,
    isTrigger,
    bytesMax,
    tracesMax,
    isPerSpan: within === "span",
    rearms,
    hasSpanTrigger: trigger === "error",
  };
  return (next) => new FingersCrossed(next, settings);
}

interface Settings {
  readonly least: number;
  readonly isTrigger: (record: LogRecord) => boolean;
  readonly bytesMax: number;
  readonly tracesMax: number;
  readonly isPerSpan: boolean;
  readonly rearms: boolean;
  /** True when a span with status error lets out as well. */
  readonly hasSpanTrigger: boolean;
}

class FingersCrossed implements Sink {
  readonly #next: Sink;
  readonly #settings: Settings;
  readonly #held = new Map<string, Held>();
  readonly #tally = new Tally();
  #queued = 0;
  #bytes = 0;

  constructor(next: Sink, settings: Settings) {
    this.#next = next;
    this.#settings = settings;
  }

  onLog(record: LogRecord): void {
    this.#tally.created++;
    const { least, isPerSpan } = this.#settings;
    const key = isPerSpan ? record.span?.spanId : record.span?.traceId;
    const isTrigger = this.#isTrigger(record);
    if (key === undefined) {
      if (record.severity >= least || isTrigger) this.#pass(record);
      else this.#tally.drop("sampled");
      return;
    }
    const held = this.#held.get(key);
    if (isTrigger) {
      this.#open(key, held);
      this.#pass(record);
    } else if (record.severity >= least || held?.isOpen === true) this.#pass(record);
    else this.#hold(key, held, record);
  }

  onSpan(span: SpanRecord): void {
    const { isPerSpan, hasSpanTrigger } = this.#settings;
    const key = isPerSpan ? span.spanId : span.traceId;
    const held = this.#held.get(key);
    if (held !== undefined) {
      if (span.statusCode === 2 && hasSpanTrigger) this.#open(key, held);
      const isRoot = (span.parentS0 | span.parentS1) === 0 || span.isParentRemote;
      if (isPerSpan || isRoot) this.#forget(key);
    }
    this.#next.onSpan?.(span);
  }

  async shutdown(): Promise<void> {
    for (const key of [...this.#held.keys()]) this.#forget(key);
    await (this.#next.shutdown?.() ?? this.#next.flush?.());
  }

  health(): readonly DestinationHealth[] {
    const own = { name: "fingersCrossed", logs: this.#tally.health(this.#queued, this.#bytes) };
    return [own, ...(this.#next.health?.() ?? [])];
  }

  #isTrigger(record: LogRecord): boolean {
    try {
      return this.#settings.isTrigger(record);
    } catch {
      // A rule of the user's that throws: what is unclear is worth a look.
      return true;
    }
  }

  #pass(record: LogRecord): void {
    this.#tally.delivered++;
    this.#next.onLog?.(record);
  }

  #open(key: string, held: Held | undefined): void {
    const isOpen = !this.#settings.rearms;
    if (held === undefined) {
      if (isOpen) this.#keep(key, { lines: [], bytes: 0, dropped: 0, isOpen });
      return;
    }
    held.isOpen = isOpen;
    const { lines, dropped } = held;
    held.dropped = 0;
    this.#queued -= lines.length;
    this.#bytes -= held.bytes;
    held.lines = [];
    held.bytes = 0;
    lines.forEach((line, index) =>
      this.#pass(
        index === 0 && dropped > 0
          ? { ...line, fields: { ...line.fields, "sextant.lines_dropped": dropped } }
          : line,
      )
    );
  }

  #hold(key: string, held: Held | undefined, record: LogRecord): void {
    const own = held ?? this.#keep(key, { lines: [], bytes: 0, dropped: 0, isOpen: false });
    const line = snapshot(record);
    const bytes = sizeOf(line);
    own.lines.push(line);
    own.bytes += bytes;
    this.#bytes += bytes;
    this.#queued++;
    while (own.bytes > this.#settings.bytesMax && own.lines.length > 0) {
      const oldest = sizeOf(own.lines.shift()!);
      own.bytes -= oldest;
      this.#bytes -= oldest;
      this.#queued--;
      own.dropped++;
      this.#tally.drop("evicted");
    }
  }

  #keep(key: string, held: Held): Held {
    if (this.#held.size >= this.#settings.tracesMax) {
      this.#forget(this.#held.keys().next().value!, "evicted");
    }
    this.#held.set(key, held);
    return held;
  }

  #forget(key: string, reason: "sampled" | "evicted" = "sampled"): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#queued -= held.lines.length;
    this.#bytes -= held.bytes;
    if (held.lines.length > 0) this.#tally.drop(reason, held.lines.length);
  }
}

/** A line as it is now: the caller may change its fields afterwards. */
function snapshot(record: LogRecord): LogRecord {
  const { fields, bindings } = record;
  return { ...record, fields: frozen(fields), bindings: frozen(bindings) };
}

/** Fields whose values are as they are now, objects as every format would write them. */
function frozen(fields: Attributes | undefined): Attributes | undefined {
  if (fields === undefined) return undefined;
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of namesOf(fields)) {
    const value = valueAt(fields, name);
    copy[name] = typeof value === "object" && value !== null
      ? jsonValue(plainValue(value, MAX_TEXT))
      : value;
  }
  return copy;
}

/** Bytes that a line keeps, estimated. */
function sizeOf({ message, fields, bindings }: LogRecord): number {
  return 200 + message.length * 2 + sizeOfValue(fields) + sizeOfValue(bindings);
}

function sizeOfValue(value: unknown): number {
  if (typeof value === "string") return 24 + value.length * 2;
  if (typeof value !== "object" || value === null) return 16;
  let bytes = 32;
  for (const name of Object.keys(value)) {
    bytes += 16 + sizeOfValue((value as Record<string, unknown>)[name]);
  }
  return bytes;
}
