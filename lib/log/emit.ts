import type { Attributes } from "../core/attributes.ts";
import { SEVERITY } from "../core/level.ts";
import { bodyText } from "./body_text.ts";
import { boundTo, errorFields, type Logger } from "./logger.ts";

/** A record of OpenTelemetry's Logs API. */
export interface EmittedRecord {
  /** OpenTelemetry's severity number. */
  readonly severityNumber?: number;
  /** The message; any other value is written as its JSON. */
  readonly body?: unknown;
  /** Details. */
  readonly attributes?: Attributes;
  /** What was thrown. */
  readonly exception?: unknown;
  /** The name of the event when it is one. */
  readonly eventName?: string;
  /** When, in milliseconds since the epoch; default now. */
  readonly timestamp?: number;
}

/**
 * Writes a record as OpenTelemetry's Logs API gives it. Without a severity it is written whatever
 * the level is.
 */
export function emit(logger: Logger, record: EmittedRecord): void {
  const severity = record.severityNumber ?? 0;
  const { threshold } = logger;
  if ((severity !== 0 && threshold > severity) || threshold === SEVERITY.off) return;
  const { body, exception, attributes } = record;
  const thrown = errorFields(exception);
  const fields = thrown === undefined ? attributes : boundTo(thrown, attributes);
  const message = body === undefined ? "" : bodyText(body);
  logger.write(severity || SEVERITY.info, message, fields, [], record.eventName, record.timestamp);
}
