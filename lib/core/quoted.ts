/** Longer texts are quoted by the platform at once. */
const SCAN_CHARACTERS = 64;

/**
 * Text as JSON writes it, a lone surrogate as U+FFFD: most texts need no escape, and a look costs
 * less than the call.
 */
export function quoted(text: string): string {
  const { length } = text;
  if (length > SCAN_CHARACTERS) return JSON.stringify(text.toWellFormed());
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 32 || code > 126 || code === 34 || code === 92) {
      return JSON.stringify(text.toWellFormed());
    }
  }
  return `"${text}"`;
}
