/** The `th` of tracestate's `ot` member: hex digits, the trailing zeros left out. */
const THRESHOLD = /(?:^|,)[ \t]*ot=(?:[^,;]*;)*th:([0-9a-f]{1,14})(?=[;,\s]|$)/;

/**
 * How many spans a kept one stands for: 1 / (1 - th / 2^56), 1 when nothing was sampled away or the
 * threshold is unknown (OTEP 235, "Threshold encoding").
 */
export function adjustedCount(traceState: string): number {
  // Most have none; to look for the member's place takes ten times as long.
  if (!traceState.includes("th:")) return 1;
  const digits = THRESHOLD.exec(traceState)?.[1];
  if (digits === undefined) return 1;
  const threshold = Number.parseInt(digits.padEnd(14, "0"), 16) / 2 ** 56;
  return 1 / (1 - threshold);
}
