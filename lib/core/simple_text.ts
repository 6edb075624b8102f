import { UNREADABLE_MARK } from "./value.ts";

/**
 * Any value as text, in few words of code: an error's name and message, a value's JSON, else what
 * `String` makes of it. Never throws.
 */
export function simpleText(value: unknown): string {
  try {
    return value instanceof Error ? String(value) : JSON.stringify(value) ?? String(value);
  } catch {
    // A bigint, a circle, a getter that throws.
  }
  try {
    return String(value);
  } catch {
    return UNREADABLE_MARK;
  }
}
