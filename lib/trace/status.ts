import type { StatusCode } from "../core/records.ts";

/** A status, in the numbers of OpenTelemetry's API or in words. */
export interface SpanStatus {
  /** 0 or "unset", 1 or "ok", 2 or "error". */
  readonly code: StatusCode | "unset" | "ok" | "error";
  /** Why it is an error. */
  readonly message?: string;
}

const STATUS_CODES: Readonly<Record<string, StatusCode>> = { unset: 0, ok: 1, error: 2 };

/** The number of a status, which may be given in words. */
export function statusCodeOf({ code }: SpanStatus): StatusCode {
  return typeof code === "string" ? STATUS_CODES[code] ?? 0 : code;
}
