/** More members than these make a received list void (W3C Trace Context Level 2, 3.3.1.1). */
export const MAX_MEMBERS = 32;
/** What a list is cut down to; at least this much has to be passed on (3.3.1.5, "Limits"). */
export const MAX_CHARACTERS = 512;
/** A received list longer than this is not looked at: 32 members of the largest size fit. */
const MAX_RECEIVED_CHARACTERS = 32 * (256 + 1 + 256 + 3);
/** Keys and values may be this long. */
const MAX_PART_CHARACTERS = 256;
/** Members longer than this are dropped first. */
const LARGE_MEMBER_CHARACTERS = 128;

const COMMA = 44;
const EQUALS = 61;
const KEY_START = 1;
const KEY_CHARACTER = 2;
const VALUE_CHARACTER = 4;

/** What a char code may be part of; past its end, and for all others, nothing. */
const KINDS: Readonly<Uint8Array> = /* @__PURE__ */ (() => {
  const table = new Uint8Array(128);
  for (let code = 0x20; code <= 0x7e; code++) {
    if (code !== COMMA && code !== EQUALS) table[code] = VALUE_CHARACTER;
  }
  for (const one of "abcdefghijklmnopqrstuvwxyz0123456789") {
    table[one.charCodeAt(0)] |= KEY_START | KEY_CHARACTER;
  }
  for (const one of "_-*/@") table[one.charCodeAt(0)] |= KEY_CHARACTER;
  return table;
})();

/** One member of a tracestate list. */
export interface TraceStateMember {
  /** A vendor's key. */
  readonly key: string;
  /** Its opaque value. */
  readonly value: string;
}

/**
 * Reads a tracestate list in its order, or gives undefined when it is void: malformed, with a key
 * twice, or of more than 32 members. Empty members are allowed and left out.
 */
