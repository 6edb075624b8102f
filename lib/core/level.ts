/** A logging level, from the most to the least detailed; `off` writes nothing. */
export type Level = "trace" | "debug" | "info" | "warn" | "error" | "off";

/**
 * The severity number of each level in OpenTelemetry's data model (Logs Data Model, SeverityNumber:
 * the first of each range of four). `off` is above every severity there is.
 */
export const SEVERITY: Readonly<Record<Level, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  off: 25,
};

/** The levels in order, as error messages name them. */
export const LEVELS: readonly Level[] = /* @__PURE__ */ Object.keys(SEVERITY) as Level[];

/** The level of a severity number: the range of four it lies in. */
export function levelOfSeverity(severity: number): Level {
  return LEVELS[Math.min(4, Math.max(0, (severity - 1) >> 2))];
}

/** Says whether `value` names a level. */
export function isLevel(value: unknown): value is Level {
  return LEVELS.includes(value as Level);
}
