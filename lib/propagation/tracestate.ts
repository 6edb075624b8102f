/** More members than these make a received list void (W3C Trace Context Level 2, 3.3.1.1). */
export const MAX_MEMBERS = 32;
/** A list longer than this is not looked at: 32 members of the largest size fit. */
const MAX_CHARACTERS = 32 * (256 + 1 + 256 + 3);
/** What a list is cut down to when it grows beyond; at least this much must be passed on. */
const KEEP_CHARACTERS = 512;
/** Members longer than this are dropped first (3.3.1.5, "Limits"). */
const LARGE_MEMBER = 128;

const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
/** 0x20 to 0x7e without comma and equals, not ending in a space. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

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
  if (text.length > MAX_CHARACTERS) return undefined;
  const members: TraceStateMember[] = [];
  const seen = new Set<string>();
  for (const part of text.split(",")) {
    const member = trimEnds(part);
    if (member === "") continue;
    const at = member.indexOf("=");
    const key = member.slice(0, at);
    // Spaces before a value belong to it; those behind it were optional white space.
    const value = member.slice(at + 1);
    if (at < 1 || !KEY.test(key) || !VALUE.test(value) || seen.has(key)) return undefined;
    if (members.length >= MAX_MEMBERS) return undefined;
    seen.add(key);
    members.push({ key, value });
  }
  return members;
}

function trimEnds(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
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
  if (text === "") return "";
  const members = parseTraceState(text);
  return members === undefined ? "" : formatTraceState(shorten(members));
}

function shorten(members: readonly TraceStateMember[]): readonly TraceStateMember[] {
  let kept = [...members];
  while (kept.length > 1 && formatTraceState(kept).length > KEEP_CHARACTERS) {
    const large = kept.findLastIndex(({ key, value }) =>
      key.length + 1 + value.length > LARGE_MEMBER
    );
    kept = kept.toSpliced(large >= 0 ? large : kept.length - 1, 1);
  }
  return kept;
}

/** The value of a key, or undefined. */
export function getTraceState(text: string, key: string): string | undefined {
  if (text === "") return undefined;
  return parseTraceState(text)?.find((member) => member.key === key)?.value;
}

/**
 * Sets a key: it moves to the left, the others keep their order, and past 32 members the right-most
 * goes. Without a value the key is removed. A malformed key or value changes nothing.
 */
export function setTraceState(text: string, key: string, value: string | undefined): string {
  if (value !== undefined && (!KEY.test(key) || !VALUE.test(value))) return text;
  if (text === "") return value === undefined ? "" : `${key}=${value}`;
  const others = (parseTraceState(text) ?? []).filter((member) => member.key !== key);
  const members = value === undefined ? others : [{ key, value }, ...others];
  return formatTraceState(shorten(members.slice(0, MAX_MEMBERS)));
}
