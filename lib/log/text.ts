/**
 * Characters that can forge or hide lines in a terminal: C0 and C1 controls (with them every ANSI
 * sequence), DEL, the line and paragraph separators, and the bidirectional controls.
 */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Makes text safe to show on one line of a terminal: what could forge a line is `\n` or `\u{…}`. */
export function safeText(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.replace(UNSAFE, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    if (char === "\t") return "\\t";
    return `\\u{${char.charCodeAt(0).toString(16)}}`;
  });
}