export function parseTraceState(text: string): TraceStateMember[] | undefined {
  if (text.length > MAX_RECEIVED_CHARACTERS) return undefined;
  const members: TraceStateMember[] = [];
  for (let start = 0; start <= text.length;) {
    const comma = text.indexOf(",", start);
    const next = comma < 0 ? text.length : comma;
    let end = next;
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
    if (start < end) {
      const equals = text.indexOf("=", start);
      if (members.length === MAX_MEMBERS || equals < 0 || equals > end) return undefined;
      // Spaces before a value belong to it; those behind it were optional white space.
      if (!isKey(text, start, equals) || !isValue(text, equals + 1, end)) return undefined;
      const key = text.slice(start, equals);
      if (members.some((member) => member.key === key)) return undefined;
      members.push({ key, value: text.slice(equals + 1, end) });
    }
    start = next + 1;
  }
  return members;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Level 2: a lower-case letter or digit, then up to 255 of these, `_`, `-`, `*`, `/` and `@`. */
function isKey(text: string, start: number, end: number): boolean {
  if (start >= end || end - start > MAX_PART_CHARACTERS) return false;
  let kind = KINDS[text.charCodeAt(start)] & KEY_START ? KEY_CHARACTER : 0;
  for (let at = start; at < end; at++) kind &= KINDS[text.charCodeAt(at)];
  return kind !== 0;
}

/** Up to 256 of 0x20 to 0x7e without comma and equals, not ending in a space. */
function isValue(text: string, start: number, end: number): boolean {
  if (start >= end || end - start > MAX_PART_CHARACTERS) return false;
  let kind = VALUE_CHARACTER;
  for (let at = start; at < end; at++) kind &= KINDS[text.charCodeAt(at)];
  return kind !== 0 && text.charCodeAt(end - 1) !== 32;
}

/** Says whether a key and a value may stand in a list. */
export function isTraceStateMember(key: string, value: string): boolean {
  return isKey(key, 0, key.length) && isValue(value, 0, value.length);
}

/** Writes a list as it goes into the header. */
export function formatTraceState(members: readonly TraceStateMember[]): string {
  return members.map(({ key, value }) => `${key}=${value}`).join(",");
}

/**
 * The list as it is passed on: checked, and cut to 512 characters by dropping whole members, those
 * over 128 characters first, then from the end (3.3.1.5). The empty string when it is void.
 */
export function cleanTraceState(text: string): string {
  if (text === "" || text === memoClean) return text;
  const members = parseTraceState(text);
  if (members === undefined) return "";
  const clean = formatTraceState(shorten(members, 0));
  if (clean === text) memoClean = text;
  return clean;
}

/** The list found clean last: many requests carry the same one, that of their sampler. */
let memoClean = "";

/** Drops members until the rest fits; the first `keep` of them stay in any case, or the last one. */
function shorten(members: readonly TraceStateMember[], keep: number): readonly TraceStateMember[] {
  let length = members.length - 1;
  for (const member of members) length += sizeOf(member);
  if (length <= MAX_CHARACTERS) return members;
  const kept = [...members];
  for (const isLargeTurn of [true, false]) {
    for (let index = kept.length - 1; index >= keep && kept.length > 1; index--) {
      if (length <= MAX_CHARACTERS) return kept;
      const size = sizeOf(kept[index]);
      if (isLargeTurn && size <= LARGE_MEMBER_CHARACTERS) continue;
      kept.splice(index, 1);
      length -= size + 1;
    }
  }
  return kept;
}

function sizeOf({ key, value }: TraceStateMember): number {
  return key.length + 1 + value.length;
}

/** The value of a key, or undefined; a void list has none. */
export function getTraceState(text: string, key: string): string | undefined {
  if (text === "") return undefined;
  return parseTraceState(text)?.find((member) => member.key === key)?.value;
}

/**
 * Sets a key: it moves to the left, the others keep their order; past 32 members the right-most
 * goes, and past 512 characters what {@linkcode cleanTraceState} would drop. A malformed key or
 * value changes nothing; a void list is replaced.
 */
export function setTraceState(text: string, key: string, value: string): string {
  if (!isTraceStateMember(key, value)) return text;
  if (text === "") return `${key}=${value}`;
  return formatTraceState(withMember(parseTraceState(text) ?? [], key, value));
}

/** Removes a key; a list without it is given back as it is. */
export function removeTraceState(text: string, key: string): string {
  if (text === "") return "";
  const members = parseTraceState(text);
  if (members === undefined) return "";
  const others = members.filter((member) => member.key !== key);
  return others.length === members.length ? text : formatTraceState(others);
}

function withMember(
  members: readonly TraceStateMember[],
  key: string,
  value: string,
): readonly TraceStateMember[] {
  const others = members.filter((member) => member.key !== key);
  return shorten([{ key, value }, ...others.slice(0, MAX_MEMBERS - 1)], 1);
}

/** A tracestate list. Immutable; by its methods it is the `TraceState` of OpenTelemetry's API. */
export class TraceState {
  /** No members. */
  static readonly empty: TraceState = /* @__PURE__ */ new TraceState([]);
  readonly #members: readonly TraceStateMember[];
  #text: string | undefined;

  private constructor(members: readonly TraceStateMember[]) {
    this.#members = members;
  }

  /** Reads a list; a void one has no members. */
  static parse(text: string): TraceState {
    if (text === "") return TraceState.empty;
    const members = parseTraceState(text);
    return members === undefined || members.length === 0
      ? TraceState.empty
      : new TraceState(shorten(members, 0));
  }

  /** The value of a key, or undefined. */
  get(key: string): string | undefined {
    return this.#members.find((member) => member.key === key)?.value;
  }

  /** With this member on the left; see {@linkcode setTraceState}. */
  set(key: string, value: string): TraceState {
    if (!isTraceStateMember(key, value)) return this;
    return new TraceState(withMember(this.#members, key, value));
  }

  /** Without this key. */
  unset(key: string): TraceState {
    const others = this.#members.filter((member) => member.key !== key);
    if (others.length === this.#members.length) return this;
    return others.length === 0 ? TraceState.empty : new TraceState(others);
  }

  /** The list as it goes into the header. */
  serialize(): string {
    return this.#text ??= formatTraceState(this.#members);
  }
}
