let cachedSecond = NaN;
let cachedPrefix = "";
let cachedMs = NaN;
let cachedText = "";

/**
 * Writes milliseconds since the epoch as ISO 8601 in UTC with milliseconds. The text is
 * kept from call to call: lines come by the hundred within a millisecond.
 */
export function isoTime(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  if (wholeMs === cachedMs) return cachedText;
  const second = Math.floor(epochMs / 1000);
  if (second !== cachedSecond) {
    const date = new Date(second * 1000);
    if (Number.isNaN(date.getTime())) return "1970-01-01T00:00:00.000Z";
    cachedPrefix = date.toISOString().slice(0, -4);
    cachedSecond = second;
  }
  const ms = wholeMs - second * 1000;
  cachedMs = wholeMs;
  return cachedText = `${cachedPrefix}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z`;
}
