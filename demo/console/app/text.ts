/** A duration for people. */
export function duration(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** A number of bytes for people. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  if (count < 1e6) return `${(count / 1000).toFixed(1)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/** A count for people. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** The time of day of milliseconds since the epoch, where the reader is. */
export function clock(ms: number, isExact = false): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return isExact ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** Milliseconds since the epoch of nanoseconds, given as decimal text. */
export function msOf(ns: string): number {
  return Number(BigInt(ns) / 1_000_000n);
}

/** The time of day of nanoseconds since the epoch, given as decimal text. */
export function clockTime(ns: string): string {
  return clock(msOf(ns), true);
}

/** Date and time, in full. */
export function dateTime(ns: string): string {
  return new Date(msOf(ns)).toISOString().replace("T", " ");
}

const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Text from anywhere: what could hide or turn it round is shown as its code. */
export function safe(text: string, most = 2000): string {
  const short = text.length > most
    ? `${text.slice(0, most).toWellFormed()}… (${text.length} characters)`
    : text;
  return short.replace(CONTROLS, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** A value as text, whatever it is. */
export function valueText(value: unknown, most?: number): string {
  return safe(typeof value === "string" ? value : JSON.stringify(value) ?? "", most);
}

/** The level of a severity number. */
export function levelOf(severity: number): string {
  if (severity >= 21) return "fatal";
  if (severity >= 17) return "error";
  if (severity >= 13) return "warn";
  if (severity >= 9) return "info";
  return severity >= 5 ? "debug" : "trace";
}
