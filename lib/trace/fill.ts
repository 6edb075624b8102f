import type { Span } from "./span.ts";

/**
 * Sets an attribute for which the attributes given at the start have kept a place, in that place:
 * for instrumentation that made that object itself.
 */
export function fill(span: Span, key: string, value: unknown): void {
  const start = span.startAttributes as Record<string, unknown> | undefined;
  if (span.isRecording() && start !== undefined && span.laterKeys?.includes(key) !== true) {
    start[key] = value;
  } else span.setAttribute(key, value);
}
