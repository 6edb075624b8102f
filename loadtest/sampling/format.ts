import type { Interval } from "../statistics/bootstrap.ts";

/** A part as a percentage of three digits at most. */
export function percent(part: number): string {
  if (!Number.isFinite(part)) return "-";
  const value = part * 100;
  if (Math.abs(value) >= 1000) return `×${(part + 1).toPrecision(2)}`;
  return `${Math.abs(value) >= 10 || value === 0 ? value.toFixed(0) : value.toPrecision(2)} %`;
}

/** Bytes of a strategy's results, for people. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return bytes.toFixed(0);
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(0)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** A figure with its interval, in words. */
export function rangeText(
  { estimate, low, high }: Interval,
  say: (value: number) => string,
): string {
  return low === high ? say(estimate) : `${say(estimate)} (${say(low)} to ${say(high)})`;
}
