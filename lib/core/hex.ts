/** Every byte as two lower-case hex digits; a table beats `toString(16)` and padding by far. */
const byteToHex: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/** The value of a lower-case hex digit by its char code, or -1. Upper case is not hex here (W3C). */
const digitValue: Int8Array = (() => {
  const table = new Int8Array(256).fill(-1);
  for (let digit = 0; digit < 16; digit++) table[digit.toString(16).charCodeAt(0)] = digit;
  return table;
})();

/** Writes a 32-bit integer as eight lower-case hex digits. */
export function int32ToHex(value: number): string {
  return byteToHex[value >>> 24] + byteToHex[(value >>> 16) & 255] +
    byteToHex[(value >>> 8) & 255] + byteToHex[value & 255];
}

/**
 * Reads eight lower-case hex digits from `offset` as a signed 32-bit integer.
 *
 * Check the digits first with {@linkcode isLowerHex}: a digit out of range gives a wrong number,
 * not an error.
 */
export function hexToInt32(text: string, offset: number): number {
  return (digitValue[text.charCodeAt(offset)] << 28) |
    (digitValue[text.charCodeAt(offset + 1)] << 24) |
    (digitValue[text.charCodeAt(offset + 2)] << 20) |
    (digitValue[text.charCodeAt(offset + 3)] << 16) |
    (digitValue[text.charCodeAt(offset + 4)] << 12) |
    (digitValue[text.charCodeAt(offset + 5)] << 8) |
    (digitValue[text.charCodeAt(offset + 6)] << 4) |
    digitValue[text.charCodeAt(offset + 7)];
}

/** Says whether `text` from `start` to before `end` is lower-case hex only. */
export function isLowerHex(text: string, start: number, end: number): boolean {
  if (end > text.length) return false;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code > 255 || digitValue[code] < 0) return false;
  }
  return true;
}
