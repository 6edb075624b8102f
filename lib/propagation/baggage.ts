import { decodePercent, encodePercent, isBaggageValue } from "./percent.ts";

/** One entry of baggage. */
export interface BaggageEntry {
  /** Its value, decoded. */
  readonly value: string;
  /** Its properties as they came, `key=value;flag`; the empty string when it has none. */
  readonly metadata: string;
}

/** An entry to set; OpenTelemetry's `BaggageEntry` is one. */
export interface BaggageEntryInit {
  /** Its value; any text. */
  readonly value: string;
  /** Its properties, `key=value;flag`; default none. */
  readonly metadata?: { toString(): string };
}

/** How much is read and written, of all baggage headers of a request together. */
export interface BaggageLimits {
  /** Bytes; default 8192. */
  readonly bytes: number;
  /** Entries; default 64. */
  readonly entries: number;
}

/** What W3C Baggage (3.3.2) asks to be passed on at least, and what is passed on here at most. */
export const BAGGAGE_LIMITS: BaggageLimits = { bytes: 8192, entries: 64 };

/** Baggage as it goes into a header. */
export interface FormattedBaggage {
  /** The header's value; the empty string when there is nothing to send. */
  readonly text: string;
  /** Entries left out: over the limits, or with a name or properties no header can hold. */
  readonly dropped: number;
}

/** A token of HTTP (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What properties may hold; they are passed on as they came. */
const METADATA = /^[\t\x20-\x2b\x2d-\x7e]*$/;

/**
 * Names and values that go along to every service (W3C Baggage). Immutable; by its methods it is
 * the `Baggage` of OpenTelemetry's API, but that properties are text.
 */
export class Baggage {
  /** No entries. */
  static readonly empty: Baggage = /* @__PURE__ */ new Baggage(new Map(), 0);
  /** Entries of the header it was read from that were left out: malformed, or over the limits. */
  readonly droppedByParse: number;
  readonly #entries: ReadonlyMap<string, BaggageEntry>;
  #formatted: FormattedBaggage | undefined;

  private constructor(entries: ReadonlyMap<string, BaggageEntry>, droppedByParse: number) {
    this.#entries = entries;
    this.droppedByParse = droppedByParse;
  }

