import { fraction } from "../core/random.ts";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait before attempt `attempts + 1`: what the other side asked for, else an
 * exponential backoff with full jitter from 0.5 s to 30 s (OTLP specification, "OTLP/HTTP
 * Throttling"). A wait that was asked for is never shortened, and spread by up to a tenth so that
 * clients told the same don't come back at once.
 */
export function retryDelayMs(attempts: number, askedMs: number | undefined): number {
  return askedMs === undefined
    ? Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempts - 1)) * (0.5 + fraction() / 2)
    : askedMs * (1 + fraction() / 10);
}

/**
 * Reads a Retry-After header (RFC 9110, 10.2.3): seconds or an HTTP date. Gives milliseconds from
 * now, never negative, or undefined when it is malformed.
 */
export function parseRetryAfter(text: string | null, wallMs: number): number | undefined {
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Only the three date formats of HTTP begin with a day's name; Date.parse takes far more.
  const inMs = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) - wallMs : NaN;
  return inMs === inMs ? Math.max(0, inMs) : undefined;
}
