import type * as api from "npm:@opentelemetry/api@^1.9.0";
import type { Logger, LoggerProvider, LogRecord } from "npm:@opentelemetry/api-logs@^0.223.0";
import { emit } from "../log/emit.ts";
import type { Logger as OurLogger } from "../log/logger.ts";
import { levelOfSeverity } from "../core/level.ts";
import { activeOf } from "../trace/api_context.ts";

/** OpenTelemetry's logger over ours. */
class ApiLogger implements Logger {
  readonly #logger: OurLogger;

  constructor(logger: OurLogger) {
    this.#logger = logger;
  }

  emit(record: LogRecord): void {
    const active = record.context === undefined ? undefined : activeOf(record.context);
    const logger = active === undefined ? this.#logger : this.#logger.within(active);
    const { timestamp } = record;
    emit(logger, {
      ...record,
      timestamp: timestamp === undefined ? undefined : epochMsOf(timestamp),
    });
  }

  enabled(options?: { severityNumber?: number }): boolean {
    return this.#logger.isEnabled(levelOfSeverity(options?.severityNumber ?? 24));
  }
}

function epochMsOf(time: api.TimeInput): number {
  if (typeof time === "number") return time;
  return time instanceof Date ? time.getTime() : time[0] * 1000 + time[1] / 1e6;
}

/** Who has loggers: a `Telemetry`. */
export interface HasLoggers {
  /** The logger of a library. */
  logger(target: string, version?: string): OurLogger;
}

/** Gives OpenTelemetry's loggers over ours: a library's name is the target that directives name. */
export class ApiLoggerProvider implements LoggerProvider {
  readonly #telemetry: HasLoggers;

  /** Takes the telemetry. */
  constructor(telemetry: HasLoggers) {
    this.#telemetry = telemetry;
  }

  /** A logger whose lines say which library wrote them. */
  getLogger(name: string, version?: string): Logger {
    return new ApiLogger(this.#telemetry.logger(name, version));
  }
}
