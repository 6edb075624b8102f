import {
  alwaysOff,
  alwaysOn,
  canonicalLine,
  errors,
  fingersCrossed,
  limitLines,
  parentOr,
  probability,
  sampledLogs,
  tail,
} from "../../mod.ts";
import type { Family, Strategy, StrategyParts } from "./strategy.ts";

/** Lines: level thresholds, and what holds lines back. */
const LINES: readonly Strategy[] = [
  lines("lines: debug", 'level: "debug"', () => ({ level: "debug" }), true),
  lines("lines: info", 'level: "info"', () => ({}), true),
  lines("lines: error", 'level: "error"', () => ({ level: "error" })),
  lines(
    "lines: fingers crossed",
    'level: "debug", sinks: [pipe(fingersCrossed({ pass: "error" }), otlp())]',
    () => ({ level: "debug", layers: [fingersCrossed({ pass: "error" })] }),
  ),
  lines(
    "lines: limited",
    "sinks: [pipe(limitLines({ first: 20, windowMs: 1000 }), otlp())]",
    () => ({ layers: [limitLines({ first: 20, windowMs: 1000 })] }),
  ),
];

function lines(
  name: string,
  configuration: string,
  make: () => StrategyParts,
  isEveryErrorKept = false,
): Strategy {
  return { name, signals: "logs", configuration, make, isEveryErrorKept };
}

/** The strategies that have no budget. */
export const FIXED: readonly Strategy[] = [
  {
    name: "always on",
    signals: "traces",
    configuration: "sampler: alwaysOn()",
    make: () => ({ sampler: alwaysOn() }),
    isEveryErrorKept: true,
  },
  {
    name: "always off",
    signals: "traces",
    configuration: "sampler: alwaysOff()",
    make: () => ({ sampler: alwaysOff() }),
  },
  ...LINES,
];

/** How the name of a contender begins: what it is about is in the rest. */
export const EQUAL_BYTES = "equal bytes: ";

/** Logs only, traces only, and both: made to cost the same bytes. In each service, as they are. */
export const CONTENDERS: readonly Family[] = [
  contender(
    `${EQUAL_BYTES}logs, sampled lines`,
    "logs",
    "sinks: [pipe(sampledLogs(), otlp())]",
    () => ({
      layers: [sampledLogs()],
    }),
  ),
  contender(
    `${EQUAL_BYTES}logs, canonical lines`,
    "logs",
    'level: "error", sinks: [pipe(canonicalLine(), otlp())]',
    () => ({ level: "error", layers: [canonicalLine()] }),
  ),
  { ...contender(`${EQUAL_BYTES}traces, probability`, "traces", "", () => ({})) },
  {
    name: `${EQUAL_BYTES}traces, tail: errors`,
    max: 1,
    guess: (part) => part,
    hasBase: true,
    of: (otherwise) => ({
      signals: "traces",
      isEveryErrorKept: true,
      configuration: `sinks: [pipe(tail({ keep: [errors()], otherwise: ${otherwise} }), otlp())]`,
      make: () => ({ layers: [tail({ keep: [errors()], otherwise })] }),
    }),
  },
  contender(`${EQUAL_BYTES}both, sampled`, "both", "sinks: [pipe(sampledLogs(), otlp())]", () => ({
    layers: [sampledLogs()],
  })),
  contender(
    `${EQUAL_BYTES}both, error lines`,
    "both",
    'level: "error", sinks: [otlp()]',
    () => ({ level: "error" }),
  ),
];

function contender(
  name: string,
  signals: Strategy["signals"],
  configuration: string,
  make: () => StrategyParts,
): Family {
  return {
    name,
    max: 1,
    guess: (part) => part,
    // Lines of failures pass whatever chance says.
    hasBase: signals !== "traces",
    of: (part) => ({
      signals,
      topology: "services",
      isEveryErrorKept: signals !== "traces",
      configuration: `sampler: parentOr(probability(${part}))` +
        (configuration === "" ? "" : `, ${configuration}`),
      make: () => ({ ...make(), sampler: parentOr(probability(part)) }),
    }),
  };
}
