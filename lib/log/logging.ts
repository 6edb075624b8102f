import type { Runtime } from "../core/seams.ts";
import { type LevelExplanation, LevelFilter, type SpanScope } from "./level_filter.ts";
import { bodyText } from "./body_text.ts";
import type { LoggerSetup } from "./create_logger.ts";
import { Logger } from "./logger.ts";

/** The loggers of one telemetry. */
export interface Logging {
  /** The logger of the service itself. */
  readonly log: Logger;
  /** The logger of a part of the program, or of a library in its version. */
  logger(target: string, version?: string): Logger;
  /** Puts other directives into place; gives what was not understood. */
  setLevel(directives: string): readonly string[];
  /** Says which directive decides about a target, and about a line in a span. */
  explain(target: string, span?: SpanScope): LevelExplanation;
  /** What of the directives was not understood. */
  warnings(): readonly string[];
}

/**
 * Makes the loggers of a telemetry. Directives come from SEXTANT_LOG, else from the option, else
 * from OTEL_LOG_LEVEL, else they are `info`.
 */
export function createLogging(
  host: LoggerSetup & { readonly runtime: Runtime },
  level: string | undefined,
): Logging {
  const { scope, runtime } = host;
  host.textOf = bodyText;
  const filter = new LevelFilter(host.onLog === undefined);
  const text = runtime.env?.("SEXTANT_LOG")?.trim() || level ||
    runtime.env?.("OTEL_LOG_LEVEL")?.trim() || "info";
  let warnings = filter.reload(text);
  const loggers = new Map<string, Logger>();
  const logger = (target: string, version = "") => {
    const key = version === "" ? target : `${target} ${version}`;
    let found = loggers.get(key);
    if (found === undefined) {
      const own = key === scope.name ? scope : { name: target, version };
      found = new Logger(host, filter.gate(target), own, undefined, undefined);
      if (loggers.size < LOGGERS_MAX) loggers.set(key, found);
    }
    return found;
  };
  return {
    log: logger(scope.name),
    logger,
    setLevel(directives) {
      return warnings = filter.reload(directives);
    },
    explain: (target, span) => filter.explain(target, span),
    warnings: () => warnings,
  };
}

/** Loggers that are kept; targets should be few. */
const LOGGERS_MAX = 1000;
