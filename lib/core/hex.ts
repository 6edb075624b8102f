/**
 * The char code of each of the sixteen lower-case hex digits. `String.fromCharCode` of all codes at
 * once makes one flat string; joining shorter ones makes a rope, which is flattened at twice the
 * cost where it is written.
 */
export const HEX_CODES: Readonly<Uint8Array> = /* @__PURE__ */ Uint8Array.from(
  "0123456789abcdef",
  (digit) => digit.charCodeAt(0),
);

/** Set in {@linkcode HEX_VALUES} where the char code is a lower-case hex digit. */
export const HEX_VALID = 0x10;

/**
 * By char code: {@linkcode HEX_VALID} plus the digit's value, or 0 for what is no lower-case hex
 * digit (upper case is none, W3C Trace Context 3.2). Past its end it gives undefined, which `&`
 * takes for 0, so that the AND of all entries tells whether all were digits.
 */
export const HEX_VALUES: Readonly<Uint8Array> = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256);
  HEX_CODES.forEach((code, digit) => table[code] = HEX_VALID | digit);
  return table;
})();

/** Eight digits read from {@linkcode HEX_VALUES} with shift and XOR hold this beside their value. */
export const HEX_VALID_8 = 0x11111110;

/** Writes a 32-bit integer as eight lower-case hex digits. */
export function int32ToHex(value: number): string {
  return String.fromCharCode(
    HEX_CODES[value >>> 28],
    HEX_CODES[(value >>> 24) & 15],
    HEX_CODES[(value >>> 20) & 15],
    HEX_CODES[(value >>> 16) & 15],
    HEX_CODES[(value >>> 12) & 15],
    HEX_CODES[(value >>> 8) & 15],
    HEX_CODES[(value >>> 4) & 15],
    HEX_CODES[value & 15],
  );
}
