import { sha256 } from "../core/sha256.ts";

/** What is looked for in texts; each can be switched off. */
export interface TextPatterns {
  /** `password=…`, `token: …`; default true. */
  readonly keyValue?: boolean;
  /** `Bearer …`, `Basic …`; default true. */
  readonly bearer?: boolean;
  /** Card numbers: 13 to 19 digits from 2 to 6 on that pass Luhn's check; default true. */
  readonly card?: boolean;
  /** Addresses of e-mail; default true. */
  readonly email?: boolean;
}

const KEY_VALUE =
  /\b(pass(?:word|wd)?|pwd|secret|token|api[-_]?key|authorization|cookie)(["']?\s*[:=]\s*["']?)([^\s"',;&]{1,4096})/gi;
const BEARER = /\b(Bearer|Basic)(\s+)([A-Za-z0-9+/._~=-]{8,4096})/gi;
const CARD = /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d])/g;
/** Bounded, and with no part that two repetitions could share. */
const EMAIL =
  /[A-Za-z0-9_%+-]{1,64}(?:\.[A-Za-z0-9_%+-]{1,64}){0,8}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g;
/** Longer texts are looked at in part, and what is left is cut off: bounded work. */
const LENGTH_MAX = 65_536;

/** Clean texts that are remembered, a power of two, and how long they may be. */
const SEEN = 32;
const SEEN_LENGTH = 128;

/**
 * Makes what hides secrets in a text; it gives the same text when nothing is found.
 *
 * @throws {TypeError} When one of the caller's patterns is not global.
 */
export function textRedactor(
  { keyValue = true, bearer = true, card = true, email = true }: TextPatterns,
  patterns: readonly RegExp[],
  censor: (value: string) => string,
): (text: string) => string {
  for (const pattern of patterns) {
    if (!(pattern instanceof RegExp) || !pattern.global) {
      throw new TypeError(`redact(): pattern ${String(pattern)} is not global, allowed is /…/g`);
    }
  }
  const hasOwn = keyValue || bearer || card || email;
  const hasPatterns = patterns.length > 0;
  /** Texts found clean, by their length: messages come again and again. */
  const clean: string[] = Array(SEEN).fill("");
  return (given) => {
    const at = given.length & (SEEN - 1);
    if (clean[at] === given) return given;
    const isSuspect = hasOwn && hasHint(given);
    if (!isSuspect && !hasPatterns) {
      if (given.length <= SEEN_LENGTH) clean[at] = given;
      return given;
    }
    let text = given;
    if (isSuspect) {
      if (text.length > LENGTH_MAX) {
        text = `${text.slice(0, LENGTH_MAX)}… (${text.length} characters)`;
      }
      if (bearer) {
        text = text.replace(BEARER, (_, kind, gap, secret) => kind + gap + censor(secret));
      }
      if (keyValue) {
        text = text.replace(KEY_VALUE, (whole, name, sign, secret) =>
          // What was hidden already, or only names the scheme of what follows.
          /^(?:\[redacted\]|bearer|basic)$/i.test(secret) ? whole : name + sign + censor(secret));
      }
      if (card) text = text.replace(CARD, (digits) => isCard(digits) ? censor(digits) : digits);
      if (email) text = text.replace(EMAIL, (address) => censor(address));
    }
    for (const pattern of patterns) text = text.replace(pattern, (found) => censor(found));
    return text;
  };
}

const DIGIT = 1;
const SIGN = 2;
const LETTER_B = 3;
const GAP = 4;
/** What a character may be the sign of, by the last seven bits of its code. */
const KINDS = /* @__PURE__ */ (() => {
  const kinds = new Uint8Array(128);
  for (const digit of "0123456789") kinds[digit.charCodeAt(0)] = DIGIT;
  for (const sign of "@=:") kinds[sign.charCodeAt(0)] = SIGN;
  for (const letter of "bB") kinds[letter.charCodeAt(0)] = LETTER_B;
  for (const gap of " -") kinds[gap.charCodeAt(0)] = GAP;
  return kinds;
})();

/** What a text must have for any of the patterns, found in one pass; most have nothing of it. */
function hasHint(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const kind = KINDS[text.charCodeAt(index) & 127];
    if (kind === 0) digits = 0;
    else if (kind === DIGIT) {
      // Thirteen digits make a card number, single blanks or dashes between them.
      if (++digits >= 13) return true;
    } else if (kind === SIGN) return true;
    else if (kind === LETTER_B) {
      digits = 0;
      // Be(arer), Ba(sic).
      const next = text.charCodeAt(index + 1) | 32;
      if (next === 101 || next === 97) return true;
    }
  }
  return false;
}

/** The check digit of card numbers (ISO/IEC 7812-1, annex B). */
export function isLuhn(text: string): boolean {
  let sum = 0;
  let isDouble = false;
  for (let index = text.length - 1; index >= 0; index--) {
    const code = text.charCodeAt(index) - 48;
    if (code < 0 || code > 9) continue;
    const digit = isDouble ? code * 2 : code;
    sum += digit > 9 ? digit - 9 : digit;
    isDouble = !isDouble;
  }
  return sum % 10 === 0;
}

/** Card networks' first digits: times since the epoch, of 13 digits too, begin with 1. */
const CARD_FIRST = /^[2-6]/;

/** True for digits, with single gaps or without, that may be the number of a card. */
export function isCard(digits: string): boolean {
  return CARD_FIRST.test(digits) && isLuhn(digits);
}

/**
 * A short name for a value that tells the same ones from others without showing them: HMAC-SHA-256
 * (RFC 2104), cut to 64 bits, as `#` and 16 hex digits. For `redact({ censor: keyedHash(secret) })`.
 * Who has the key can find out what was hidden by trying: keep it secret, and change it at times.
 */
export function keyedHash(key: string): (value: string) => string {
  const encoder = new TextEncoder();
  const given = encoder.encode(key);
  const block = new Uint8Array(64);
  block.set(given.length > 64 ? sha256(given) : given);
  const inner = block.map((byte) => byte ^ 0x36);
  const outer = block.map((byte) => byte ^ 0x5c);
  return (value) => {
    const hash = sha256(joined(outer, sha256(joined(inner, encoder.encode(value)))));
    let text = "#";
    for (let index = 0; index < 8; index++) text += hash[index].toString(16).padStart(2, "0");
    return text;
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
