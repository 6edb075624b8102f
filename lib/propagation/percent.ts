/** A value of baggage on the wire (W3C Baggage, baggage-octet); `%` begins an encoded byte. */
const WIRE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
/** What has to be encoded: all else, and `%`. */
const UNSAFE_RUN = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g;
/** A `%` that begins no encoded byte. */
const STRAY_PERCENT = /%(?![0-9A-Fa-f]{2})/;
const PERCENT = 37;

/** Says whether a text holds only what a baggage value may hold on the wire. */
export function isBaggageValue(text: string): boolean {
  return WIRE_VALUE.test(text);
}

/** Encodes what a baggage value may not hold as bytes of UTF-8; a lone surrogate becomes U+FFFD. */
export function encodePercent(text: string): string {
  return text.toWellFormed().replace(UNSAFE_RUN, encodeURIComponent);
}

/**
 * Decodes a baggage value, or gives undefined when a `%` begins no encoded byte. Bytes that are not
 * UTF-8 become U+FFFD, as W3C Baggage asks (3.3.1.1).
 *
 * @param text Checked with {@linkcode isBaggageValue}: ASCII alone.
 */
export function decodePercent(text: string): string | undefined {
  if (!text.includes("%")) return text;
  if (STRAY_PERCENT.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not UTF-8.
    return decodeBytes(text);
  }
}

function decodeBytes(text: string): string {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === PERCENT) {
      bytes[count++] = parseInt(text.slice(at + 1, at + 3), 16);
      at += 2;
    } else bytes[count++] = code;
  }
  // Without ignoreBOM an encoded U+FEFF at the beginning would be lost.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, count));
}
