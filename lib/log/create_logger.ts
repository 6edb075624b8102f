import { isLevel, type Level, LEVELS, SEVERITY } from "../core/level.ts";
import type { Scope } from "../core/records.ts";
import { refuse } from "../core/refuse.ts";
import { Logger, type LogHost } from "./logger.ts";

/** What a logger is made on: a `Pipeline`. */
export interface LoggerSetup extends LogHost {
  /** Who writes, when nothing else is said. */
  readonly scope: Scope;
  /** The logger whose lines `span.log` writes: the first that was made. */
  log?: Logger;
}

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** The lowest level that is written; default "info". Directives are `createTelemetry`'s. */
  readonly level?: Level;
  /** The part of the program that writes; default the service. */
  readonly target?: string;
}

/**
 * Makes a logger on a pipeline, with a level that stays. Lines within a span carry its ids.
 *
 * @throws {TypeError} When the level is none.
 */
export function createLogger(pipeline: LoggerSetup, options: LoggerOptions = {}): Logger {
  const { level = "info", target } = options;
  if (!isLevel(level)) refuse("level", level, LEVELS.join(", "));
  const threshold = SEVERITY[pipeline.onLog ? level : "off"];
  const scope = target ? { name: target, version: "" } : pipeline.scope;
  const log = new Logger(pipeline, { threshold, scoped: undefined }, scope);
  pipeline.log ??= log;
  return log;
}
