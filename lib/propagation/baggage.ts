/** One entry of baggage. */
export interface BaggageEntry {
  /** Its value, decoded. */
  readonly value: string;
  /** Its properties as they came, `key=value;flag`; the empty string when it has none. */
  readonly metadata: string;
}

/** Bytes of all baggage headers together that are looked at and written (W3C Baggage, 3.3.2). */
export const MAX_BYTES = 8192;
/** Entries of all baggage headers together. */
export const MAX_ENTRIES = 64;

/** A token of HTTP (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What a value may hold as it is (W3C Baggage, baggage-octet), but for `%`. */
const SAFE_VALUE = /^[\x21\x23-\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
/** What properties may hold. */
const SAFE_METADATA = /^[\x20-\x2b\x2d-\x7e\t]*$/;

/** Names and values that go along to every service (W3C Baggage). Immutable. */
export class Baggage {
  /** No entries. */
  static readonly empty: Baggage = new Baggage(new Map());
  readonly #entries: ReadonlyMap<string, BaggageEntry>;
  #header: string | undefined;

  private constructor(entries: ReadonlyMap<string, BaggageEntry>) {
    this.#entries = entries;
  }

  /**
   * Reads a baggage header, several joined by commas. What is past 8192 characters or 64 entries is
   * not looked at; a malformed entry is left out and harms no other.
   */
  static parse(text: string): Baggage {
    if (text === "") return Baggage.empty;
    const entries = new Map<string, BaggageEntry>();
    let start = 0;
    while (start < text.length && entries.size < MAX_ENTRIES) {
      let end = text.indexOf(",", start);
      if (end < 0) end = text.length;
      if (end > MAX_BYTES) break;
      parseEntry(text.slice(start, end), entries);
      start = end + 1;
    }
    return entries.size === 0 ? Baggage.empty : new Baggage(entries);
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

  /** With this entry; it replaces one of the same name. A name that is no token changes nothing. */
  set(name: string, value: string, metadata = ""): Baggage {
    const current = this.#entries.get(name);
    if (current !== undefined && current.value === value && current.metadata === metadata) {
      return this;
    }
    if (!TOKEN.test(name) || !SAFE_METADATA.test(metadata)) return this;
    return new Baggage(new Map(this.#entries).set(name, { value, metadata }));
  }

  /** Without this entry. */
  remove(name: string): Baggage {
    if (!this.#entries.has(name)) return this;
    const entries = new Map(this.#entries);
    entries.delete(name);
    return new Baggage(entries);
  }

  /** The header: values percent-encoded; entries that no longer fit into the limits are left out. */
  toString(): string {
    return this.#header ??= this.#format();
  }

  #format(): string {
    let text = "";
    let count = 0;
    for (const [name, { value, metadata }] of this.#entries) {
      const encoded = SAFE_VALUE.test(value) ? value : encodeURIComponent(value.toWellFormed());
      const entry = `${name}=${encoded}${metadata === "" ? "" : `;${metadata}`}`;
      if (count >= MAX_ENTRIES || text.length + 1 + entry.length > MAX_BYTES) continue;
      text += text === "" ? entry : `,${entry}`;
      count++;
    }
    return text;
  }
}

function parseEntry(text: string, entries: Map<string, BaggageEntry>): void {
  const semicolon = text.indexOf(";");
  const pair = semicolon < 0 ? text : text.slice(0, semicolon);
  const at = pair.indexOf("=");
  if (at < 1) return;
  const name = pair.slice(0, at).trim();
  const raw = pair.slice(at + 1).trim();
  const metadata = semicolon < 0 ? "" : text.slice(semicolon + 1).trim();
  if (!TOKEN.test(name) || !SAFE_METADATA.test(metadata)) return;
  const value = decodeValue(raw);
  if (value !== undefined) entries.set(name, { value, metadata });
}

function decodeValue(raw: string): string | undefined {
  if (!raw.includes("%")) return SAFE_VALUE.test(raw) ? raw : undefined;
  if (!SAFE_VALUE.test(raw.replaceAll("%", ""))) return undefined;
  try {
    return decodeURIComponent(raw);
  } catch {
    // Not UTF-8 or a lone %: the entry is malformed.
    return undefined;
  }
}
