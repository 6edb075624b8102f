import { int32ToHex } from "../core/hex.ts";
import { FLAG_RANDOM, FLAG_SAMPLED, SpanContext } from "../core/span_context.ts";

/** version 2 + trace id 32 + span id 16 + flags 2 + three dashes. */
const LENGTH = 55;
const DASH = 45;

/** The value of a lower-case hex digit by its char code, or a number above 15. */
const DIGIT: Uint8Array = (() => {
  const table = new Uint8Array(256).fill(16);
  for (let digit = 0; digit < 16; digit++) table[digit.toString(16).charCodeAt(0)] = digit;
  return table;
})();

/**
 * Reads a traceparent (W3C Trace Context Level 2, 3.2), or gives undefined when it is invalid:
 * version ff, ids of zeros, upper-case digits, several headers joined. A higher version is read as
 * far as it is known. Of the flags sampled and random are kept.
 *
 * @param traceStateText The tracestate that came with it; it goes into the context as it is.
 */
export function parseTraceparent(text: string, traceStateText = ""): SpanContext | undefined {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  if (end - start < LENGTH) return undefined;
  if (
    text.charCodeAt(start + 2) !== DASH || text.charCodeAt(start + 35) !== DASH ||
    text.charCodeAt(start + 52) !== DASH
  ) return undefined;
  const version = readByte(text, start);
  if (version > 254) return undefined;
  if (end - start > LENGTH) {
    if (version === 0 || text.charCodeAt(start + LENGTH) !== DASH) return undefined;
  }
  // Each digit's bits above 15 are gathered, so that one test tells whether all were digits.
  invalid = 0;
  const t0 = readInt32(text, start + 3);
  const t1 = readInt32(text, start + 11);
  const t2 = readInt32(text, start + 19);
  const t3 = readInt32(text, start + 27);
  const s0 = readInt32(text, start + 36);
  const s1 = readInt32(text, start + 44);
  const flags = readByte(text, start + 53);
  if (invalid !== 0 || flags > 255) return undefined;
  if ((t0 | t1 | t2 | t3) === 0 || (s0 | s1) === 0) return undefined;
  return new SpanContext(
    t0,
    t1,
    t2,
    t3,
    s0,
    s1,
    flags & (FLAG_SAMPLED | FLAG_RANDOM),
    traceStateText,
    true,
  );
}

/** Not zero when a character read since it was reset was no lower-case hex digit. */
let invalid = 0;

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function digit(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  return code > 255 ? 16 : DIGIT[code];
}

/** Two hex digits; above 255 when one is none. */
function readByte(text: string, offset: number): number {
  const high = digit(text, offset);
  const low = digit(text, offset + 1);
  return high > 15 || low > 15 ? 256 : (high << 4) | low;
}

function readInt32(text: string, offset: number): number {
  let value = 0;
  for (let index = offset; index < offset + 8; index++) {
    const one = digit(text, index);
    invalid |= one & 16;
    value = (value << 4) | (one & 15);
  }
  return value;
}

/** Writes a traceparent of version 00 (W3C Trace Context Level 2, 3.2.2). */
export function formatTraceparent(context: SpanContext): string {
  const flags = context.traceFlags & (FLAG_SAMPLED | FLAG_RANDOM);
  return "00-" + int32ToHex(context.t0) + int32ToHex(context.t1) + int32ToHex(context.t2) +
    int32ToHex(context.t3) + "-" + int32ToHex(context.s0) + int32ToHex(context.s1) + "-0" + flags;
}
