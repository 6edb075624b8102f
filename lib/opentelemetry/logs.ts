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

/** Gives OpenTelemetry's loggers over one of ours. */
export class ApiLoggerProvider implements LoggerProvider {
  readonly #logger: OurLogger;

  /** Takes the logger of a telemetry. */
  constructor(logger: OurLogger) {
    this.#logger = logger;
  }

  /** A logger whose lines say which library wrote them. */
  getLogger(name: string, version?: string): Logger {
    const library: Record<string, string> = { "otel.scope.name": name };
    if (version !== undefined) library["otel.scope.version"] = version;
    return new ApiLogger(this.#logger.child(library));
  }
}
