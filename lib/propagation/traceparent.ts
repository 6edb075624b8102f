import { HEX_CODES, HEX_VALID, HEX_VALID_8, HEX_VALUES } from "../core/hex.ts";
import { SpanContext } from "../core/span_context.ts";

/** version 2 + trace id 32 + span id 16 + flags 2 + three dashes. */
const LENGTH = 55;
const DASH = 45;
const ZERO = 48;
/** Sampled and random. */
const KNOWN_FLAGS = 0b11;

/**
 * Reads a traceparent (W3C Trace Context Level 2, 3.2), or gives undefined when it is invalid:
 * version ff, ids of zeros, upper-case digits, several headers joined. A higher version is read as
 * far as it is known. Of the flags sampled and random are kept.
 *
 * @param traceStateText The tracestate that came with it; it goes into the context as it is.
 */
export function parseTraceparent(text: string, traceStateText = ""): SpanContext | undefined {
  const start = text.length === LENGTH ? 0 : startOf(text);
  if (
    start < 0 || text.charCodeAt(start + 2) !== DASH || text.charCodeAt(start + 35) !== DASH ||
    text.charCodeAt(start + 52) !== DASH
  ) return undefined;
  // One loop for each number, without a call: this is read on every request.
  let valid = HEX_VALID;
  let at = start + 3;
  let digit = 0;
  let t0 = 0, t1 = 0, t2 = 0, t3 = 0, s0 = 0, s1 = 0;
  for (const end = at + 8; at < end; at++) {
    valid &= digit = HEX_VALUES[text.charCodeAt(at)];
    t0 = (t0 << 4) ^ digit;
  }
  for (const end = at + 8; at < end; at++) {
    valid &= digit = HEX_VALUES[text.charCodeAt(at)];
    t1 = (t1 << 4) ^ digit;
  }
  for (const end = at + 8; at < end; at++) {
    valid &= digit = HEX_VALUES[text.charCodeAt(at)];
    t2 = (t2 << 4) ^ digit;
  }
  for (const end = at + 8; at < end; at++) {
    valid &= digit = HEX_VALUES[text.charCodeAt(at)];
    t3 = (t3 << 4) ^ digit;
  }
  at++;
  for (const end = at + 8; at < end; at++) {
    valid &= digit = HEX_VALUES[text.charCodeAt(at)];
    s0 = (s0 << 4) ^ digit;
  }
  for (const end = at + 8; at < end; at++) {
    valid &= digit = HEX_VALUES[text.charCodeAt(at)];
    s1 = (s1 << 4) ^ digit;
  }
  const flags = HEX_VALUES[text.charCodeAt(start + 54)];
  valid &= flags & HEX_VALUES[text.charCodeAt(start + 53)];
  if (valid === 0 || !isVersion(text, start)) return undefined;
  t0 ^= HEX_VALID_8, t1 ^= HEX_VALID_8, t2 ^= HEX_VALID_8, t3 ^= HEX_VALID_8;
  s0 ^= HEX_VALID_8, s1 ^= HEX_VALID_8;
  if ((t0 | t1 | t2 | t3) === 0 || (s0 | s1) === 0) return undefined;
  return new SpanContext(t0, t1, t2, t3, s0, s1, flags & KNOWN_FLAGS, traceStateText, true);
}

/** Where the version begins in a text of another length than 55, or -1 when it is invalid. */
function startOf(text: string): number {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  if (end - start === LENGTH) return start;
  // More may follow what is known, but not in version 00 (3.2.4).
  const isVersion00 = text.charCodeAt(start) === ZERO && text.charCodeAt(start + 1) === ZERO;
  return end - start > LENGTH && !isVersion00 && text.charCodeAt(start + LENGTH) === DASH
    ? start
    : -1;
}

/** Two hex digits but not ff (3.2.2.1). */
function isVersion(text: string, start: number): boolean {
  const high = HEX_VALUES[text.charCodeAt(start)];
  const low = HEX_VALUES[text.charCodeAt(start + 1)];
  return (high & low & HEX_VALID) !== 0 && (high & low) !== (HEX_VALID | 15);
}

/** SP or HTAB: the only white space of HTTP (RFC 9110, 5.6.3). */
function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/**
 * Writes a traceparent of version 00 (W3C Trace Context Level 2, 3.2.2); flags but sampled and
 * random are sent as zero.
 */
export function formatTraceparent(context: SpanContext): string {
  const { t0, t1, t2, t3, s0, s1, traceFlags } = context;
  const hex = HEX_CODES;
  // deno-fmt-ignore
  return String.fromCharCode(
    ZERO, ZERO, DASH,
    hex[t0 >>> 28], hex[(t0 >>> 24) & 15], hex[(t0 >>> 20) & 15], hex[(t0 >>> 16) & 15],
    hex[(t0 >>> 12) & 15], hex[(t0 >>> 8) & 15], hex[(t0 >>> 4) & 15], hex[t0 & 15],
    hex[t1 >>> 28], hex[(t1 >>> 24) & 15], hex[(t1 >>> 20) & 15], hex[(t1 >>> 16) & 15],
    hex[(t1 >>> 12) & 15], hex[(t1 >>> 8) & 15], hex[(t1 >>> 4) & 15], hex[t1 & 15],
    hex[t2 >>> 28], hex[(t2 >>> 24) & 15], hex[(t2 >>> 20) & 15], hex[(t2 >>> 16) & 15],
    hex[(t2 >>> 12) & 15], hex[(t2 >>> 8) & 15], hex[(t2 >>> 4) & 15], hex[t2 & 15],
    hex[t3 >>> 28], hex[(t3 >>> 24) & 15], hex[(t3 >>> 20) & 15], hex[(t3 >>> 16) & 15],
    hex[(t3 >>> 12) & 15], hex[(t3 >>> 8) & 15], hex[(t3 >>> 4) & 15], hex[t3 & 15],
    DASH,
    hex[s0 >>> 28], hex[(s0 >>> 24) & 15], hex[(s0 >>> 20) & 15], hex[(s0 >>> 16) & 15],
    hex[(s0 >>> 12) & 15], hex[(s0 >>> 8) & 15], hex[(s0 >>> 4) & 15], hex[s0 & 15],
    hex[s1 >>> 28], hex[(s1 >>> 24) & 15], hex[(s1 >>> 20) & 15], hex[(s1 >>> 16) & 15],
    hex[(s1 >>> 12) & 15], hex[(s1 >>> 8) & 15], hex[(s1 >>> 4) & 15], hex[s1 & 15],
    DASH, ZERO, hex[traceFlags & KNOWN_FLAGS],
  );
}