  /**
   * Reads a baggage header, several joined by commas. What is past the limits is not looked at; a
   * malformed entry is left out and harms no other; of two of the same name the later counts.
   */
  static parse(text: string, limits: BaggageLimits = BAGGAGE_LIMITS): Baggage {
    if (text === "") return Baggage.empty;
    const entries = new Map<string, BaggageEntry>();
    let dropped = 0;
    for (let start = 0; start < text.length;) {
      const comma = text.indexOf(",", start);
      const end = comma < 0 ? text.length : comma;
      // Past the limits entries are counted and nothing of them is allocated.
      const isWithin = end <= limits.bytes && entries.size < limits.entries;
      if (!(isWithin && readEntry(text, start, end, entries)) && !isBlank(text, start, end)) {
        dropped++;
      }
      start = end + 1;
    }
    return entries.size + dropped === 0 ? Baggage.empty : new Baggage(entries, dropped);
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value of a name, or undefined. */
  get(name: string): string | undefined {
    return this.#entries.get(name)?.value;
  }

  /** The value and properties of a name, or undefined. */
  getEntry(name: string): BaggageEntry | undefined {
    return this.#entries.get(name);
  }

  /** All names and values in their order. */
  entries(): [string, string][] {
    return Array.from(this.#entries, ([name, { value }]) => [name, value]);
  }

  /** All names, values and properties in their order. */
  getAllEntries(): [string, BaggageEntry][] {
    return [...this.#entries];
  }

  /**
   * With this entry; it replaces one of the same name. A name that is no token of HTTP is kept in
   * this process and not sent (see {@linkcode FormattedBaggage.dropped}).
   */
  set(name: string, value: string, metadata = ""): Baggage {
    const current = this.#entries.get(name);
    if (current !== undefined && current.value === value && current.metadata === metadata) {
      return this;
    }
    return new Baggage(new Map(this.#entries).set(name, { value, metadata }), this.droppedByParse);
  }

  /** With this entry; it replaces one of the same name. */
  setEntry(name: string, entry: BaggageEntryInit): Baggage {
    return this.set(name, entry.value, entry.metadata?.toString());
  }

  /** Without this entry. */
  remove(name: string): Baggage {
    return this.removeEntries(name);
  }

  /** Without this entry. */
  removeEntry(name: string): Baggage {
    return this.removeEntries(name);
  }

  /** Without these entries. */
  removeEntries(...names: string[]): Baggage {
    if (!names.some((name) => this.#entries.has(name))) return this;
    const entries = new Map(this.#entries);
    for (const name of names) entries.delete(name);
    return new Baggage(entries, this.droppedByParse);
  }

  /** Without any entry. */
  clear(): Baggage {
    return Baggage.empty;
  }

  /** The header, and how many entries it lacks; see {@linkcode formatBaggage}. */
  format(): FormattedBaggage {
    return this.#formatted ??= formatBaggage(this);
  }

  /** The header. */
  toString(): string {
    return this.format().text;
  }
}

/** Reads a baggage header; see {@linkcode Baggage.parse}. */
export function parseBaggage(text: string, limits: BaggageLimits = BAGGAGE_LIMITS): Baggage {
  return Baggage.parse(text, limits);
}

/**
 * Writes a baggage header: in values what may not stand there is percent-encoded, line breaks and
 * NUL among it. Entries that do not fit any more are left out and counted, those after them may.
 */
export function formatBaggage(
  baggage: Baggage,
  limits: BaggageLimits = BAGGAGE_LIMITS,
): FormattedBaggage {
  let text = "";
  let count = 0;
  for (const [name, { value, metadata }] of baggage.getAllEntries()) {
    if (count >= limits.entries) break;
    // Encoding makes a value longer or leaves it, so a longer one is not encoded to be dropped.
    const room = limits.bytes - text.length - (count === 0 ? 0 : 1);
    if (name.length + 1 + value.length > room) continue;
    if (!TOKEN.test(name) || !METADATA.test(metadata)) continue;
    const pair = `${name}=${encodePercent(value)}`;
    const entry = metadata === "" ? pair : `${pair};${metadata}`;
    if (entry.length > room) continue;
    text += count === 0 ? entry : `,${entry}`;
    count++;
  }
  return { text, dropped: baggage.size - count };
}

/** Reads one entry into `entries`; false when it is malformed. */
function readEntry(
  text: string,
  start: number,
  end: number,
  entries: Map<string, BaggageEntry>,
): boolean {
  const entry = text.slice(start, end);
  const semicolon = entry.indexOf(";");
  const pairEnd = semicolon < 0 ? entry.length : semicolon;
  const equals = entry.indexOf("=");
  if (equals < 1) return false;
  // With the equals behind the semicolon the name holds it, and is no token.
  const name = trimBlanks(entry, 0, equals);
  const raw = trimBlanks(entry, equals + 1, pairEnd);
  const metadata = semicolon < 0 ? "" : trimBlanks(entry, semicolon + 1, entry.length);
  if (!TOKEN.test(name) || !METADATA.test(metadata) || !isBaggageValue(raw)) return false;
  const value = decodePercent(raw);
  if (value === undefined) return false;
  entries.set(name, { value, metadata });
  return true;
}

function isBlank(text: string, start: number, end: number): boolean {
  return trimBlanks(text, start, end) === "";
}

/** Without SP and HTAB at both ends; `trim()` would take line breaks and more with them. */
function trimBlanks(text: string, start: number, end: number): string {
  while (start < end && isBlankCode(text.charCodeAt(start))) start++;
  while (end > start && isBlankCode(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlankCode(code: number): boolean {
  return code === 32 || code === 9;
}
